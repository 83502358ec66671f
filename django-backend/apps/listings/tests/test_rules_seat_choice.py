"""The choice of seats, against an oracle that tries every seat of a row."""

from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.listings.rules import seat_choice
from apps.listings.rules.seat_choice import adjacent_runs, choose_seats, seat_runs
from apps.listings.rules.split_rules import SplitRule, allowed_quantities

Seats = frozenset[int]

ROW = 12
ROWS = st.frozensets(st.integers(0, ROW - 1))
QUANTITIES = st.integers(1, ROW)
RULES = st.sampled_from(SplitRule)
CUSTOMS = st.frozensets(st.integers(1, ROW), min_size=1, max_size=3)


class Oracle:
    """The rules written a second time, over sets of seats and exhaustively: every window of a row, every sequence."""

    def __init__(self, *, rule: SplitRule, custom: Seats) -> None:
        self.rule = rule
        self.custom = custom
        self.stranded = cache(self._stranded)

    @staticmethod
    def run_around(seat: int, seats: Seats) -> Seats:
        low = high = seat
        while low - 1 in seats:
            low -= 1
        while high + 1 in seats:
            high += 1
        return frozenset(range(low, high + 1))

    def runs(self, seats: Seats) -> set[Seats]:
        return {self.run_around(seat, seats) for seat in seats}

    def ordinary(self, quantity: int, run: int) -> bool:
        """Whether the holder's rule covers this sale."""
        match self.rule:
            case SplitRule.ANY:
                return True
            case SplitRule.NONE:
                return quantity == run
            case SplitRule.NEVER_LEAVE_ONE:
                return quantity + 1 != run
            case SplitRule.AVOID_ONE_AND_THREE:
                return quantity + 1 != run and quantity + 3 != run
            case SplitRule.PAIRS:
                return quantity in {2, 4, 6, 8, 10, 12}
            case SplitRule.CUSTOM:
                return quantity in self.custom

    def legal(self, quantity: int, run: int) -> bool:
        """Whether the sale is allowed, the last resort for runs that the rule does not divide included."""
        if self.rule == SplitRule.PAIRS and run in {1, 3, 5, 7, 9, 11}:
            return quantity == run or (self.ordinary(quantity, run) and quantity + 1 != run)
        last_resort = quantity == run and not any(self.ordinary(other, run) for other in range(1, run + 1))
        return self.ordinary(quantity, run) or last_resort

    def windows(self, seats: Seats) -> list[tuple[Seats, int]]:
        """Every set of neighbours, with the length of its run."""
        found = []
        for first in seats:
            last = first
            while last in seats:
                found.append((frozenset(range(first, last + 1)), len(self.run_around(first, seats))))
                last += 1
        return found

    def _stranded(self, seats: Seats) -> int:
        """The fewest seats that any sequence of ordinary sales leaves."""
        left = [self.stranded(seats - taken) for taken, run in self.windows(seats) if self.ordinary(len(taken), run)]
        return min(left, default=len(seats))

    def orphans(self, seats: Seats) -> int:
        return sum(len(run) == 1 for run in self.runs(seats))

    def choices(self, seats: Seats, quantity: int) -> list[Seats]:
        return [taken for taken, run in self.windows(seats) if len(taken) == quantity and self.legal(quantity, run)]

    def cost(self, seats: Seats, taken: Seats) -> tuple[int, int, int, int, int]:
        rest = seats - taken
        stranded = sum(self.stranded(frozenset(range(len(run)))) for run in self.runs(rest))
        longest = max((len(run) for run in self.runs(rest)), default=0)
        return self.orphans(rest), stranded, len(self.runs(rest)), -longest, min(taken)

    def choose(self, seats: Seats, quantity: int) -> tuple[int, ...] | None:
        choices = self.choices(seats, quantity)
        return tuple(sorted(min(choices, key=lambda taken: self.cost(seats, taken)))) if choices else None


def chosen(*positions: int, quantity: int, rule: SplitRule = SplitRule.ANY, custom: tuple[int, ...] = ()) -> object:
    return choose_seats(positions=positions, quantity=quantity, rule=rule, custom=custom)


class TestAdjacentRuns:
    @pytest.mark.parametrize(
        ("positions", "runs"),
        [
            ([], []),
            ([7], [(7,)]),
            ([0, 1, 2], [(0, 1, 2)]),
            ([5, 1, 0, 4, 8], [(0, 1), (4, 5), (8,)]),
            ([2, 1, 2], [(1, 2)]),
        ],
    )
    def test_groups_neighbours_lowest_first(self, positions: list[int], runs: list[tuple[int, ...]]) -> None:
        assert adjacent_runs(positions) == runs

    @given(ROWS)
    def test_keeps_every_position_and_a_gap_between_runs(self, row: Seats) -> None:
        runs = adjacent_runs(row)
        assert [position for run in runs for position in run] == sorted(row)
        assert all(run == tuple(range(run[0], run[-1] + 1)) for run in runs)
        assert all(low[-1] + 1 < high[0] for low, high in pairwise(runs))


class TestSeatRuns:
    @given(ROWS)
    def test_makes_one_run_of_all_places_of_general_admission(self, places: Seats) -> None:
        assert seat_runs(places, general_admission=True) == ([tuple(sorted(places))] if places else [])
        assert seat_runs(places, general_admission=False) == adjacent_runs(places)


