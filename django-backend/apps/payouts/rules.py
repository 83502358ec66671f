"""Months of statements: calendar months in UTC."""

import re
from calendar import month_name
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from apps.payouts.errors import MonthUnknown


@dataclass(frozen=True)
class Month:
    """A calendar month in UTC, by its first day."""

    first: date

    @property
    def after(self) -> date:
        """The first day after the month."""
        return _next_first(self.first)

    @property
    def ends_at(self) -> datetime:
        """The end of the month (UTC)."""
        return datetime.combine(self.after, time(), UTC)

    @property
    def name(self) -> str:
        """The month for programs: `2026-10`."""
        return self.first.isoformat()[:7]


def month_title(first: date) -> str:
    """Return the month that begins on that day for people: `October 2026`."""
    return f"{month_name[first.month]} {first.year}"


def month_named(name: str) -> Month:
    """Return the month of a name such as `2026-10`.

    Raises:
        MonthUnknown: the name is not one of a month.
    """
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}", name):
        raise MonthUnknown(name)
    year, number = map(int, name.split("-"))
    try:
        month = Month(date(year, number, 1))
        _next_first(month.first)
    except ValueError:
        raise MonthUnknown(name) from None
    return month


def month_before(now: datetime) -> Month:
    """Return the last month that is over at `now`."""
    today = now.astimezone(UTC).date()
    return Month((today.replace(day=1) - timedelta(days=1)).replace(day=1))


def _next_first(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)
