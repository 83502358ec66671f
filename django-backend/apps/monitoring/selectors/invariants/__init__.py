"""Invariants: each a small class with one query, in display order."""

from typing import Final

from apps.monitoring.selectors.invariants.base import Found, Invariant
from apps.monitoring.selectors.invariants.processes import (
    BeatRuns,
    MessagesAreDelivered,
    MessagesGivenUpAreLookedAfter,
    MigrationsAreApplied,
    SlackRequestsAreHandled,
)
from apps.monitoring.selectors.invariants.seats import (
    AgreementsNeverOverlap,
    HeldSeatsHaveLiveHolds,
    ListingsAreForHomeGames,
    ListingsFitTheirSeats,
    PastEventsAreOffSale,
    SeatsAreActiveOnce,
    SharesSumToPrice,
    SoldSeatsHaveOneSale,
)
from apps.monitoring.selectors.invariants.statements import StatementsSumTheirLines

INVARIANTS: Final[tuple[Invariant, ...]] = (
    SeatsAreActiveOnce(),
    SharesSumToPrice(),
    SoldSeatsHaveOneSale(),
    ListingsFitTheirSeats(),
    HeldSeatsHaveLiveHolds(),
    ListingsAreForHomeGames(),
    PastEventsAreOffSale(),
    AgreementsNeverOverlap(),
    StatementsSumTheirLines(),
    MessagesAreDelivered(),
    MessagesGivenUpAreLookedAfter(),
    SlackRequestsAreHandled(),
    BeatRuns(),
    MigrationsAreApplied(),
)

__all__ = ["INVARIANTS", "BeatRuns", "Found", "Invariant", "MigrationsAreApplied"]
