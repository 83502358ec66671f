"""Sales of several months and the statements about them, for tests."""

from datetime import UTC, date, datetime
from typing import Any

from apps.listings.models import Listing
from apps.orders.models import Sale
from apps.orders.testing.stories import record, void
from apps.payouts.models import Statement
from apps.payouts.rules import Month
from apps.payouts.services.statements import statements_make

JANUARY = Month(date(2026, 1, 1))
FEBRUARY = Month(date(2026, 2, 1))
MARCH = Month(date(2026, 3, 1))


def at(month: int, day: int, hour: int = 12) -> datetime:
    """Return a moment of 2026 in UTC."""
    return datetime(2026, month, day, hour, tzinfo=UTC)


def sell(listing: Listing, *seats: str, on: datetime, recorded_at: datetime | None = None, **more: Any) -> list[Sale]:
    """Record a sale that was made at `on`, at the same time or later."""
    return record(listing, *seats, sold_at=on, now=recorded_at or on, **more)


def unsell(*sales: Sale, on: datetime) -> None:
    """Make sales void; their seats go back on sale."""
    void(sales, now=on)


def make(month: Month, *, now: datetime | None = None) -> int:
    """Make the statements of a month, as soon as it is over."""
    return statements_make(month=month, now=now or month.ends_at)


def statement_of(sale: Sale) -> Statement:
    """Make the statement with a sale of January 2026, and return it."""
    make(JANUARY)
    return Statement.objects.get(lines__sale=sale)


def stated(statement: Statement) -> list[tuple[str, str, int]]:
    """Return kind, seat and payout of the lines."""
    return list(statement.lines.order_by("id").values_list("kind", "sale__ticket__seat", "payout_cents"))
