"""Split rules: the published vectors, and that no run is ever unsellable."""

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.listings.rules.split_rules import (
    SplitRule,
    allowed_quantities,
    allowed_quantities_of_runs,
    split_problem,
    stranded_seats,
)

PLAIN_RULES = [rule for rule in SplitRule if rule != SplitRule.CUSTOM]
CUSTOM_QUANTITIES = st.frozensets(st.integers(1, 12), min_size=1, max_size=4)


class TestAllowedQuantities:
    @pytest.mark.parametrize(
        ("rule", "available", "expected"),
        [
            (SplitRule.ANY, 4, {1, 2, 3, 4}),
            (SplitRule.NONE, 4, {4}),
            (SplitRule.NEVER_LEAVE_ONE, 2, {2}),
            (SplitRule.NEVER_LEAVE_ONE, 3, {1, 3}),
            (SplitRule.NEVER_LEAVE_ONE, 5, {1, 2, 3, 5}),
            (SplitRule.NEVER_LEAVE_ONE, 8, {1, 2, 3, 4, 5, 6, 8}),
            (SplitRule.NEVER_LEAVE_ONE, 10, {1, 2, 3, 4, 5, 6, 7, 8, 10}),
            (SplitRule.AVOID_ONE_AND_THREE, 2, {2}),
            (SplitRule.AVOID_ONE_AND_THREE, 3, {1, 3}),
            (SplitRule.AVOID_ONE_AND_THREE, 4, {2, 4}),
            (SplitRule.AVOID_ONE_AND_THREE, 8, {1, 2, 3, 4, 6, 8}),
            (SplitRule.PAIRS, 2, {2}),
            (SplitRule.PAIRS, 4, {2, 4}),
            (SplitRule.PAIRS, 8, {2, 4, 6, 8}),
        ],
    )
    def test_has_the_published_vectors(self, rule: SplitRule, available: int, expected: set[int]) -> None:
        assert allowed_quantities(rule=rule, available=available) == tuple(sorted(expected))

    @pytest.mark.parametrize("rule", SplitRule)
    def test_sells_a_lone_seat_under_every_rule(self, rule: SplitRule) -> None:
        assert allowed_quantities(rule=rule, available=1, custom=(2, 4)) == (1,)

    @pytest.mark.parametrize(("available", "expected"), [(3, (3,)), (5, (2, 5)), (7, (2, 4, 7)), (9, (2, 4, 6, 9))])
    def test_sells_an_odd_run_in_pairs_down_to_a_group_of_three(
        self, available: int, expected: tuple[int, ...]
    ) -> None:
        assert allowed_quantities(rule=SplitRule.PAIRS, available=available) == expected

    @pytest.mark.parametrize(
        ("custom", "available", "expected"),
        [
            ((2, 4), 6, (2, 4)),
            ((4, 2), 4, (2, 4)),
            ((2, 4), 3, (2,)),
            ((4,), 3, (3,)),
            ((1, 2, 3, 4, 5, 7), 7, (1, 2, 3, 4, 5, 7)),
        ],
    )
    def test_sells_the_custom_quantities_that_fit_or_else_the_whole_run(
        self, custom: tuple[int, ...], available: int, expected: tuple[int, ...]
    ) -> None:
        assert allowed_quantities(rule=SplitRule.CUSTOM, available=available, custom=custom) == expected

    @pytest.mark.parametrize("rule", SplitRule)
    def test_has_no_quantity_without_seats(self, rule: SplitRule) -> None:
        assert allowed_quantities(rule=rule, available=0, custom=(2,)) == ()

    @given(st.sampled_from(SplitRule), st.integers(1, 60), CUSTOM_QUANTITIES)
    def test_never_leaves_a_run_unsellable(self, rule: SplitRule, available: int, custom: frozenset[int]) -> None:
        allowed = allowed_quantities(rule=rule, available=available, custom=custom)
        assert allowed
        assert list(allowed) == sorted({quantity for quantity in allowed if 1 <= quantity <= available})

    @given(st.sampled_from(PLAIN_RULES), st.integers(1, 60), CUSTOM_QUANTITIES)
    def test_uses_custom_quantities_under_the_custom_rule_only(
        self, rule: SplitRule, available: int, custom: frozenset[int]
    ) -> None:
        assert allowed_quantities(rule=rule, available=available, custom=custom) == allowed_quantities(
            rule=rule, available=available
        )

    @pytest.mark.parametrize("rule", [SplitRule.NEVER_LEAVE_ONE, SplitRule.AVOID_ONE_AND_THREE, SplitRule.PAIRS])
    @given(available=st.integers(2, 60))
    def test_leaves_no_single_seat(self, rule: SplitRule, available: int) -> None:
        assert available - 1 not in allowed_quantities(rule=rule, available=available)


