"""`manage.py make_statements` and the task of beat."""

from datetime import datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from apps.listings.testing.stories import on_sale
from apps.payouts import tasks
from apps.payouts.management.commands import make_statements
from apps.payouts.models import Statement
from apps.payouts.testing.stories import FEBRUARY, JANUARY, at, sell

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is the morning of March 1; two holders have sold in January, one of them in February."""
    first, second = on_sale(), on_sale()
    for listing, seat, month in ((first, "1", 1), (second, "1", 1), (first, "2", 2)):
        sell(listing, seat, on=at(month, 5))

    class Clock:
        @staticmethod
        def now() -> datetime:
            return at(3, 1, 5)

    for module in (tasks, make_statements):
        monkeypatch.setattr(module, "timezone", Clock)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("make_statements", *arguments, stdout=out)
    return out.getvalue()


def made() -> list[Any]:
    rows = Statement.objects.order_by("period_start_date", "sale_count")
    return list(rows.values_list("period_start_date", "sale_count"))


class TestCommand:
    def test_makes_those_of_the_last_month(self) -> None:
        assert run() == "2026-02: 2 statements made.\n"
        assert run() == "2026-02: 0 statements made.\n"
        assert made() == [(FEBRUARY.first, 1), (FEBRUARY.first, 2)]

    def test_makes_those_of_a_month_that_is_named(self) -> None:
        assert run("--month", "2026-01") == "2026-01: 2 statements made.\n"
        assert run() == "2026-02: 1 statement made.\n"
        assert made() == [(JANUARY.first, 1), (JANUARY.first, 1), (FEBRUARY.first, 1)]

    def test_counts_only(self) -> None:
        assert run("--dry-run") == "2026-02: 2 statements would be made.\n"
        assert made() == []

    @pytest.mark.parametrize("option", [[], ["--dry-run"]])
    @pytest.mark.parametrize(
        ("name", "sentence"), [("2026-03", "2026-03 is not over"), ("March", "March is not a month such as 2026-10")]
    )
    def test_refuses_other_months(self, name: str, sentence: str, option: list[str]) -> None:
        with pytest.raises(CommandError, match=sentence):
            run("--month", name, *option)
        assert made() == []


class TestTask:
    def test_makes_those_of_the_last_month(self) -> None:
        assert [tasks.make_statements(), tasks.make_statements()] == [2, 0]
        assert made() == [(FEBRUARY.first, 1), (FEBRUARY.first, 2)]
