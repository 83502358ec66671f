"""What may be sold of a listing, as pure functions."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.enums import EventStatus
from apps.common.time import before_request
from apps.listings.rules.seat_choice import adjacent_runs, choose_seats
from apps.listings.rules.seat_sales import (
    chosen_positions,
    listing_refusal,
    sale_over_reason,
    sale_time_problem,
    seat_refusal,
    split_refusal,
)
from apps.listings.rules.split_rules import SplitRule

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
ROW = [0, 1, 2, 3, 4, 5]


def refusal(
    wanted: list[int],
    rule: SplitRule,
    *,
    positions: list[int] = ROW,
    custom: tuple[int, ...] = (),
    general_admission: bool = False,
) -> str | None:
    return split_refusal(
        positions=positions, wanted=wanted, rule=rule, custom=custom, general_admission=general_admission
    )


class TestNamedSeats:
    @pytest.mark.parametrize(
        ("rule", "wanted"),
        [
            (SplitRule.ANY, [2]),
            (SplitRule.NONE, ROW),
            (SplitRule.NEVER_LEAVE_ONE, [0, 1]),
            (SplitRule.NEVER_LEAVE_ONE, [2, 3]),
            (SplitRule.AVOID_ONE_AND_THREE, [4, 5]),
            (SplitRule.PAIRS, [2, 3]),
        ],
    )
    def test_may_be_taken(self, rule: SplitRule, wanted: list[int]) -> None:
        assert refusal(wanted, rule) is None

    @pytest.mark.parametrize(
        ("rule", "wanted", "sentence"),
        [
            (SplitRule.NONE, [0, 1], "A quantity of 2 cannot be sold from these 6 seats. Possible quantities: 6."),
            (SplitRule.ANY, [0, 2], "The seats are not neighbours. Possible quantities: 1, 2, 3, 4, 5, 6."),
            (
                SplitRule.NEVER_LEAVE_ONE,
                [1, 2],
                "That would leave a single seat, which the split rule forbids. Possible quantities: 1, 2, 3, 4, 6.",
            ),
            (
                SplitRule.NEVER_LEAVE_ONE,
                [3, 4],
                "That would leave a single seat, which the split rule forbids. Possible quantities: 1, 2, 3, 4, 6.",
            ),
            (
                SplitRule.PAIRS,
                [1, 2],
                "That would leave a single seat, which the split rule forbids. Possible quantities: 2, 4, 6.",
            ),
            (
                SplitRule.AVOID_ONE_AND_THREE,
                [3],
                "That would leave 3 seats, which the split rule forbids. Possible quantities: 1, 2, 4, 6.",
            ),
        ],
    )
    def test_may_not_be_taken(self, rule: SplitRule, wanted: list[int], sentence: str) -> None:
        """What is left on either side counts, too: no lone seat in the middle."""
        assert refusal(wanted, rule) == sentence

    def test_come_from_one_run(self) -> None:
        assert refusal([1, 3], SplitRule.ANY, positions=[0, 1, 3, 4]).startswith("The seats are not neighbours.")
        assert refusal([3, 4], SplitRule.ANY, positions=[0, 1, 3, 4]) is None

    def test_keep_to_the_quantities_of_the_holder(self) -> None:
        assert refusal([2, 3], SplitRule.CUSTOM, custom=(2, 4)) is None
        row = {"positions": range(6), "rule": SplitRule.CUSTOM, "custom": (2, 4), "general_admission": False}
        assert chosen_positions(quantity=2, **row) == (0, 1)
        assert refusal([0], SplitRule.CUSTOM, custom=(2, 4)) == (
            "A quantity of 1 cannot be sold from these 6 seats. Possible quantities: 2, 4."
        )

    def test_have_no_neighbours_in_general_admission(self) -> None:
        places = {"positions": [0, 4], "custom": (), "general_admission": True}
        assert chosen_positions(quantity=2, rule=SplitRule.ANY, **places) == (0, 4)
        assert refusal([0, 4], SplitRule.NEVER_LEAVE_ONE, general_admission=True) is None
        assert refusal([0, 1, 2, 3, 4], SplitRule.NEVER_LEAVE_ONE, general_admission=True).startswith("A quantity of 5")

    @given(
        positions=st.sets(st.integers(0, 11), min_size=1),
        quantity=st.integers(1, 12),
        rule=st.sampled_from(SplitRule),
        custom=st.sets(st.integers(1, 6), min_size=1).map(tuple),
        general_admission=st.booleans(),
    )
    def test_a_chosen_quantity_could_be_named_too(
        self, positions: set[int], quantity: int, rule: SplitRule, custom: tuple[int, ...], general_admission: bool
    ) -> None:
        """Both ways of selling follow one rule: what the chooser takes is never refused when it is named."""
        call = {"positions": sorted(positions), "rule": rule, "custom": custom, "general_admission": general_admission}
        chosen = choose_seats(quantity=quantity, **call)
        answer = chosen_positions(quantity=quantity, **call)
        if chosen is None:
            assert isinstance(answer, str)
        else:
            assert answer == chosen
            assert split_refusal(wanted=list(chosen), **call) is None

    @given(
        positions=st.sets(st.integers(0, 11), min_size=2),
        wanted=st.tuples(st.integers(0, 11), st.integers(1, 12)).map(lambda pair: range(pair[0], sum(pair))),
    )
    def test_never_leave_one_never_does(self, positions: set[int], wanted: range) -> None:
        """S4-07: a sale under that rule makes no lone seat that was not one before."""
        seats = [position for position in wanted if position in positions]
        if len(seats) != len(wanted) or refusal(seats, SplitRule.NEVER_LEAVE_ONE, positions=sorted(positions)):
            return
        lone = [run for run in adjacent_runs(positions) if len(run) == 1]
        assert [run for run in adjacent_runs(positions - set(seats)) if len(run) == 1 and run not in lone] == []


class TestSentences:
    @pytest.mark.parametrize(
        ("age", "words"),
        [
            (timedelta(seconds=-1), "while your request waited"),
            (timedelta(0), "less than 1 s before your request"),
            (timedelta(seconds=3.9), "3 s before your request"),
            (timedelta(seconds=59), "59 s before your request"),
            (timedelta(seconds=60), "1 min before your request"),
            (timedelta(minutes=59, seconds=59), "59 min before your request"),
            (timedelta(hours=1), "1 h before your request"),
            (timedelta(hours=23, minutes=59, seconds=59), "23 h before your request"),
            (timedelta(days=1), "1 day before your request"),
            (timedelta(days=2), "2 days before your request"),
            (timedelta(days=9), "9 days before your request"),
        ],
    )
    def test_say_how_long_before(self, age: timedelta, words: str) -> None:
        assert before_request(NOW - age, NOW) == words

    def test_name_the_seat_and_the_time(self) -> None:
        sentence = seat_refusal(place="Seat 2", status="sold", since=NOW - timedelta(seconds=3), now=NOW)
        assert sentence == "Seat 2 was sold 3 s before your request, at 2026-11-21T09:59:57+00:00."
        sentence = seat_refusal(place="Seat 2", status="withdrawn", since=NOW, now=NOW)
        assert sentence.startswith("Seat 2 is not for sale: withdrawn since")
        sentence = seat_refusal(place="Seat 2", status="held", since=NOW, now=NOW)
        assert sentence.startswith(
            "Seat 2 is not for sale: held for a buyer since 2026-11-21T10:00:00+00:00, less than"
        )

    def test_name_the_status_of_the_listing(self) -> None:
        sentence = listing_refusal(label="Delisted", since=NOW - timedelta(days=1), now=NOW)
        assert sentence == (
            "The listing is not for sale: delisted since 2026-11-20T10:00:00+00:00, 1 day before your request."
        )

    def test_say_that_nothing_is_left(self) -> None:
        none = chosen_positions(positions=[], quantity=2, rule=SplitRule.ANY, custom=(), general_admission=False)
        assert none == "A quantity of 2 cannot be sold. No seat is available."


class TestTimes:
    @pytest.mark.parametrize(
        ("status", "minutes", "reason"),
        [
            (EventStatus.SCHEDULED, 1, None),
            (EventStatus.SCHEDULED, 0, "has begun"),
            (EventStatus.SCHEDULED, -1, "has begun"),
            (EventStatus.POSTPONED, -1, None),
            (EventStatus.CANCELLED, 1, "is cancelled"),
        ],
    )
    def test_a_seat_is_sold_before_the_event(self, status: EventStatus, minutes: int, reason: str | None) -> None:
        assert sale_over_reason(status=status, starts_at=NOW + timedelta(minutes=minutes), at=NOW) == reason

    def test_a_sale_is_between_the_listing_and_now(self) -> None:
        listed_at = NOW - timedelta(hours=1)
        assert sale_time_problem(sold_at=NOW, listed_at=listed_at, now=NOW) is None
        assert sale_time_problem(sold_at=listed_at, listed_at=listed_at, now=NOW) is None
        late, early = NOW + timedelta(seconds=1), listed_at - timedelta(seconds=1)
        assert "future" in sale_time_problem(sold_at=late, listed_at=listed_at, now=NOW)
        assert "2026-11-21T09:00:00+00:00" in sale_time_problem(sold_at=early, listed_at=listed_at, now=NOW)
