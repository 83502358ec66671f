"""Price plans against a decimal oracle: the largest mark-down wins and no floor is ever broken."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.holders.rules import commission_split
from apps.listings.rules.price_plans import (
    FloorBasis,
    PriceStep,
    days_before_event,
    floor_as_list_price,
    plan_problems,
    price_on,
)

PLAN = (PriceStep(30, 1_000), PriceStep(14, 2_000), PriceStep(3, 3_500))
NEW_YORK = ZoneInfo("America/New_York")

PRICES = st.integers(1, 10_000_000)
FLOORS = st.none() | PRICES
RATES = st.integers(0, 9_999)
DAYS = st.integers(-5, 400)
PLANS = st.lists(
    st.builds(PriceStep, st.integers(0, 60), st.integers(1, 9_000)), max_size=5, unique_by=lambda step: step.days_before
)


def payout(price_cents: int, rate_bps: int) -> int:
    return commission_split(price_cents=price_cents, rate_bps=rate_bps).payout_cents


class TestPriceOn:
    @pytest.mark.parametrize(
        ("day", "price"),
        [(400, 10_000), (31, 10_000), (30, 9_000), (15, 9_000), (14, 8_000), (4, 8_000), (3, 6_500), (0, 6_500)],
    )
    def test_takes_the_largest_mark_down_that_applies_and_never_their_sum(self, day: int, price: int) -> None:
        assert price_on(base_cents=10_000, steps=PLAN, floor_cents=None, days_before_event=day) == price

    @pytest.mark.parametrize("day", [-1, 5, 10])
    def test_keeps_a_larger_mark_down_of_an_earlier_day(self, day: int) -> None:
        steps = (PriceStep(5, 1_000), PriceStep(10, 3_000))
        assert price_on(base_cents=10_000, steps=steps, floor_cents=None, days_before_event=day) == 7_000

    @pytest.mark.parametrize(
        ("base", "off", "price"),
        [(5, 5_000, 3), (3, 5_000, 2), (10_005, 1_000, 9_005), (9_999, 3_333, 6_666), (1, 9_000, 1), (0, 1, 1)],
    )
    def test_rounds_half_a_cent_up_and_stops_at_a_cent(self, base: int, off: int, price: int) -> None:
        assert price_on(base_cents=base, steps=[PriceStep(9, off)], floor_cents=None, days_before_event=9) == price

    @pytest.mark.parametrize(("floor", "price"), [(7_999, 8_000), (8_000, 8_000), (8_001, 8_001), (12_000, 12_000)])
    def test_stops_at_the_floor(self, floor: int, price: int) -> None:
        assert price_on(base_cents=10_000, steps=PLAN, floor_cents=floor, days_before_event=10) == price

    @given(base=PRICES, steps=PLANS, floor=FLOORS, day=DAYS)
    def test_agrees_with_a_decimal_oracle(self, base: int, steps: list[PriceStep], floor: int | None, day: int) -> None:
        """The lowest of the prices that each step alone would give, and then the floor."""
        prices = [Decimal(base)] + [
            Decimal(base) - Decimal(base) * step.off_bps / 10_000 for step in steps if step.days_before >= day
        ]
        expected = min(price.quantize(Decimal(1), ROUND_HALF_UP) for price in prices)
        price = price_on(base_cents=base, steps=steps, floor_cents=floor, days_before_event=day)
        assert price == max(expected, Decimal(floor or 1), Decimal(1))

    @given(base=PRICES, steps=PLANS, floor=FLOORS, day=DAYS, later=st.integers(0, 60))
    def test_never_rises_as_the_event_comes_near(
        self, base: int, steps: list[PriceStep], floor: int | None, day: int, later: int
    ) -> None:
        before = price_on(base_cents=base, steps=steps, floor_cents=floor, days_before_event=day)
        assert price_on(base_cents=base, steps=steps, floor_cents=floor, days_before_event=day - later) <= before

    def test_refuses_a_negative_base_price(self) -> None:
        with pytest.raises(ValueError, match="negative"):
            price_on(base_cents=-1, steps=(), floor_cents=None, days_before_event=0)


class TestFloorAsListPrice:
    @given(floor=PRICES, rate=RATES)
    def test_is_the_floor_itself_for_a_list_price(self, floor: int, rate: int) -> None:
        assert floor_as_list_price(floor_cents=floor, basis=FloorBasis.LIST, rate_bps=rate) == floor

    def test_is_a_hundred_dollars_for_eighty_net_at_a_fifth(self) -> None:
        assert floor_as_list_price(floor_cents=8_000, basis=FloorBasis.NET, rate_bps=2_000) == 10_000

    @given(floor=PRICES, rate=RATES)
    def test_pays_out_a_net_floor_and_a_cent_less_would_not(self, floor: int, rate: int) -> None:
        price = floor_as_list_price(floor_cents=floor, basis=FloorBasis.NET, rate_bps=rate)
        assert payout(price, rate) >= floor > payout(price - 1, rate)

    @pytest.mark.parametrize("rate", [0, 1, 1_250, 2_000, 3_333, 5_000, 9_999])
    def test_is_minimal_for_every_net_floor_up_to_twenty_dollars(self, rate: int) -> None:
        for floor in range(1, 2_001):
            price = floor_as_list_price(floor_cents=floor, basis=FloorBasis.NET, rate_bps=rate)
            assert payout(price, rate) >= floor > payout(price - 1, rate)

    @given(floor=PRICES, rate=RATES, more=st.integers(0, 10_000), higher=RATES)
    def test_is_no_lower_for_a_higher_floor_or_rate(self, floor: int, rate: int, more: int, higher: int) -> None:
        low, high = sorted((rate, higher))
        price = floor_as_list_price(floor_cents=floor, basis=FloorBasis.NET, rate_bps=low)
        assert floor_as_list_price(floor_cents=floor + more, basis=FloorBasis.NET, rate_bps=low) >= price
        assert floor_as_list_price(floor_cents=floor, basis=FloorBasis.NET, rate_bps=high) >= price

    @given(base=PRICES, steps=PLANS, day=DAYS, floor=PRICES, rate=RATES)
    def test_keeps_the_payout_of_a_marked_down_price_at_the_floor(
        self, base: int, steps: list[PriceStep], day: int, floor: int, rate: int
    ) -> None:
        as_list_price = floor_as_list_price(floor_cents=floor, basis=FloorBasis.NET, rate_bps=rate)
        price = price_on(base_cents=base, steps=steps, floor_cents=as_list_price, days_before_event=day)
        assert payout(price, rate) >= floor

    @pytest.mark.parametrize("basis", FloorBasis)
    @pytest.mark.parametrize(
        ("floor", "rate", "reason"), [(0, 0, "a cent"), (-1, 0, "a cent"), (1, -1, "a rate"), (1, 10_000, "a rate")]
    )
    def test_refuses_impossible_values(self, basis: FloorBasis, floor: int, rate: int, reason: str) -> None:
        with pytest.raises(ValueError, match=reason):
            floor_as_list_price(floor_cents=floor, basis=basis, rate_bps=rate)


class TestDaysBeforeEvent:
    @pytest.mark.parametrize(
        ("now", "days"),
        [
            (datetime(2026, 3, 10, 3, 59, tzinfo=UTC), 1),
            (datetime(2026, 3, 10, 4, 0, tzinfo=UTC), 0),
            (datetime(2026, 3, 11, 3, 59, tzinfo=UTC), 0),
            (datetime(2026, 3, 11, 4, 0, tzinfo=UTC), -1),
        ],
    )
    def test_changes_at_the_midnights_of_the_venue(self, now: datetime, days: int) -> None:
        """The event, at 23:30 UTC, is in the evening of 10 March in New York, four hours behind."""
        starts_at = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
        assert days_before_event(starts_at=starts_at, now=now, zone=NEW_YORK) == days

    @pytest.mark.parametrize(("zone", "days"), [("America/Los_Angeles", 1), ("UTC", 0)])
    def test_counts_in_the_zone_of_the_venue(self, zone: str, days: int) -> None:
        starts_at, now = datetime(2026, 7, 2, 20, tzinfo=UTC), datetime(2026, 7, 2, 6, 30, tzinfo=UTC)
        assert days_before_event(starts_at=starts_at, now=now, zone=ZoneInfo(zone)) == days

    @given(day=st.dates(date(2026, 1, 1), date(2027, 12, 31)), more=st.integers(0, 365), hours=st.integers(0, 23))
    def test_counts_days_and_not_hours_across_the_changes_of_the_clock(self, day: date, more: int, hours: int) -> None:
        now = datetime(day.year, day.month, day.day, 23, 30, tzinfo=NEW_YORK)
        event_day = day + timedelta(days=more)
        starts_at = datetime(event_day.year, event_day.month, event_day.day, hours, tzinfo=NEW_YORK)
        in_utc = {"starts_at": starts_at.astimezone(UTC), "now": now.astimezone(UTC)}
        assert days_before_event(**in_utc, zone=NEW_YORK) == more


def sentences(steps: Sequence[PriceStep]) -> dict[int, str]:
    return {int(problem.place.removeprefix("price_steps.")): problem.error().detail for problem in plan_problems(steps)}


class TestPlanProblems:
    @pytest.mark.parametrize("steps", [(), PLAN, PLAN[::-1], [PriceStep(0, 9_000), PriceStep(365, 1)]])
    def test_accepts_mark_downs_that_grow_as_the_event_comes_near(self, steps: list[PriceStep]) -> None:
        assert plan_problems(steps) == []

    def test_names_every_step_that_cannot_be_saved(self) -> None:
        steps = [
            PriceStep(-1, 500),
            PriceStep(366, 500),
            PriceStep(40, 0),
            PriceStep(40, 9_001),
            PriceStep(30, 2_000),
            PriceStep(30, 4_000),
            PriceStep(14, 3_000),
            PriceStep(3, 3_000),
        ]
        assert sentences(steps) == {
            0: "Days before the event must be between 0 and 365.",
            1: "Days before the event must be between 0 and 365.",
            2: "The mark-down must be between 0.0001 and 0.9000.",
            3: "The mark-down must be between 0.0001 and 0.9000.",
            5: "Day 30 is named twice.",
            7: "The mark-down must be larger than 0.3000, that of an earlier day.",
        }

    @pytest.mark.parametrize("off", [1_000, 2_000])
    def test_refuses_a_step_that_an_earlier_day_makes_void(self, off: int) -> None:
        steps = [PriceStep(3, off), PriceStep(14, 2_000)]
        assert sentences(steps) == {0: "The mark-down must be larger than 0.2000, that of an earlier day."}

    @given(PLANS)
    def test_passes_exactly_the_plans_whose_every_step_changes_the_price(self, steps: list[PriceStep]) -> None:
        """A million dollars shows every mark-down; with unique days and values in range, only void steps are bad."""

        def price(day: int) -> int:
            return price_on(base_cents=10**8, steps=steps, floor_cents=None, days_before_event=day)

        void = {i for i, step in enumerate(steps) if price(step.days_before) == price(step.days_before + 1)}
        assert set(sentences(steps)) == void
