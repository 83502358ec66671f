"""What can go wrong when seats are listed."""

from collections.abc import Mapping, Sequence

from apps.common.errors import DomainError, ErrorDetail, ItemsRefused
from apps.common.text import seats_named


class EventNotOfSeasonTicket(DomainError):
    """The season ticket gives no seat at this event."""

    code = "event_not_of_season_ticket"
    status = 400

    def __init__(self) -> None:
        super().__init__("The event is not a home game of the season ticket's team and season.", attr="event")


class EventNotOpen(DomainError):
    """The event has begun, or it will not take place as announced."""

    code = "event_not_open"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Seats can only be listed for a future event as scheduled: this one {reason}.", attr="event")


class EventElsewhere(DomainError):
    """The game is not where the seats of the season ticket are, and nobody has said which ones the holder has there."""

    code = "other_venue"

    def __init__(self, venue: str) -> None:
        super().__init__(elsewhere_text(venue), attr="event")


def elsewhere_text(venue: str) -> str:
    """Return why no seat of a season ticket is listed or withheld at `venue`, with the way out."""
    return f"The game is at {venue}, where the season ticket has no seats until we have entered yours. Ask us."


class SeatNotInBlock(DomainError):
    """Seats that are not part of the season ticket, or were named twice."""

    code = "seat_not_in_block"
    status = 400

    def __init__(self, sentences: Mapping[int, str]) -> None:
        details = [ErrorDetail(sentence, f"seats.{index}") for index, sentence in sentences.items()]
        super().__init__(details[0].detail, attr=details[0].attr, more=details[1:])


class SeatAlreadyListed(DomainError):
    """A physical seat is for sale at this event already, by whomever."""

    code = "seat_already_listed"

    def __init__(self, *, section: str, row: str, seats_by_event: Mapping[str, Sequence[str]]) -> None:
        first, *rest = (
            ErrorDetail(f"Already listed for {event}: section {section}, row {row}, {seats_named(seats)}.", "seats")
            for event, seats in seats_by_event.items()
        )
        super().__init__(first.detail, attr=first.attr, more=rest)


class SeatWithheld(DomainError):
    """The holder keeps seats for own use that were named to be listed."""

    code = "seat_withheld"

    def __init__(self, seats_by_event: Mapping[str, Sequence[str]]) -> None:
        first, *rest = (
            ErrorDetail(f"Withheld for own use at {event}: {seats_named(seats)}. Release first to list.", "seats")
            for event, seats in seats_by_event.items()
        )
        super().__init__(first.detail, attr=first.attr, more=rest)


class SeasonListingRefused(ItemsRefused):
    """Items of a season listing that mean nothing, each with its place in the request."""

    code = "season_listing_refused"


class TermsRefused(ItemsRefused):
    """Terms of a listing that cannot be saved, each with its place."""

    code = "terms_refused"


class ListingCsvUnreadable(DomainError):
    """An uploaded file that is no CSV of listings at all."""

    code = "listing_csv_unreadable"
    status = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail, attr="file")


class ListingCsvRefused(ItemsRefused):
    """Rows of an uploaded file that cannot be listed, each with line and column; nothing was written."""

    code = "listing_csv_refused"
