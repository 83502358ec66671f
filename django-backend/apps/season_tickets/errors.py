"""What can go wrong with season tickets."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from apps.common.errors import DomainError, ItemsRefused
from apps.common.problems import ProblemCode
from apps.common.text import seats_named


class SeatProblem(ProblemCode):
    """What can be wrong with seats that were named."""

    SEAT_UNKNOWN = "seat_not_in_block", "Seat {seat} is not in the season ticket ({block})."
    SEAT_REPEATED = "seat_not_in_block", "Seat {seat} is named twice."


class SeasonTicketNotFound(
    DomainError, code="does_not_exist", status=400, says="You have no such season ticket.", attr="season_ticket"
):
    """There is no such season ticket of this holder; the same error for somebody else's."""


class TeamNotInLeague(DomainError, code="team_not_in_league", status=400):
    """Team and season belong to two leagues."""

    def __init__(self, team: object, season: object) -> None:
        super().__init__(f"{team} does not play in {season}.", attr="season")


class SeatsOutOfOrder(DomainError, code="seats_out_of_order", status=400):
    """The last seat comes before the first, or the block is larger than a block can be."""


class SeatsReadAlike(DomainError, code="seats_read_alike", status=400):
    """Two listed seats of one block have names that read alike; the later one is at fault."""

    def __init__(self, names: Sequence[str], first: int, second: int) -> None:
        sentence = f"Seat {names[second]} reads like seat {names[first]}; name each seat of the block once."
        super().__init__(sentence, attr=f"seats.{second}")


class SeasonTicketAlreadyRegistered(DomainError, code="season_ticket_already_registered"):
    """The holder registered these seats, or some of them, before."""

    def __init__(self, seats: Sequence[str] = (), *, listed: bool = False) -> None:
        which = seats_named(seats) if seats else "these seats"
        super().__init__(f"You have already registered {which}.", attr="seats" if listed else "first_seat")


class SeasonTicketDecided(DomainError, code="season_ticket_decided"):
    """The decision is not possible from the status of the block: each decision is made once."""

    def __init__(self, verb: str, *, status: str, since: datetime | None) -> None:
        state = f"has been {status} since {since.isoformat(timespec='seconds')}" if since else f"is {status}"
        super().__init__(f"Cannot {verb}: the season ticket {state}.", attr="status")


class SeasonTicketSeatClaimed(DomainError, code="season_ticket_seat_claimed"):
    """Another verified block of the team and season has some of the seats; `other_ids` are those blocks.

    `sure` means that their names are the same, not only alike.
    """

    def __init__(self, *, section: str, row: str, seats: Sequence[str], other_ids: Sequence[UUID], sure: bool) -> None:
        others = ", ".join(str(other) for other in other_ids)
        self.other_ids = tuple(other_ids)
        place = f"section {section}, row {row}, {seats_named(seats)}"
        if sure:
            super().__init__(f"Another verified season ticket has {place}: {others}.")
        else:
            super().__init__(
                f"Another verified season ticket has seats that read like {place}: {others}. If the venue has both"
                " rows, name them as distinct places in the admin first."
            )


class SeasonTicketTwinsUnconfirmed(DomainError, code="season_ticket_twins_unconfirmed"):
    """Other season tickets may be for the same seats, and nobody has said that they were looked at.

    `other_ids` are those that were not named.
    """

    def __init__(self, *, twins: str, other_ids: Sequence[UUID]) -> None:
        self.other_ids = tuple(other_ids)
        others = ", ".join(str(other) for other in other_ids)
        super().__init__(
            f"These may be the same seats as {twins}. Compare them, then confirm: {others}.", attr="confirmed_twins"
        )


class SeasonTicketNotVerified(DomainError, code="season_ticket_not_verified"):
    """Seats can be listed once staff have checked that they are the holder's."""

    def __init__(self, status: str) -> None:
        super().__init__(f"The season ticket is {status}; only a verified one can be listed.", attr="season_ticket")


class WithholdingRefused(ItemsRefused, code="withholding_refused"):
    """Games and seats that cannot be withheld or released, each with its place in the request."""


class EventAtHome(
    DomainError,
    code="event_at_home",
    says="This is not a home game of the team at another venue than its home venue.",
    attr="event",
):
    """Seats are entered for home games at another venue than the team's own."""


class SeatsElsewhereEntered(DomainError, code="seats_elsewhere_entered"):
    """The season ticket has seats at that game already."""

    def __init__(self, seats: str) -> None:
        super().__init__(f"The season ticket has seats there: {seats}. End those first.", attr="event")


class PlacesNotAlike(DomainError, code="places_not_alike", status=400):
    """Two places whose names do not read alike are distinct anyway, or they are one place."""
