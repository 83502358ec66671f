"""Statuses with their tables of moves."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import Enum, StrEnum
from typing import Final, Generic, NamedTuple, TypeVar

from django.db import models

# Where people look up ids.
LISTINGS: Final = "/api/v1/listings/"
STAFF_LISTINGS: Final = "/api/v1/staff/listings/"

Status = TypeVar("Status", bound=models.TextChoices)


class Mover(Enum):
    """Who may make a move."""

    HOLDER = "holder"
    STAFF = "staff"
    SYSTEM = "system"  # the clock, or a change of the event
    SEATS = "seats"  # a consequence of what happens to the seats; nobody makes it directly


class News(Enum):
    """What other apps learn about a move; `topics.py` has the messages."""

    MOVED = "moved"
    RELISTED = "relisted"
    DELISTING_REQUESTED = "delisting_requested"


class Move(NamedTuple, Generic[Status]):
    """One row of a table of moves: from where, to where, who makes it, and what it brings about.

    `seats` is what becomes of those seats of the listing that can make that move; the others stay as they are.
    `has_reason` means that there must be a reason: staff read that of a holder, the holder that of staff.
    `news` are the messages that follow. `resumes_plan` means that the seats are offered again: the mark-downs go on.
    """

    begins: AbstractSet[Status]
    ends: Status
    mover: Mover = Mover.SYSTEM
    seats: "TicketMove | None" = None
    has_reason: bool = False
    news: tuple[News, ...] = ()
    resumes_plan: bool = False


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


class TicketStatus(models.TextChoices):
    """The status of one seat at one event; withdrawn seats are free to be listed again."""

    AVAILABLE = "available", "Available"
    HELD = "held", "Held for a buyer"
    SOLD = "sold", "Sold"
    WITHDRAWN = "withdrawn", "Withdrawn"


class TicketMove(models.TextChoices):
    """What happens to a seat."""

    HOLD = "hold", "Hold"
    RELEASE = "release", "Release"
    LET_GO = "let_go", "Let go"
    SELL = "sell", "Sell"
    RETURN = "return", "Return to sale"
    WITHDRAW = "withdraw", "Withdraw"
    TAKE_BACK = "take_back", "Take back"
    REACTIVATE = "reactivate", "Reactivate"


_T = TicketStatus
# The one table of seats, in the columns of `Move`.
TICKET_MOVES: Final[Mapping[TicketMove, Move[TicketStatus]]] = {
    TicketMove.HOLD: Move({_T.AVAILABLE}, _T.HELD),
    # The hold ends without a sale: the seat is on sale again, or its listing has left the sale meanwhile.
    TicketMove.RELEASE: Move({_T.HELD}, _T.AVAILABLE),
    TicketMove.LET_GO: Move({_T.HELD}, _T.WITHDRAWN),
    TicketMove.SELL: Move({_T.AVAILABLE, _T.HELD}, _T.SOLD),
    # Its sale is void: it is on sale again, or cannot be sold again.
    TicketMove.RETURN: Move({_T.SOLD}, _T.AVAILABLE),
    TicketMove.TAKE_BACK: Move({_T.SOLD}, _T.WITHDRAWN),
    # Its listing leaves the sale. A seat that a buyer holds stays held until the hold ends.
    TicketMove.WITHDRAW: Move({_T.AVAILABLE}, _T.WITHDRAWN),
    TicketMove.REACTIVATE: Move({_T.WITHDRAWN}, _T.AVAILABLE),
}
ACTIVE_TICKET_STATUSES: Final = (TicketStatus.AVAILABLE, TicketStatus.HELD, TicketStatus.SOLD)


class HoldOwner(models.TextChoices):
    """What kind of object holds seats; its id is stored next to it."""

    ORDER = "order", "Order"


class HoldOutcome(models.TextChoices):
    """How a hold ended; empty while it is live."""

    SOLD = "sold", "Sold"
    RELEASED = "released", "Released"
    EXPIRED = "expired", "Expired"
    CLOSED = "closed", "Taken off sale"  # the event is cancelled, or has moved away from the seats


class ListingStatus(models.TextChoices):
    """The status of a listing; only staff and the system change it, the holder asks."""

    PENDING = "pending", "Pending"
    LISTED = "listed", "Listed"
    DELISTING_REQUESTED = "delisting_requested", "Requested for delisting"
    DELISTING = "delisting", "Delisting"
    DELISTED = "delisted", "Delisted"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Expired"
    SOLD = "sold", "Sold"


class ListingMove(models.TextChoices):
    """What people and the system do to a listing; the status is the result."""

    APPROVE = "approve", "Approve"
    DECLINE = "decline", "Decline"
    WITHDRAW = "withdraw", "Withdraw"
    REQUEST_DELISTING = "request_delisting", "Request delisting"
    APPROVE_DELISTING = "approve_delisting", "Approve delisting"
    DECLINE_DELISTING = "decline_delisting", "Decline delisting"
    DELIST_WHEN_RELEASED = "delist_when_released", "Delist when released"
    FINISH_DELISTING = "finish_delisting", "Finish delisting"
    RELIST = "relist", "Relist"
    EXPIRE = "expire", "Expire"
    SELL_OUT = "sell_out", "Sell out"
    RETURN_SEATS = "return_seats", "Return seats"
    SELL_LATE = "sell_late", "Sell late"
    TAKE_BACK = "take_back", "Take back"
    LAPSE = "lapse", "Lapse"
    CLOSE = "close", "Close"
    RECALL = "recall", "Recall"


_L, _ASKED = ListingStatus, ListingStatus.DELISTING_REQUESTED
OPEN_LISTING_STATUSES: Final = frozenset({_L.PENDING, _L.LISTED, _ASKED})
# A requested delisting takes nothing off sale before staff approve it.
SELLABLE_LISTING_STATUSES: Final = frozenset({_L.LISTED, _ASKED})
# What staff decide about.
UNDECIDED_LISTING_STATUSES: Final = frozenset({_L.PENDING, _ASKED})
_M, _OPEN, _ON_SALE = ListingMove, OPEN_LISTING_STATUSES, SELLABLE_LISTING_STATUSES
_MOVED: Final = (News.MOVED,)
_AGAIN: Final = (News.MOVED, News.RELISTED)
_DELIST: Final = (News.MOVED, News.DELISTING_REQUESTED)
# The one table of listings, in the columns of `Move`: from, to, who, seats, whether a reason is needed, messages, plan.
# fmt: off
LISTING_MOVES: Final[Mapping[ListingMove, Move[ListingStatus]]] = {
    _M.APPROVE:           Move({_L.PENDING},  _L.LISTED,   Mover.STAFF,  None,                  False, _MOVED),
    _M.DECLINE:           Move({_L.PENDING},  _L.DECLINED, Mover.STAFF,  TicketMove.WITHDRAW,   True,  _MOVED),
    _M.WITHDRAW:          Move({_L.PENDING},  _L.DELISTED, Mover.HOLDER, TicketMove.WITHDRAW,   False, _MOVED),
    _M.REQUEST_DELISTING: Move({_L.LISTED},   _ASKED,      Mover.HOLDER, None,                  True,  _DELIST),
    _M.APPROVE_DELISTING: Move({_ASKED},      _L.DELISTED, Mover.STAFF,  TicketMove.WITHDRAW,   False, _MOVED),
    _M.DECLINE_DELISTING: Move({_ASKED},      _L.LISTED,   Mover.STAFF,  None,                  True,  _MOVED),
    # A buyer holds seats: the others are withdrawn now, and the listing is delisted when the last hold ends.
    _M.DELIST_WHEN_RELEASED: Move({_ASKED},  _L.DELISTING, Mover.STAFF, TicketMove.WITHDRAW,   False, _MOVED),
    _M.FINISH_DELISTING: Move({_L.DELISTING}, _L.DELISTED, Mover.SEATS, None,                  False, _MOVED),
    _M.RELIST:            Move({_L.DELISTED}, _L.PENDING,  Mover.HOLDER, TicketMove.REACTIVATE, False, _AGAIN, True),
    # The event begins, or is cancelled.
    _M.EXPIRE:            Move(_OPEN,         _L.EXPIRED,  Mover.SYSTEM, TicketMove.WITHDRAW,   False, _MOVED),
    _M.CLOSE:             Move(_OPEN,         _L.DELISTED, Mover.SYSTEM, TicketMove.WITHDRAW,   False, _MOVED),
    # The event has moved to a venue where the seats are not.
    _M.RECALL:            Move({_L.LISTED},   _L.PENDING,  Mover.SYSTEM, None,                  False, _AGAIN),
    # The last seat is sold; after the start, if a sale from before it is recorded late.
    _M.SELL_OUT:          Move(_ON_SALE | {_L.DELISTING}, _L.SOLD,     Mover.SEATS),
    _M.SELL_LATE:         Move({_L.EXPIRED},  _L.SOLD,     Mover.SEATS),
    # A sale is void and its seats can be sold again.
    _M.RETURN_SEATS:      Move({_L.SOLD},     _L.LISTED,   Mover.SEATS,  None,                  False, (),      True),
    # The last sale that counted is void and no seat came back: nothing is sold. Before the event, and after its start.
    _M.TAKE_BACK:         Move({_L.SOLD},     _L.DELISTED, Mover.SEATS),
    _M.LAPSE:             Move({_L.SOLD},     _L.EXPIRED,  Mover.SEATS),
}
# fmt: on
STAFF_MOVES: Final = tuple(move for move, row in LISTING_MOVES.items() if row.mover is Mover.STAFF)
MOVES_WITH_REASON: Final = frozenset(move for move, row in LISTING_MOVES.items() if row.has_reason)


class ClosedReason(StrEnum):
    """Why no seat of an event is listed or sold any more, in the words that follow "the event"."""

    BEGUN = "has begun"
    CANCELLED = "is cancelled"
    POSTPONED = "is postponed"


class ListingChange(models.TextChoices):
    """What a row of a listing's history is about."""

    STATUS = "status", "Status"
    PRICE = "price", "Price"
    COMMISSION = "commission", "Commission rate"
    SEATS = "seats", "Seats"
    EVENT = "event", "Event"