class TestAllowedQuantitiesOfRuns:
    @pytest.mark.parametrize(
        ("rule", "runs", "expected"),
        [
            (SplitRule.ANY, [2, 3], (1, 2, 3)),
            (SplitRule.NONE, [2, 5, 2], (2, 5)),
            (SplitRule.NEVER_LEAVE_ONE, [4, 2], (1, 2, 4)),
            (SplitRule.PAIRS, [4, 3], (2, 3, 4)),
            (SplitRule.ANY, [], ()),
        ],
    )
    def test_offers_what_one_run_can_supply_and_never_adds_runs_up(
        self, rule: SplitRule, runs: list[int], expected: tuple[int, ...]
    ) -> None:
        assert allowed_quantities_of_runs(rule=rule, runs=runs) == expected

    def test_falls_back_for_each_run_by_itself(self) -> None:
        assert allowed_quantities_of_runs(rule=SplitRule.CUSTOM, runs=[3, 8], custom=(4, 6)) == (3, 4, 6)


@cache
def left_over_in_the_best_case(available: int, quantities: frozenset[int]) -> int:
    """Return the fewest seats that no sequence of sales of these quantities takes, wherever in the run they are."""
    outcomes = [available]
    for quantity in quantities:
        for before in range(available - quantity + 1):
            after = available - quantity - before
            outcomes.append(
                left_over_in_the_best_case(before, quantities) + left_over_in_the_best_case(after, quantities)
            )
    return min(outcomes)


class TestStrandedSeats:
    @pytest.mark.parametrize(
        ("custom", "available", "expected"),
        [((2, 4), 6, 0), ((2, 4), 5, 1), ((3, 5), 7, 1), ((3, 5), 8, 0), ((4,), 3, 3), ((1,), 9, 0)],
    )
    def test_counts_what_no_sum_of_the_custom_quantities_reaches(
        self, custom: tuple[int, ...], available: int, expected: int
    ) -> None:
        assert stranded_seats(rule=SplitRule.CUSTOM, available=available, custom=custom) == expected

    @given(st.integers(0, 12), CUSTOM_QUANTITIES)
    def test_is_the_best_of_all_sequences_of_custom_sales(self, available: int, custom: frozenset[int]) -> None:
        expected = left_over_in_the_best_case(available, custom)
        assert stranded_seats(rule=SplitRule.CUSTOM, available=available, custom=custom) == expected

    @given(st.integers(0, 12))
    def test_is_the_best_of_all_sequences_of_pairs(self, available: int) -> None:
        expected = left_over_in_the_best_case(available, frozenset(range(2, 13, 2)))
        assert stranded_seats(rule=SplitRule.PAIRS, available=available) == expected

    @pytest.mark.parametrize("rule", [rule for rule in PLAIN_RULES if rule != SplitRule.PAIRS])
    @given(available=st.integers(0, 60))
    def test_is_nothing_under_the_other_rules(self, rule: SplitRule, available: int) -> None:
        assert stranded_seats(rule=rule, available=available) == 0


class TestSplitProblem:
    @pytest.mark.parametrize(
        ("rule", "quantity", "custom", "problem"),
        [
            (SplitRule.CUSTOM, 4, [], "The custom split rule needs at least one quantity."),
            (SplitRule.CUSTOM, 4, [2, 5], "Quantity 5 is not between 1 and 4, the seats of the listing."),
            (SplitRule.CUSTOM, 4, [0], "Quantity 0 is not between 1 and 4, the seats of the listing."),
            (SplitRule.CUSTOM, 4, [2, 4, 2], "Quantity 2 is named twice."),
            (SplitRule.ANY, 4, [2], "Custom quantities are for the custom split rule only."),
            (SplitRule.PAIRS, 4, [2], "Custom quantities are for the custom split rule only."),
            (SplitRule.PAIRS, 3, [], "Pairs need an even number of seats; the listing has 3."),
        ],
    )
    def test_says_why_a_rule_cannot_be_saved(
        self, rule: SplitRule, quantity: int, custom: list[int], problem: str
    ) -> None:
        found = split_problem(rule=rule, quantity=quantity, custom=custom)
        assert found
        assert found.error().detail == problem

    @given(st.sampled_from(PLAIN_RULES), st.integers(1, 50))
    def test_accepts_a_plain_rule_on_an_even_quantity(self, rule: SplitRule, pairs: int) -> None:
        assert split_problem(rule=rule, quantity=2 * pairs) is None

    @given(st.sampled_from(sorted(set(PLAIN_RULES) - {SplitRule.PAIRS})), st.integers(0, 50))
    def test_accepts_the_other_rules_on_an_odd_quantity(self, rule: SplitRule, pairs: int) -> None:
        assert split_problem(rule=rule, quantity=2 * pairs + 1) is None

    def test_accepts_different_custom_quantities_of_the_listing(self) -> None:
        assert split_problem(rule=SplitRule.CUSTOM, quantity=4, custom=[4, 1]) is None
