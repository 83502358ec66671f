"""What listings forbid to season tickets, and which withheld seats move along with a game."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from apps.catalog.api import begun
from apps.catalog.enums import EventStatus
from apps.catalog.models import Event
from apps.listings.enums import ACTIVE_TICKET_STATUSES, OPEN_LISTING_STATUSES, TicketStatus
from apps.listings.errors.listings import SeasonTicketInUse, SeatAlreadyListed
from apps.listings.models import Listing, Ticket
from apps.listings.rules.offers import PhysicalSeat
from apps.listings.selectors.tickets import seats_active
from apps.listings.services.offering import taken_problem
from apps.season_tickets.api import SeatBlock
from apps.season_tickets.api import withheld_seats_move as move_withheld
from apps.season_tickets.models import SeasonTicket


def unused_require(*, season_ticket_id: UUID, now: datetime) -> None:
    """Raise SeasonTicketInUse if a block has open listings, or seats sold or held for games to come."""
    open_listings, sold_seats = obligations_of(season_ticket_id=season_ticket_id, now=now)
    if open_listings or sold_seats:
        raise SeasonTicketInUse(open_listings=open_listings, sold_seats=sold_seats)


def unlisted_require(*, block: SeatBlock, events: Mapping[UUID, str], seats: Sequence[str]) -> None:
    """Raise SeatAlreadyListed, by game, if seats of a block are listed, held or sold; `events` are names by id."""
    place, general_admission = (block.section, block.row), block.general_admission_block
    there = {event: [PhysicalSeat(event, *place, seat, general_admission) for seat in seats] for event in events}
    active = seats_active([seat for wanted in there.values() for seat in wanted])
    taken = {event: [seat.seat for seat in wanted if seat in active] for event, wanted in there.items()}
    if active:
        problems = ((events[event], taken_problem(block, names)) for event, names in taken.items() if names)
        raise SeatAlreadyListed([problem.error(event=name) for name, problem in problems])


def withheld_seats_move(*, from_event: Event, to_event: Event) -> None:
    """Move the withheld seats of one event to another, but for those that are listed there, held or sold."""
    taken = Ticket.objects.filter(
        event=to_event,
        status__in=ACTIVE_TICKET_STATUSES,
        listing__season_ticket=OuterRef("season_ticket"),
        seat=OuterRef("seat"),
    )
    move_withheld(from_event=from_event, to_event=to_event, taken=taken)


def obligations_of(*, season_ticket_id: UUID, now: datetime) -> tuple[int, int]:
    """Return how many open listings a block has, at other venues too, and how many seats sold or held at games to come.

    A cancelled game does not count.

    The race: a sale is voided and its listing is open again. In two queries, the listing could be counted neither as
    open nor as sold; one statement sees either state.
    """
    to_come = ~begun(at=now, event="event__") & ~Q(event__status=EventStatus.CANCELLED)
    blocks = SeasonTicket.objects.filter(Q(id=season_ticket_id) | Q(elsewhere_of=season_ticket_id)).order_by()
    taken = Ticket.objects.filter(
        to_come, listing__season_ticket__in=blocks, status__in=(TicketStatus.SOLD, TicketStatus.HELD)
    )
    open_listings = Listing.objects.filter(season_ticket__in=blocks, status__in=OPEN_LISTING_STATUSES)
    block = SeasonTicket.objects.filter(id=season_ticket_id).order_by()
    counts: tuple[int, int] = block.values_list(_count_of(open_listings), _count_of(taken)).get()
    return counts


def _count_of(rows: QuerySet[Any]) -> Coalesce:
    count = rows.order_by().annotate(one=Value(1)).values("one").annotate(count=Count("*")).values("count")
    return Coalesce(Subquery(count), 0)
