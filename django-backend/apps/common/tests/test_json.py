"""JSON as it is read and written."""

from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ParseError
from rest_framework.renderers import JSONRenderer as LibraryRenderer

from apps.common.parsers import MAX_DEPTH, JSONParser
from apps.common.renderers import JSONRenderer
from apps.common.time import utc_text


def parse(body: str) -> Any:
    return JSONParser().parse(BytesIO(body.encode()))


class TestJSONParser:
    @pytest.mark.parametrize("inside", ["", "1", "1, {}"])
    def test_takes_the_levels_that_are_allowed(self, inside: str) -> None:
        lists = MAX_DEPTH - 1 if "{" in inside else MAX_DEPTH
        assert isinstance(parse("[" * lists + inside + "]" * lists), list)

    @pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 850, 10_000])
    @pytest.mark.parametrize(("begin", "inside", "end"), [("[", "", "]"), ("[", "1", "]"), ('{"a":', "1", "}")])
    def test_refuses_more(self, levels: int, begin: str, inside: str, end: str) -> None:
        with pytest.raises(ParseError, match="more than 32 levels"):
            parse(begin * levels + inside + end * levels)

    def test_counts_depth_and_not_size(self) -> None:
        assert len(parse("[" + ",".join(["[[]]"] * 1_000) + "]")) == 1_000

    @pytest.mark.parametrize("number", ["1e2", "1.5e1", "100.10", "0.1", "1e400"])
    def test_keeps_numbers_as_they_were_written(self, number: str) -> None:
        price = parse(f'{{"price": {number}}}')["price"]
        assert (str(price), price) == (number, Decimal(number))

    @pytest.mark.parametrize("body", ['{"a": 1, "a": 2}', '[{"b": {"a": 1, "b": 1, "a": 1}}]'])
    def test_refuses_a_name_that_appears_twice(self, body: str) -> None:
        """It would be ambiguous."""
        with pytest.raises(ParseError, match="duplicate name 'a' in an object"):
            parse(body)

    def test_refuses_a_huge_number(self) -> None:
        with pytest.raises(ParseError, match="too large"):
            parse('{"a": 1e9999999999999999999}')


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
