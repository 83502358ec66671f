"""What can go wrong when seats are listed."""

from collections.abc import Sequence

from apps.common.errors import DomainError, ErrorDetail, ItemsRefused


class EventNotOfSeasonTicket(DomainError):
    """The season ticket gives no seat at this event."""

    code = "event_not_of_season_ticket"
    status = 400

    def __init__(self) -> None:
        super().__init__("The event is not a home game of the season ticket's team and season.", attr="event")


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
