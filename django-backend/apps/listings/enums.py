"""Statuses with their transition tables."""

from collections.abc import Mapping
from typing import Final

from django.db import models


class SeasonTicketStatus(models.TextChoices):
    """Whether staff have checked that the seats are the holder's."""

    PENDING = "pending", "Pending"
    VERIFIED = "verified", "Verified"
    REJECTED = "rejected", "Rejected"


SEASON_TICKET_TRANSITIONS: Final[Mapping[SeasonTicketStatus, frozenset[SeasonTicketStatus]]] = {
    SeasonTicketStatus.PENDING: frozenset({SeasonTicketStatus.VERIFIED, SeasonTicketStatus.REJECTED}),
    SeasonTicketStatus.VERIFIED: frozenset(),
    SeasonTicketStatus.REJECTED: frozenset(),
}


class ListingStatus(models.TextChoices):
    """Where a listing stands; only staff and the system move it, the holder asks."""

    PENDING = "pending", "Pending"
    LISTED = "listed", "Listed"
    DELISTING_REQUESTED = "delisting_requested", "Requested for delisting"
    DELISTED = "delisted", "Delisted"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Expired"


class ListingMove(models.TextChoices):
    """What people and the system do to a listing; the wish, where the status is the fact."""

    APPROVE = "approve", "Approve"
    DECLINE = "decline", "Decline"
    WITHDRAW = "withdraw", "Withdraw"
    REQUEST_DELISTING = "request_delisting", "Request delisting"
    APPROVE_DELISTING = "approve_delisting", "Approve delisting"
    DECLINE_DELISTING = "decline_delisting", "Decline delisting"
    RELIST = "relist", "Relist"
    EXPIRE = "expire", "Expire"


# The one table: from which statuses each move leads, and where to.
LISTING_MOVES: Final[Mapping[ListingMove, tuple[frozenset[ListingStatus], ListingStatus]]] = {
    ListingMove.APPROVE: (frozenset({ListingStatus.PENDING}), ListingStatus.LISTED),
    ListingMove.DECLINE: (frozenset({ListingStatus.PENDING}), ListingStatus.DECLINED),
    ListingMove.WITHDRAW: (frozenset({ListingStatus.PENDING}), ListingStatus.DELISTED),
    ListingMove.REQUEST_DELISTING: (frozenset({ListingStatus.LISTED}), ListingStatus.DELISTING_REQUESTED),
    ListingMove.APPROVE_DELISTING: (frozenset({ListingStatus.DELISTING_REQUESTED}), ListingStatus.DELISTED),
    ListingMove.DECLINE_DELISTING: (frozenset({ListingStatus.DELISTING_REQUESTED}), ListingStatus.LISTED),
    ListingMove.RELIST: (frozenset({ListingStatus.DELISTED}), ListingStatus.PENDING),
    ListingMove.EXPIRE: (
        frozenset({ListingStatus.PENDING, ListingStatus.LISTED, ListingStatus.DELISTING_REQUESTED}),
        ListingStatus.EXPIRED,
    ),
}
OPEN_LISTING_STATUSES: Final = LISTING_MOVES[ListingMove.EXPIRE][0]
STAFF_MOVES: Final = (
    ListingMove.APPROVE,
    ListingMove.DECLINE,
    ListingMove.APPROVE_DELISTING,
    ListingMove.DECLINE_DELISTING,
)
# Moves whose reason the other side reads, so there must be one.
MOVES_WITH_REASON: Final = frozenset(
    {ListingMove.DECLINE, ListingMove.REQUEST_DELISTING, ListingMove.DECLINE_DELISTING}
)


class TicketStatus(models.TextChoices):
    """Whether one seat at one event can still be sold; withdrawn seats are free to be listed again."""

    AVAILABLE = "available", "Available"
    WITHDRAWN = "withdrawn", "Withdrawn"


ACTIVE_TICKET_STATUSES: Final = (TicketStatus.AVAILABLE,)


class EventSource(models.TextChoices):
    """Through which door a change came."""

    API = "api", "API"
    ADMIN = "admin", "Admin"
    SYSTEM = "system", "System"
