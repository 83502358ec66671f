"""Statuses with their transition tables."""

from collections.abc import Mapping
from typing import Final

from django.db import models


class SeasonTicketStatus(models.TextChoices):
    """Whether staff have checked that the seats are the holder's."""

    PENDING = "pending", "Pending"
    VERIFIED = "verified", "Verified"
    REJECTED = "rejected", "Rejected"
    ENDED = "ended", "Ended"


SEASON_TICKET_TRANSITIONS: Final[Mapping[SeasonTicketStatus, frozenset[SeasonTicketStatus]]] = {
    SeasonTicketStatus.PENDING: frozenset({SeasonTicketStatus.VERIFIED, SeasonTicketStatus.REJECTED}),
    SeasonTicketStatus.VERIFIED: frozenset({SeasonTicketStatus.ENDED}),
    SeasonTicketStatus.REJECTED: frozenset(),
    SeasonTicketStatus.ENDED: frozenset(),
}


class SeatNumbering(models.TextChoices):
    """Which names neighbours in a block have; general admission has places but no names."""

    CONSECUTIVE = "consecutive", "Consecutive: 1, 2, 3"
    ODD_EVEN = "odd_even", "Odd or even: 1, 3, 5"
    LISTED = "listed", "Listed: A, B, C"
    GENERAL_ADMISSION = "general_admission", "General admission"


class DeliveryType(models.TextChoices):
    """How the buyer gets the ticket; the words are those of the resale systems."""

    MOBILE_TRANSFER = "mobile_transfer", "Mobile transfer"
    ELECTRONIC = "electronic", "PDF"
    MOBILE_SCREENCAP = "mobile_screencap", "Screen capture"
    HARD = "hard", "Printed ticket"
    PAPERLESS = "paperless", "Paperless, shown at the gate"
    FLASH = "flash", "Flash Seats"


class Disclosure(models.TextChoices):
    """What a buyer must know about seats before paying."""

    LIMITED_VIEW = "limited_view", "Limited view"
    OBSTRUCTED_VIEW = "obstructed_view", "Obstructed view"
    AISLE = "aisle", "Aisle seat"
    ALCOHOL_FREE = "alcohol_free", "Alcohol-free section"
    WHEELCHAIR_ACCESSIBLE = "wheelchair_accessible", "Wheelchair accessible"
    STANDING_ROOM = "standing_room", "Standing room only"
    PIGGYBACK = "piggyback", "Rows one behind the other"


class ListingStatus(models.TextChoices):
    """Where a listing stands; only staff and the system move it, the holder asks."""

    PENDING = "pending", "Pending"
    LISTED = "listed", "Listed"
    DELISTING_REQUESTED = "delisting_requested", "Requested for delisting"
    DELISTED = "delisted", "Delisted"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Expired"
    SOLD = "sold", "Sold"


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
    SELL_OUT = "sell_out", "Sell out"
    RETURN_SEATS = "return_seats", "Return seats"
    SELL_LATE = "sell_late", "Sell late"
    TAKE_BACK = "take_back", "Take back"
    LAPSE = "lapse", "Lapse"
    CLOSE = "close", "Close"
    RECALL = "recall", "Recall"


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
    # The last seat goes. A requested delisting takes nothing off sale before staff approve it.
    ListingMove.SELL_OUT: (frozenset({ListingStatus.LISTED, ListingStatus.DELISTING_REQUESTED}), ListingStatus.SOLD),
    # After the start, sales of before it are recorded, and with them no seat was left.
    ListingMove.SELL_LATE: (frozenset({ListingStatus.EXPIRED}), ListingStatus.SOLD),
    # A sale is void and its seats can be sold again.
    ListingMove.RETURN_SEATS: (frozenset({ListingStatus.SOLD}), ListingStatus.LISTED),
    # The last sale that counted is void and no seat came back: nothing is sold. Before the event, and after its start.
    ListingMove.TAKE_BACK: (frozenset({ListingStatus.SOLD}), ListingStatus.DELISTED),
    ListingMove.LAPSE: (frozenset({ListingStatus.SOLD}), ListingStatus.EXPIRED),
    # The event is cancelled.
    ListingMove.CLOSE: (
        frozenset({ListingStatus.PENDING, ListingStatus.LISTED, ListingStatus.DELISTING_REQUESTED}),
        ListingStatus.DELISTED,
    ),
    # The event has moved to a venue where the seats are not.
    ListingMove.RECALL: (frozenset({ListingStatus.LISTED}), ListingStatus.PENDING),
}
OPEN_LISTING_STATUSES: Final = LISTING_MOVES[ListingMove.EXPIRE][0]
# What staff decide about.
UNDECIDED_LISTING_STATUSES: Final = frozenset({ListingStatus.PENDING, ListingStatus.DELISTING_REQUESTED})
SELLABLE_LISTING_STATUSES: Final = LISTING_MOVES[ListingMove.SELL_OUT][0]
# Moves that follow from what happens to the seats; nobody makes them by name.
SEAT_MOVES: Final = frozenset(
    {
        ListingMove.SELL_OUT,
        ListingMove.SELL_LATE,
        ListingMove.RETURN_SEATS,
        ListingMove.TAKE_BACK,
        ListingMove.LAPSE,
    }
)
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
    """Where one seat at one event stands; withdrawn seats are free to be listed again."""

    AVAILABLE = "available", "Available"
    HELD = "held", "Held for a buyer"
    SOLD = "sold", "Sold"
    WITHDRAWN = "withdrawn", "Withdrawn"


class TicketMove(models.TextChoices):
    """What happens to a seat."""

    HOLD = "hold", "Hold"
    RELEASE = "release", "Release"
    SELL = "sell", "Sell"
    RETURN = "return", "Return to sale"
    WITHDRAW = "withdraw", "Withdraw"
    REACTIVATE = "reactivate", "Reactivate"


# The one table of seats: from which statuses each move leads, and where to.
TICKET_MOVES: Final[Mapping[TicketMove, tuple[frozenset[TicketStatus], TicketStatus]]] = {
    TicketMove.HOLD: (frozenset({TicketStatus.AVAILABLE}), TicketStatus.HELD),
    TicketMove.RELEASE: (frozenset({TicketStatus.HELD}), TicketStatus.AVAILABLE),
    TicketMove.SELL: (frozenset({TicketStatus.AVAILABLE, TicketStatus.HELD}), TicketStatus.SOLD),
    TicketMove.RETURN: (frozenset({TicketStatus.SOLD}), TicketStatus.AVAILABLE),
    # A sold seat is withdrawn when its sale is void and it cannot be sold again.
    TicketMove.WITHDRAW: (frozenset({TicketStatus.AVAILABLE, TicketStatus.SOLD}), TicketStatus.WITHDRAWN),
    TicketMove.REACTIVATE: (frozenset({TicketStatus.WITHDRAWN}), TicketStatus.AVAILABLE),
}
ACTIVE_TICKET_STATUSES: Final = (TicketStatus.AVAILABLE, TicketStatus.HELD, TicketStatus.SOLD)


class ListingChange(models.TextChoices):
    """What a row of a listing's history is about."""

    STATUS = "status", "Status"
    PRICE = "price", "Price"
    COMMISSION = "commission", "Commission rate"
    SEATS = "seats", "Seats"
    EVENT = "event", "Event"


class EventSource(models.TextChoices):
    """Through which door a change came."""

    API = "api", "API"
    CSV = "csv", "CSV upload"
    ADMIN = "admin", "Admin"
    SLACK = "slack", "Slack"
    SYSTEM = "system", "System"