class TestChooseSeats:
    @given(ROWS, QUANTITIES, RULES, CUSTOMS)
    def test_takes_the_lowest_places_of_general_admission(
        self, places: Seats, quantity: int, rule: SplitRule, custom: Seats
    ) -> None:
        """Which of them are left makes no difference: the rule looks at how many there are."""
        taken = choose_seats(positions=places, quantity=quantity, rule=rule, custom=custom, general_admission=True)
        allowed = quantity in allowed_quantities(rule=rule, available=len(places), custom=custom)
        assert taken == (tuple(sorted(places)[:quantity]) if allowed else None)

    def test_takes_the_low_end_of_one_run(self) -> None:
        assert chosen(3, 4, 5, 6, quantity=2) == (3, 4)

    def test_takes_a_lone_seat_before_it_makes_another(self) -> None:
        assert chosen(0, 1, 2, 3, 7, quantity=1) == (7,)

    def test_takes_from_the_run_that_leaves_no_orphan(self) -> None:
        assert chosen(0, 1, 2, 5, 6, 7, 8, quantity=2) == (5, 6)

    def test_leaves_what_the_custom_quantities_can_still_sell(self) -> None:
        eight, nine = range(8), range(10, 19)
        assert chosen(*eight, *nine, quantity=3, rule=SplitRule.CUSTOM, custom=(3, 4)) == (10, 11, 12)

    def test_avoids_an_orphan_even_where_more_seats_are_stranded_later(self) -> None:
        five, nine = range(5), range(6, 15)
        assert chosen(*five, *nine, quantity=4, rule=SplitRule.CUSTOM, custom=(4, 9)) == (6, 7, 8, 9)

    def test_takes_a_run_of_just_the_quantity(self) -> None:
        four, two, nine = range(4), range(5, 7), range(8, 17)
        assert chosen(*four, *two, *nine, quantity=2) == (5, 6)

    def test_keeps_the_longest_run_whole(self) -> None:
        assert chosen(0, 1, 2, 3, 4, 5, 8, 9, 10, 11, quantity=2) == (8, 9)

    @pytest.mark.parametrize(
        ("quantity", "rule"),
        [(0, SplitRule.ANY), (-1, SplitRule.ANY), (4, SplitRule.ANY), (2, SplitRule.NEVER_LEAVE_ONE)],
    )
    def test_takes_nothing_where_no_run_may_supply_the_quantity(self, quantity: int, rule: SplitRule) -> None:
        assert chosen(0, 1, 2, 5, 6, 7, quantity=quantity, rule=rule) is None

    @settings(max_examples=400)
    @given(ROWS, QUANTITIES, RULES, CUSTOMS)
    def test_agrees_with_the_oracle(self, row: Seats, quantity: int, rule: SplitRule, custom: Seats) -> None:
        oracle = Oracle(rule=rule, custom=custom)
        assert choose_seats(positions=row, quantity=quantity, rule=rule, custom=custom) == oracle.choose(row, quantity)

    @settings(max_examples=60)
    @given(st.frozensets(st.integers(0, 8)), RULES, CUSTOMS)
    def test_strands_run_by_run_what_the_whole_row_strands(self, row: Seats, rule: SplitRule, custom: Seats) -> None:
        oracle = Oracle(rule=rule, custom=custom)
        assert oracle.stranded(row) == sum(oracle.stranded(run) for run in oracle.runs(row))

    @given(ROWS, QUANTITIES, RULES, CUSTOMS)
    def test_never_leaves_an_orphan_when_a_choice_without_one_exists(
        self, row: Seats, quantity: int, rule: SplitRule, custom: Seats
    ) -> None:
        oracle = Oracle(rule=rule, custom=custom)
        taken = choose_seats(positions=row, quantity=quantity, rule=rule, custom=custom)
        fewest = min((oracle.orphans(row - choice) for choice in oracle.choices(row, quantity)), default=None)
        assert (None if taken is None else oracle.orphans(row - frozenset(taken))) == fewest

    @given(ROWS, RULES, CUSTOMS, st.data())
    def test_sells_a_row_to_the_last_seat(
        self, row: Seats, rule: SplitRule, custom: Seats, data: st.DataObject
    ) -> None:
        while row:
            legal = {q for q in range(1, ROW + 1) if Oracle(rule=rule, custom=custom).choices(row, q)}
            quantity = data.draw(st.sampled_from(sorted(legal)))
            taken = choose_seats(positions=row, quantity=quantity, rule=rule, custom=custom)
            assert taken is not None
            row -= frozenset(taken)

    @pytest.mark.parametrize(
        "row",
        [range(100), [seat for seat in range(200) if seat % 2], [seat for seat in range(115) if seat % 8]],
        ids=["whole", "singles", "sevens"],
    )
    def test_weighs_runs_of_one_length_once(self, row: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
        """It happens under the lock of the listing: a hundred seats are chosen from in about a millisecond."""
        asked = list[int]()
        monkeypatch.setattr(seat_choice, "stranded_seats", lambda *, available, **rule: asked.append(available) or 0)
        assert choose_seats(positions=row, quantity=1, rule=SplitRule.CUSTOM, custom=(1, 4, 6)) is not None
        assert asked
        assert len(asked) == len(set(asked))
