"""Which seats satisfy a quantity, so that what remains stays sellable.

A seat is known here by its position, its index in the season ticket's block: neighbours differ by one, whether the
printed numbers run 1, 2, 3 or 1, 3, 5.
"""

from collections.abc import Collection, Iterable
from functools import cache

from apps.listings.rules.split_rules import SplitRule, allowed_quantities, stranded_seats


def adjacent_runs(positions: Iterable[int]) -> list[tuple[int, ...]]:
    """Return the positions as runs of neighbours, lowest first; a position given twice counts once."""
    runs: list[list[int]] = []
    for position in sorted(set(positions)):
        if runs and position == runs[-1][-1] + 1:
            runs[-1].append(position)
        else:
            runs.append([position])
    return [tuple(run) for run in runs]


def seat_runs(positions: Iterable[int], *, general_admission: bool) -> list[tuple[int, ...]]:
    """Return the runs from which purchases are made; in general admission all places are one run."""
    if not general_admission:
        return adjacent_runs(positions)
    places = tuple(sorted(set(positions)))
    return [places] if places else []


def choose_seats(
    *,
    positions: Iterable[int],
    quantity: int,
    rule: SplitRule,
    custom: Collection[int] = (),
    general_admission: bool = False,
) -> tuple[int, ...] | None:
    """Return the positions to take for a quantity, lowest first, or None when no run may supply it.

    Seats are neighbours of one run, and the rule allows the quantity on that run. Of all such choices the one is taken
    whose remaining seats have, compared in this order,

    1. the fewest orphans: runs of a single seat;
    2. the fewest stranded seats: those the rule's own quantities can no longer sell (`stranded_seats`);
    3. the fewest runs, so that a run of just the quantity goes first;
    4. the longest run, so that a large party still finds room;
    5. and, among equals, the choice has the lowest position: the answer is always the same.

    Only the low end of each run needs a look. Seats from the middle leave two runs where an end leaves one, and two
    runs never strand less than one of their joint length; the high end leaves the same lengths at a higher position.
    """
    runs = seat_runs(positions, general_admission=general_admission)
    lengths = [len(run) for run in runs]

    @cache
    def stranded(seats: int) -> int:
        return stranded_seats(rule=rule, available=seats, custom=custom)

    def cost(length: int) -> tuple[int, int, int, int]:
        remaining = lengths.copy()
        remaining.remove(length)
        if length > quantity:
            remaining.append(length - quantity)
        return remaining.count(1), sum(map(stranded, remaining)), len(remaining), -max(remaining, default=0)

    supplying = [run for run in runs if quantity in allowed_quantities(rule=rule, available=len(run), custom=custom)]
    return min(supplying, key=lambda run: cost(len(run)))[:quantity] if supplying else None
