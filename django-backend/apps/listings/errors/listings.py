"""What can go wrong when seats are listed, and when a listing changes."""

from collections.abc import Sequence
from datetime import datetime

from apps.common.errors import DomainError, ErrorDetail, ItemsRefused


class EventNotOfSeasonTicket(DomainError):
    """The season ticket gives no seat at this event."""

    code = "event_not_of_season_ticket"
    status = 400
    sentence = "The event is not a home game of the season ticket's team and season."
    attr = "event"


class OfferRefused(ItemsRefused):
    """Seats that cannot be offered, with every problem of the first code; nothing was written."""

    status = 409

    @classmethod
    def of(cls, problems: Sequence[ErrorDetail]) -> "OfferRefused":
        """Return the error of the first problem's code, with the problems that share it; there is at least one."""
        code = problems[0].code
        refusal = next(refusal for refusal in cls.__subclasses__() if refusal.code == code)
        return refusal([problem for problem in problems if problem.code == code])


class EventNotOpen(OfferRefused):
    """The event has begun, or it will not take place as announced."""

    code = "event_not_open"


class EventElsewhere(OfferRefused):
    """The game is not where the seats of the season ticket are, and nobody has said which ones the holder has there."""

    code = "other_venue"


class SeatNotInBlock(OfferRefused):
    """Seats that are not part of the season ticket, or were named twice."""

    code = "seat_not_in_block"
    status = 400


class SeatAlreadyListed(OfferRefused):
    """A physical seat is for sale at this event already, by whomever."""

    code = "seat_already_listed"


class SeatWithheld(OfferRefused):
    """The holder keeps seats for own use that were named to be listed."""

    code = "seat_withheld"


class TermsRefused(OfferRefused):
    """Terms of a listing that cannot be saved, each with its place."""

    code = "terms_refused"
    status = 400


class SeasonListingRefused(ItemsRefused):
    """Items of a season listing that mean nothing, each with its place in the request."""

    code = "season_listing_refused"


class ListingMoveRefused(DomainError):
    """The listing is not in a status from which the move leads anywhere."""

    code = "listing_move_refused"
    attr = "status"


class MoveReasonMissing(DomainError):
    """The other side reads why, so there must be a reason."""

    code = "required"
    status = 400
    sentence = "Say why: the other side reads it."
    attr = "reason"


class ListingNotOpen(DomainError):
    """Price and terms of a listing change while it is open only."""

    code = "listing_not_open"
    attr = "status"


class SeatHeld(DomainError):
    """A buyer is about to buy seats of the listing."""

    code = "seat_held"

    def __init__(self, *, until: datetime) -> None:
        super().__init__(
            f"Cannot approve delisting: a seat is held for a buyer until {until.isoformat(timespec='seconds')}. Use "
            "“Delist when released” to take the other seats off sale now and the listing when the hold ends.",
            attr="status",
        )


class RateOutOfRange(DomainError):
    """A commission rate below nothing, or of the whole price and more."""

    code = "rate_out_of_range"
    status = 400
    sentence = "A rate is at least 0 and below 1."
    attr = "rate"
