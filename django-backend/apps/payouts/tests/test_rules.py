"""Months."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.payouts.errors import MonthUnknown
from apps.payouts.rules import Month, month_before, month_named, month_title

FIRST, LAST = (datetime.fromisoformat(day) for day in ("0002-01-01", "9999-11-30"))
BAD = ["", "2026", "2026-1", "2026-00", "2026-13", "0000-01", "9999-12", "2026-10-01", "２０２６-10", "2026-10\n"]


class TestMonths:
    @given(st.datetimes(FIRST, LAST, timezones=st.just(UTC)))
    def test_the_last_one_is_over_and_the_next_is_not(self, now: datetime) -> None:
        """Months follow each other without a gap."""
        last = month_before(now)
        assert last.ends_at <= now < Month(last.after).ends_at
        assert month_named(last.name) == last
        assert (last.first.day, last.after.day) == (1, 1)
        assert timedelta(28) <= last.after - last.first <= timedelta(31)

    def test_are_those_of_utc(self) -> None:
        """In New York it is October still."""
        now = datetime.fromisoformat("2026-10-31T20:00:00-04:00")
        assert month_before(now) == Month(date(2026, 10, 1))
        assert month_before(now - timedelta(seconds=1)) == Month(date(2026, 9, 1))

    def test_have_a_title(self) -> None:
        assert month_title(date(2026, 10, 1)) == "October 2026"

    @pytest.mark.parametrize("name", BAD)
    def test_are_named_by_year_and_number(self, name: str) -> None:
        with pytest.raises(MonthUnknown, match="is not a month such as 2026-10"):
            month_named(name)
