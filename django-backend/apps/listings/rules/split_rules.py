"""Split rules: which quantities may be bought of the seats that are left.

A purchase takes adjacent seats of one run, and the rule looks at that run only. Every rule answers every run: whatever
is left can always be sold, to the last seat. `docs/split_rules.md` shows the same in tables.
"""

import enum
from collections.abc import Collection, Sequence
from typing import Final

from apps.common.problems import Problem
from apps.common.repeats import repeated
from apps.listings.errors.problems import OfferProblem


class SplitRule(enum.StrEnum):
    """How a holder allows a listing to be divided."""

    ANY = "any"
    NONE = "none"
    NEVER_LEAVE_ONE = "never_leave_one"
    AVOID_ONE_AND_THREE = "avoid_one_and_three"
    PAIRS = "pairs"
    CUSTOM = "custom"


_UNWANTED_REMAINDERS: Final = {
    SplitRule.ANY: (),
    SplitRule.NEVER_LEAVE_ONE: (1,),
    SplitRule.AVOID_ONE_AND_THREE: (1, 3),
}


def allowed_quantities(*, rule: SplitRule, available: int, custom: Collection[int] = ()) -> tuple[int, ...]:
    """Return the quantities that may be bought of a run of `available` adjacent seats, lowest first.

    Empty for a run without seats, never empty otherwise. Two rules meet runs that they do not divide, after seats were
    sold elsewhere: PAIRS sells an odd run in pairs down to a last group of three (a lone seat goes alone); CUSTOM, for
    which `custom` are the quantities, sells a run shorter than all of them as a whole.
    """
    quantities = range(1, available + 1)
    whole_run = tuple(quantities[-1:])
    if rule == SplitRule.NONE:
        return whole_run
    if rule == SplitRule.CUSTOM:
        return tuple(quantity for quantity in quantities if quantity in custom) or whole_run
    if rule == SplitRule.PAIRS:
        return tuple(range(2, available - 1, 2)) + whole_run
    return tuple(quantity for quantity in quantities if available - quantity not in _UNWANTED_REMAINDERS[rule])


def allowed_quantities_of_runs(
    *, rule: SplitRule, runs: Sequence[int], custom: Collection[int] = ()
) -> tuple[int, ...]:
    """Return the quantities that at least one of the runs, given by their lengths in seats, can supply."""
    allowed = {
        quantity
        for available in set(runs)
        for quantity in allowed_quantities(rule=rule, available=available, custom=custom)
    }
    return tuple(sorted(allowed))


def stranded_seats(*, rule: SplitRule, available: int, custom: Collection[int] = ()) -> int:
    """Return how many seats of a run must be left over when it is sold in the rule's own quantities only.

    These seats can still be bought, because no run is unsellable, but not in the groups the holder asked for: the odd
    seat under PAIRS, and under CUSTOM what no sum of the quantities reaches. The other rules strand nothing.
    """
    if rule == SplitRule.PAIRS:
        return available % 2
    if rule != SplitRule.CUSTOM:
        return 0
    left_over = [0]
    for seats in range(1, available + 1):
        after_one_sale = (left_over[seats - quantity] for quantity in custom if 1 <= quantity <= seats)
        left_over.append(min(after_one_sale, default=seats))
    return left_over[-1]


def split_problem(*, rule: SplitRule, quantity: int, custom: Sequence[int] = ()) -> Problem | None:
    """Return why the rule cannot be saved for a listing of `quantity` adjacent seats, or None when it can."""
    if rule == SplitRule.CUSTOM:
        return _custom_problem(quantity=quantity, custom=custom)
    if custom:
        return Problem(OfferProblem.QUANTITIES_UNUSED, "custom_quantities")
    if rule == SplitRule.PAIRS and quantity % 2:
        return Problem(OfferProblem.ODD_SEATS, "split_rule", {"quantity": quantity})
    return None


def _custom_problem(*, quantity: int, custom: Sequence[int]) -> Problem | None:
    if not custom:
        return Problem(OfferProblem.QUANTITIES_MISSING, "custom_quantities")
    again = repeated(custom)
    for index, wanted in enumerate(custom):
        if not 1 <= wanted <= quantity:
            values = {"quantity": wanted, "most": quantity}
            return Problem(OfferProblem.QUANTITY_RANGE, "custom_quantities", values)
        if index in again:
            return Problem(OfferProblem.QUANTITY_REPEATED, "custom_quantities", {"quantity": wanted})
    return None
