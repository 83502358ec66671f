"""What can go wrong when seats are registered and listed."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from apps.common.errors import DomainError, ErrorDetail


class SeasonTicketNotFound(DomainError):
    """There is no such season ticket of this holder; a foreign one is not told apart from none."""

    code = "does_not_exist"
    status = 400

    def __init__(self) -> None:
        super().__init__("You have no such season ticket.", attr="season_ticket")


class TeamNotInLeague(DomainError):
    """Team and season belong to two leagues."""

    code = "team_not_in_league"
    status = 400

    def __init__(self, team: object, season: object) -> None:
        super().__init__(f"{team} does not play in {season}.", attr="season")


class SeatsOutOfOrder(DomainError):
    """The last seat stands before the first, or the block is larger than a block can be."""

    code = "seats_out_of_order"
    status = 400


class SeasonTicketAlreadyRegistered(DomainError):
    """The holder registered these seats, or some of them, before."""

    code = "season_ticket_already_registered"

    def __init__(self, seats: Sequence[str] = ()) -> None:
        which = f"seat {', '.join(seats)}" if seats else "these seats"
        super().__init__(f"You have registered {which} already.", attr="first_seat")


class SeasonTicketDecided(DomainError):
    """Staff decided about the block before; a decision is made once."""

    code = "season_ticket_decided"


class SeasonTicketSeatClaimed(DomainError):
    """Another verified block of the team and season has some of the seats; `other_ids` are those blocks."""

    code = "season_ticket_seat_claimed"

    def __init__(self, *, section: str, row: str, seats: Sequence[str], other_ids: Sequence[UUID]) -> None:
        others = ", ".join(str(other) for other in other_ids)
        self.other_ids = tuple(other_ids)
        super().__init__(
            f"Section {section}, row {row}, seat {', '.join(seats)} belongs to another verified season ticket: "
            f"{others}."
        )


class SeasonTicketInUse(DomainError):
    """Seats of the block are on sale or sold for games to come, so that it cannot end."""

    code = "season_ticket_in_use"

    def __init__(self, *, open_listings: int, sold_seats: int) -> None:
        super().__init__(
            f"The season ticket has {open_listings} open listing(s) and {sold_seats} sold seat(s) for games to come; "
            "delist and deliver them first."
        )


class WithholdingRefused(DomainError):
    """Games and seats that cannot be withheld or released, each with its place in the request."""

    code = "withholding_refused"
    status = 400

    def __init__(self, problems: Sequence[ErrorDetail]) -> None:
        first, *rest = problems
        super().__init__(first.detail, attr=first.attr, more=rest)


class SeasonTicketNotVerified(DomainError):
    """Seats can be listed once staff have checked that they are the holder's."""

    code = "season_ticket_not_verified"

    def __init__(self, status: str) -> None:
        super().__init__(f"The season ticket is {status}; only a verified one can be listed.", attr="season_ticket")


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
            ErrorDetail(f"Already listed for {event}: section {section}, row {row}, seat {', '.join(seats)}.", "seats")
            for event, seats in seats_by_event.items()
        )
        super().__init__(first.detail, attr=first.attr, more=rest)


class SeasonListingRefused(DomainError):
    """Items of a season listing that mean nothing, each with its place in the request."""

    code = "season_listing_refused"
    status = 400

    def __init__(self, problems: Sequence[ErrorDetail]) -> None:
        first, *rest = problems
        super().__init__(first.detail, attr=first.attr, more=rest)


class ListingMoveRefused(DomainError):
    """The listing is not in a status from which the move leads anywhere."""

    code = "listing_move_refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, attr="status")


class MoveReasonMissing(DomainError):
    """The other side reads why, so there must be a reason."""

    code = "required"
    status = 400

    def __init__(self) -> None:
        super().__init__("Say why: the other side reads it.", attr="reason")


class SeatWithheld(DomainError):
    """The holder keeps seats for own use that were named to be listed."""

    code = "seat_withheld"

    def __init__(self, seats_by_event: Mapping[str, Sequence[str]]) -> None:
        first, *rest = (
            ErrorDetail(f"Withheld for own use at {event}: seat {', '.join(seats)}. Release first to list.", "seats")
            for event, seats in seats_by_event.items()
        )
        super().__init__(first.detail, attr=first.attr, more=rest)


class TermsRefused(DomainError):
    """Terms of a listing that cannot be saved, each with its place."""

    code = "terms_refused"
    status = 400

    def __init__(self, problems: Sequence[ErrorDetail]) -> None:
        first, *rest = problems
        super().__init__(first.detail, attr=first.attr, more=rest)


class ListingNotOpen(DomainError):
    """Price and terms of a listing change while it is open only."""

    code = "listing_not_open"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, attr="status")


HELD_SENTENCE = "Approve delisting is not possible: a seat is held for a buyer. Try again when it is sold or released."


class SeatHeld(DomainError):
    """A buyer is about to buy seats of the listing."""

    code = "seat_held"

    def __init__(self) -> None:
        super().__init__(HELD_SENTENCE, attr="status")


class RateOutOfRange(DomainError):
    """A commission rate below nothing, or of the whole price and more."""

    code = "rate_out_of_range"
    status = 400

    def __init__(self) -> None:
        super().__init__("A rate is at least 0 and below 1.", attr="rate")


class ListingCsvUnreadable(DomainError):
    """An uploaded file that is no CSV of listings at all."""

    code = "listing_csv_unreadable"
    status = 400

    def __init__(self, detail: str) -> None:
        super().__init__(detail, attr="file")


class ListingCsvRefused(DomainError):
    """Rows of an uploaded file that cannot be listed, each with line and column; nothing was written."""

    code = "listing_csv_refused"
    status = 400

    def __init__(self, problems: Sequence[ErrorDetail]) -> None:
        super().__init__(problems[0].detail)
        self.details = tuple(problems)


class SeatNotInListing(DomainError):
    """Seats that the listing does not have, or that were named twice."""

    code = "seat_not_in_listing"
    status = 400

    def __init__(self, sentences: Mapping[int, str]) -> None:
        details = [ErrorDetail(sentence, f"seats.{index}") for index, sentence in sentences.items()]
        super().__init__(details[0].detail, attr=details[0].attr, more=details[1:])


class SeatNotForSale(DomainError):
    """Seats of a listing that cannot be sold now; each sentence says what the seat is, since when."""

    code = "seat_not_for_sale"

    def __init__(self, sentences: Sequence[str]) -> None:
        details = [ErrorDetail(sentence, "seats") for sentence in sentences]
        super().__init__(details[0].detail, attr=details[0].attr, more=details[1:])


class ListingNotForSale(DomainError):
    """The listing as a whole is not on sale; the sentence says what it is, since when."""

    code = "listing_not_for_sale"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, attr="listing")


class SplitNotAllowed(DomainError):
    """The listing is not divided like that; the sentence says which quantities are possible."""

    code = "split_not_allowed"


class SaleTimeRefused(DomainError):
    """No seat can have been sold at that time."""

    code = "sale_time_refused"
    status = 400

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, attr="sold_at")


class SeatsNotReturnable(DomainError):
    """Seats of a void sale cannot go back on sale: their event has begun or is cancelled."""

    code = "seats_not_returnable"

    def __init__(self, reason: str) -> None:
        sentence = f"The seats cannot go back on sale: the event {reason}. The sale can be made void without that."
        super().__init__(sentence, attr="return_seats")
