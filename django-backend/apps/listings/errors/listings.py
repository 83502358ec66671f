"""What can go wrong when seats are listed, and when a listing changes."""

from collections.abc import Sequence

from apps.common.errors import DomainError, ErrorDetail, ItemsRefused
from apps.common.text import counted


class EventNotOfSeasonTicket(
    DomainError,
    code="event_not_of_season_ticket",
    status=400,
    says="The event is not a home game of the season ticket's team and season.",
    attr="event",
):
    """The season ticket gives no seat at this event."""


class OfferRefused(ItemsRefused, status=409):
    """Seats that cannot be offered, with every problem of the first code; nothing was written."""

    @classmethod
    def of(cls, problems: Sequence[ErrorDetail]) -> "OfferRefused":
        """Return the error of the first problem's code, with the problems that share it; there is at least one."""
        code = problems[0].code
        refusal = next(refusal for refusal in cls.__subclasses__() if refusal.code == code)
        return refusal([problem for problem in problems if problem.code == code])


class EventNotOpen(OfferRefused, code="event_not_open"):
    """The event has begun, or it will not take place as announced."""


class EventElsewhere(OfferRefused, code="other_venue"):
    """The game is at another venue than the seats, and staff have not entered which ones the holder has there."""


class SeatNotInBlock(OfferRefused, code="seat_not_in_block", status=400):
    """Seats that are not part of the season ticket, or were named twice."""


class SeatAlreadyListed(OfferRefused, code="seat_already_listed"):
    """A physical seat is for sale at this event already, no matter whose listing it is."""


class SeatWithheld(OfferRefused, code="seat_withheld"):
    """Seats that were named to be listed are withheld for the holder's own use."""


class TermsRefused(OfferRefused, code="terms_refused", status=400):
    """Terms of a listing that cannot be saved, each with its place."""


class SeasonListingRefused(ItemsRefused, code="season_listing_refused"):
    """Items of a season listing that cannot be listed, each with its place in the request."""


class ListingMoveRefused(DomainError, code="listing_move_refused", attr="status"):
    """The move is not possible from the status of the listing."""


class ListingNotOpen(DomainError, code="listing_not_open", attr="status"):
    """Price and terms of a listing change while it is open only."""


class SeatHeld(DomainError, code="seat_held"):
    """A buyer is about to buy seats of the listing."""

    def __init__(self, *, until: str) -> None:
        super().__init__(
            f"Cannot approve delisting: a seat is held for a buyer until {until}. Use "
            "“Delist when released” to take the other seats off sale now and the listing when the hold ends.",
            attr="status",
        )


class RateOutOfRange(
    DomainError, code="rate_out_of_range", status=400, says="A rate is at least 0 and below 1.", attr="rate"
):
    """A commission rate below 0, or of the whole price or more."""


class SeasonTicketInUse(DomainError, code="season_ticket_in_use"):
    """Seats of the block are on sale or sold for games to come, so that it cannot end."""

    def __init__(self, *, open_listings: int, sold_seats: int) -> None:
        super().__init__(
            f"The season ticket has {counted(open_listings, 'open listing')} and {counted(sold_seats, 'sold seat')} "
            "for upcoming games; delist and deliver them first."
        )
