"""What became of each seat of a block at one game: values in, values out."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from apps.listings.enums import TicketStatus


class ActiveSeat(NamedTuple):
    """A seat that is on offer or sold; `own` says through the block that is asked about."""

    seat: str
    status: str
    listing_id: str
    listing_status: str
    own: bool


class ListedSeats(NamedTuple):
    """Seats of the block on offer through one listing."""

    listing_id: str
    status: str
    seats: list[str]


class GameSeats(NamedTuple):
    """The seats of a block at a game, each in exactly one of the five."""

    free: list[str]
    withheld: list[str]
    listed: list[ListedSeats]
    sold: list[str]
    listed_elsewhere: list[str]


def game_seats(*, block: Sequence[str], active: Iterable[ActiveSeat], withheld: AbstractSet[str]) -> GameSeats:
    """Return what became of the seats of a block, each list in the order of the block.

    What is on offer or sold tells more than what is withheld. A seat that is active through another block, sold or not,
    is listed elsewhere: the holder cannot list it.
    """
    found = {ticket.seat: ticket for ticket in active}
    result = GameSeats([], [], [], [], [])
    listings = dict[str, ListedSeats]()
    for seat in block:
        ticket = found.get(seat)
        if ticket is None:
            (result.withheld if seat in withheld else result.free).append(seat)
        elif not ticket.own:
            result.listed_elsewhere.append(seat)
        elif ticket.status == TicketStatus.SOLD.value:
            result.sold.append(seat)
        else:
            listing = ListedSeats(ticket.listing_id, ticket.listing_status, [])
            listings.setdefault(ticket.listing_id, listing).seats.append(seat)
    result.listed.extend(listings.values())
    return result
