"""JSON as the API writes it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy
from rest_framework.renderers import JSONRenderer as LibraryRenderer

from apps.common.renderers import JSONRenderer
from apps.common.time import utc_text


class Word(TextChoices):
    ONE = "one", "One"


SECOND = datetime(2040, 1, 1, 12, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "data",
    [
        {"text": "Ünïcode “quoted”", "none": None, "flag": True, "number": 1.5, "list": [1, [2]], "tuple": (1, 2)},
        {"time": SECOND, "date": date(2040, 1, 1), "id": UUID(int=7), "money": Decimal("1.50")},
        {"lazy": gettext_lazy("Invalid cursor"), "word": Word.ONE},
        [],
        None,
    ],
)
def test_is_the_text_of_the_library(data: Any) -> None:
    """Clients see no difference."""
    assert JSONRenderer().render(data) == LibraryRenderer().render(data)


def test_never_writes_what_it_does_not_know() -> None:
    with pytest.raises(TypeError):
        JSONRenderer().render({"thing": object()})


@pytest.mark.parametrize("moment", [SECOND, SECOND.replace(microsecond=120_000)])
def test_times_in_rows_look_like_times_in_answers(moment: datetime) -> None:
    assert JSONRenderer().render(moment) == f'"{utc_text(moment)}"'.encode()
