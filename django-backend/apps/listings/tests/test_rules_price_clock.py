"""When a step begins in the venue's calendar, and the price that the plan gives then."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.listings.rules.price_plans import (
    EventClock,
    FloorBasis,
    PriceStep,
    next_markdown,
    next_markdown_at,
    price_now,
    step_begins_at,
)
from apps.listings.rules.terms import ListingTerms, floor_list_price, planned_price

# Among them zones that change their clocks at midnight, forwards (Beirut, Santiago) or back (Havana, Azores).
ZONES = [
    "America/New_York",
    "America/Phoenix",
    "America/Santiago",
    "America/Havana",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Atlantic/Azores",
    "Australia/Lord_Howe",
    "Pacific/Honolulu",
    "UTC",
]
moments = st.integers(0, 631_152_000).map(lambda seconds: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds))
clocks = st.builds(EventClock, moments, st.sampled_from(ZONES).map(ZoneInfo))
plans = st.lists(st.builds(PriceStep, st.integers(0, 365), st.integers(1, 9_000)), max_size=6).map(tuple)
floors = st.none() | st.integers(1, 100_000)
MICROSECOND = timedelta(microseconds=1)


class TestStepBeginsAt:
    @given(clock=clocks, days_before=st.integers(0, 365))
    def test_is_the_first_moment_of_its_day_at_the_venue(self, clock: EventClock, days_before: int) -> None:
        """Also where the clocks skip midnight or pass it twice."""
        begins_at = step_begins_at(days_before=days_before, clock=clock)
        assert begins_at.tzinfo is UTC
        assert clock.days_before(begins_at) == days_before
        assert clock.days_before(begins_at - MICROSECOND) > days_before

    @pytest.mark.parametrize(
        ("zone", "day", "expected"),
        [
            ("America/New_York", date(2026, 3, 8), datetime(2026, 3, 8, 5, tzinfo=UTC)),
            ("America/New_York", date(2026, 3, 9), datetime(2026, 3, 9, 4, tzinfo=UTC)),
            ("America/New_York", date(2026, 11, 2), datetime(2026, 11, 2, 5, tzinfo=UTC)),
            ("America/Havana", date(2026, 11, 1), datetime(2026, 11, 1, 4, tzinfo=UTC)),
            ("America/Santiago", date(2026, 9, 6), datetime(2026, 9, 6, 4, tzinfo=UTC)),
        ],
    )
    def test_follows_the_clocks_of_the_venue(self, zone: str, day: date, expected: datetime) -> None:
        starts_at = datetime(day.year, day.month, day.day, 20, tzinfo=ZoneInfo(zone)) + timedelta(days=10)
        assert step_begins_at(days_before=10, clock=EventClock(starts_at, ZoneInfo(zone))) == expected


class TestNextMarkdownAt:
    @given(base=st.integers(1, 100_000), steps=plans, floor=floors, clock=clocks, now=moments)
    def test_is_the_moment_at_which_the_price_first_falls(
        self, base: int, steps: tuple[PriceStep, ...], floor: int | None, clock: EventClock, now: datetime
    ) -> None:
        def price(at: datetime) -> int:
            return price_now(base_cents=base, steps=steps, floor_cents=floor, clock=clock, now=at)

        today = price(now)
        due_at = next_markdown_at(
            price_cents=today, base_cents=base, steps=steps, floor_cents=floor, clock=clock, now=now
        )
        moments = [step_begins_at(days_before=step.days_before, clock=clock) for step in steps]
        falls = sorted(at for at in moments if at > now and price(at) < today)
        assert due_at == (falls[0] if falls else None)
        if due_at:
            assert price(due_at - MICROSECOND) == today > price(due_at)

    @given(base=st.integers(1, 100_000), steps=plans, now=moments)
    def test_never_comes_without_a_date(self, base: int, steps: tuple[PriceStep, ...], now: datetime) -> None:
        plan = {"base_cents": base, "steps": steps, "floor_cents": None, "clock": None, "now": now}
        assert price_now(**plan) == base  # type: ignore[arg-type]
        assert next_markdown_at(price_cents=base, **plan) is None  # type: ignore[arg-type]


class TestPlannedPrice:
    @given(
        base=st.integers(1, 100_000),
        steps=plans,
        floor=floors,
        basis=st.sampled_from(FloorBasis),
        rates=st.lists(st.integers(0, 5_000), min_size=1, max_size=8),
        clock=clocks,
        begin=moments,
    )
    def test_falls_step_by_step_and_never_below_the_floor(
        self,
        base: int,
        steps: tuple[PriceStep, ...],
        floor: int | None,
        basis: FloorBasis,
        rates: list[int],
        clock: EventClock,
        begin: datetime,
    ) -> None:
        """A whole life: from each due moment to the next, at whatever commission rate that day has."""
        terms = ListingTerms(floor_cents=floor, floor_basis=basis, price_steps=steps)
        now, price, visits = begin, base, 0
        while now is not None:
            rate = rates[visits % len(rates)]
            planned = planned_price(terms, base_cents=base, rate_bps=rate, clock=clock, now=now, at_most_cents=price)
            lowest = floor_list_price(terms, rate_bps=rate)
            assert planned.price_cents <= price
            assert planned.price_cents == price or planned.price_cents >= (lowest or 1)
            again = planned_price(
                terms, base_cents=base, rate_bps=rate, clock=clock, now=now, at_most_cents=planned.price_cents
            )
            assert again == planned, "a second round finds nothing to do"
            assert planned.next_markdown_at is None or planned.next_markdown_at > now
            now, price, visits = planned.next_markdown_at, planned.price_cents, visits + 1  # type: ignore[assignment]
        assert visits <= len(steps) + 1


class TestNextMarkdown:
    @pytest.mark.parametrize(
        ("price", "floor", "basis", "expected"),
        [
            (10_000, None, "list", (30, 9_000)),
            (9_000, None, "list", (10, 5_000)),
            (5_000, None, "list", None),
            (9_000, 7_000, "list", (10, 7_000)),
            (9_000, 9_000, "list", None),
            # A payout of 72.00 at 20 % is a price of 90.00: the step of day 10 changes nothing at today's rate.
            (9_000, 7_200, "net", None),
            (9_000, 6_400, "net", (10, 8_000)),
        ],
    )
    def test_is_the_first_step_that_lowers_the_price(
        self, price: int, floor: int | None, basis: str, expected: tuple[int, int] | None
    ) -> None:
        steps = [PriceStep(10, 5_000), PriceStep(30, 1_000)]
        due = next_markdown(
            price_cents=price, base_cents=10_000, steps=steps, floor_cents=floor, floor_basis=FloorBasis(basis),
            rate_bps=2_000,
        )  # fmt: skip
        assert (due and (due[0].days_before, due[1])) == expected
