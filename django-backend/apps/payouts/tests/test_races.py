"""Runs for one month and for two months at once, in real transactions."""

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import IntegrityError

from apps.common.testing.guards import without_guards
from apps.common.testing.threads import at_once
from apps.listings.testing.stories import on_sale
from apps.notifications.models import OutboxMessage
from apps.payouts.models import Statement, StatementLine
from apps.payouts.rules import Month
from apps.payouts.services import statements
from apps.payouts.testing.stories import FEBRUARY, JANUARY, at, make, sell

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE_SECONDS = 20
FIXED_MONTHS = [(JANUARY, JANUARY), (JANUARY, FEBRUARY)]


@pytest.fixture(autouse=True)
def two_sales() -> None:
    """Two holders with a sale each, both of January."""
    for _ in range(2):
        sell(on_sale(), "1", on=at(1, 5))


@pytest.fixture
def no_constraints() -> Iterator[None]:
    with without_guards("payouts_statement", "statement_once", "statementline_told_once"):
        yield


def run_both(months: tuple[Month, Month]) -> list[object]:
    return at_once(*[lambda month=month: make(month, now=FEBRUARY.ends_at) for month in months])


def without_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let both runs read who is due before either writes."""
    barrier, read = threading.Barrier(2), statements.statements_due

    def read_together(**more: Any) -> Any:
        due = read(**more)
        barrier.wait(PATIENCE_SECONDS)
        return due

    monkeypatch.setattr(statements, "statements_locked", lambda: None)
    monkeypatch.setattr(statements, "statements_due", read_together)


@pytest.mark.parametrize("months", FIXED_MONTHS, ids=["one month", "two months"])
class TestTwoRuns:
    def test_have_each_sale_once(self, months: tuple[Month, Month]) -> None:
        """One run makes both statements, the other finds nothing left."""
        assert sorted(run_both(months)) == [0, 2]  # type: ignore[type-var]
        assert Statement.objects.count() == StatementLine.objects.count() == 2
        assert OutboxMessage.objects.filter(topic="statement.ready").count() == 2

    def test_are_kept_apart_by_the_constraints_alone(
        self, months: tuple[Month, Month], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Without the lock one of them fails and leaves nothing behind, or comes so late that it finds nothing."""
        without_lock(monkeypatch)
        results = run_both(months)
        assert Counter(result if isinstance(result, int) else type(result) for result in results) in (
            {2: 1, IntegrityError: 1},
            {2: 1, 0: 1},
        ), results
        assert Statement.objects.count() == StatementLine.objects.count() == 2
        assert OutboxMessage.objects.filter(topic="statement.ready").count() == 2

    def test_would_have_sales_twice_without_the_guards(
        self, months: tuple[Month, Month], monkeypatch: pytest.MonkeyPatch, no_constraints: None
    ) -> None:
        """Twin: no lock, no constraints; both read, both write, and only then both commit."""
        without_lock(monkeypatch)
        written, put = threading.Barrier(2), statements.outbox_put_many

        def put_together(**more: Any) -> Any:
            written.wait(PATIENCE_SECONDS)
            return put(**more)

        monkeypatch.setattr(statements, "outbox_put_many", put_together)
        assert run_both(months) == [2, 2]
        assert Statement.objects.count() == StatementLine.objects.count() == 4
