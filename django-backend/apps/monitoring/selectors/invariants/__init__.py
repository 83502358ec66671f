"""Invariants: each a small class with one query, in display order, which is that of the modules."""

from typing import Final

from apps.monitoring.selectors.invariants import orders, payments, processes, seats
from apps.monitoring.selectors.invariants.base import Found, Invariant
from apps.monitoring.selectors.invariants.processes import BeatRuns, MigrationsAreApplied

INVARIANTS: Final[tuple[Invariant, ...]] = tuple(
    kind()
    for module in (seats, orders, payments, processes)
    for kind in vars(module).values()
    if isinstance(kind, type) and issubclass(kind, Invariant) and kind.__module__ == module.__name__
)

__all__ = ["INVARIANTS", "BeatRuns", "Found", "Invariant", "MigrationsAreApplied"]
