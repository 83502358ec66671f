"""Seats are sold, and come back when a sale is void; the listing follows.

Every way of selling, staff's records of outside sales and later the shop, takes seats by these functions.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.catalog.models import Event
from apps.common.text import normalise_printed
from apps.listings.enums import (
    LISTING_MOVES,
    SELLABLE_LISTING_STATUSES,
    TICKET_MOVES,
    EventSource,
    ListingChange,
    ListingMove,
    ListingStatus,
    TicketMove,
    TicketStatus,
)
from apps.listings.errors.sales import (
    ListingNotForSale,
    SaleTimeRefused,
    SeatNotForSale,
    SeatNotInListing,
    SeatsNotReturnable,
    SplitNotAllowed,
)
from apps.listings.locks import listings_locked, tickets_locked
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.rules.seat_sales import (
    chosen_positions,
    listing_refusal,
    sale_over_reason,
    sale_time_problem,
    seat_refusal,
    split_refusal,
)
from apps.listings.rules.split_rules import SplitRule
from apps.listings.services.new_listings import is_seat_taken
from apps.listings.services.seat_history import return_write, sale_write
from apps.users.models import User

_UNSOLD: Final = frozenset({TicketStatus.AVAILABLE.value, TicketStatus.HELD.value})
# Where seats of a void sale can go back to: on sale, or sold out.
_RETURNABLE: Final = SELLABLE_LISTING_STATUSES | LISTING_MOVES[ListingMove.RETURN_SEATS][0]


@dataclass(frozen=True)
class SoldSeats:
    """What was sold: the listing as its lock showed it, price included, the event with its venue, the seats."""

    listing: Listing
    event: Event
    tickets: Sequence[Ticket]


@transaction.atomic
def listing_seats_sell(
    *,
    listing_id: UUID,
    seats: Sequence[str] | None,
    quantity: int | None,
    actor: User | None,
    source: EventSource,
    now: datetime,
    sold_at: datetime | None = None,
    ignore_split_rule: bool = False,
    from_held: bool = False,
) -> SoldSeats:
    """Mark seats of one listing as sold: those named, or those that suit a quantity best.

    With the last seat the listing is sold; one that has expired, with its very last one. Five queries whatever the
    number of seats, and one more then.

    Args:
        listing_id: of a listing on sale; docs/sales.md tells when one whose event has begun will do.
        seats: names as printed; or None, and `quantity` says how many neighbours to choose.
        quantity: how many seats; None when they are named.
        actor: who sells.
        source: through which door.
        now: the time of the request (UTC).
        sold_at: when the buyer agreed (UTC); None: now.
        ignore_split_rule: the sale was made elsewhere and is a fact.
        from_held: the seats named are held for this buyer; the split rule counted when they were.

    Raises:
        Listing.DoesNotExist: there is no such listing.
        SaleTimeRefused: `sold_at` lies in the future, before the listing was made, or not before the event.
        ListingNotForSale: the listing is not on sale; since when.
        SeatNotInListing: a name means no seat of the listing, or was named twice.
        SeatNotForSale: a seat is sold, held or withdrawn; since when.
        SplitNotAllowed: the seats are not neighbours, or the split rule forbids it; what is possible.
        ValueError: not exactly one of `seats` and `quantity`, or a quantity of held seats.
    """
    if (seats is None) == (quantity is None) or (from_held and seats is None):
        raise ValueError("name seats, or a quantity of seats that nobody holds")
    locked = listings_locked([listing_id])
    if not locked:
        raise Listing.DoesNotExist
    listing, tickets = locked[0], tickets_locked([listing_id])
    event = tickets[0].event
    late = _is_late(listing, event, now)
    wanted = _named(tickets, seats) if seats is not None else None
    _require_for_sale(listing, event, wanted, late=late, now=now)
    _require_time(event, sold_at or now, listed_at=tickets[0].listed_at, now=now)  # type: ignore[attr-defined]  # annotated
    status = TicketStatus.WITHDRAWN if late else TicketStatus.HELD if from_held else TicketStatus.AVAILABLE
    pool = [ticket for ticket in tickets if ticket.status == status]
    if wanted is None:
        chosen = _chosen(listing, pool, quantity or 0, ignore_split_rule=ignore_split_rule)
    else:
        _require_status(wanted, status, now)
        if not (ignore_split_rule or from_held):
            _require_split(listing, pool, wanted)
        chosen = wanted
    _sell(chosen, late=late, now=now)
    move = _move_after(tickets, late=late)
    sale_write(listing=listing, sold=chosen, move=move, actor=actor, source=source, now=now)
    return SoldSeats(listing, event, chosen)


@transaction.atomic
def listing_seats_return(
    *, ticket_ids: Collection[UUID], to_sale: bool, actor: User | None, source: EventSource, now: datetime
) -> set[UUID]:
    """Take sold seats back, because their sales are void; return which of them are on sale again.

    With `to_sale` they are where the listing is on sale or sold out; a listing that is sold out is on sale with them.
    All others are withdrawn: nobody sells them here, the holder can list them anew; a sold listing that has no sold
    seat any more is delisted, or expired when the event has begun. Queries do not grow with the seats.

    Raises:
        SeatsNotReturnable: they are to be on sale, and the event has begun, is cancelled or at another venue.
        SeatNotForSale: a seat is not sold.
    """
    listing_ids = set(Ticket.objects.filter(id__in=ticket_ids).order_by().values_list("listing_id", flat=True))
    listings = {listing.id: listing for listing in listings_locked(listing_ids)}
    seats = tickets_locked(listing_ids)
    tickets = [ticket for ticket in seats if ticket.id in ticket_ids]
    _require_status(tickets, TicketStatus.SOLD, now)
    events = {ticket.event_id: ticket.event for ticket in tickets}
    for event in events.values() if to_sale else ():
        if reason := sale_over_reason(status=event.status, starts_at=event.starts_at, at=now):
            raise SeatsNotReturnable(reason)
    for ticket in tickets if to_sale else ():
        listings[ticket.listing_id].event = ticket.event  # the newer of the two
        if venue := listings[ticket.listing_id].other_venue:
            raise SeatsNotReturnable(f"is at {venue}, where these seats are not")
    returned = [ticket for ticket in tickets if to_sale and listings[ticket.listing_id].status in _RETURNABLE]
    withdrawn = [ticket for ticket in tickets if ticket not in returned]
    _move(returned, TicketMove.RETURN, now)
    _move(withdrawn, TicketMove.WITHDRAW, now)
    return_write(
        listings=listings,
        events=events,
        returned=returned,
        withdrawn=withdrawn,
        unsold=listing_ids - {ticket.listing_id for ticket in seats if ticket.status == TicketStatus.SOLD},
        actor=actor,
        source=source,
        now=now,
    )
    return {ticket.id for ticket in returned}


def _is_late(listing: Listing, event: Event, now: datetime) -> bool:
    """Tell whether a sale of before the start is recorded after it: the timer has taken unsold seats off sale since."""
    if listing.status not in {ListingStatus.EXPIRED, ListingStatus.SOLD}:
        return False
    if sale_over_reason(status=event.status, starts_at=event.starts_at, at=now) != "has begun":
        return False
    if listing.status == ListingStatus.SOLD:  # what is withdrawn there was sold, and the sale is void
        return True
    moves = ListingEvent.objects.filter(listing=listing, change=ListingChange.STATUS).order_by("-id")
    return moves.values_list("from_status", flat=True)[0] in SELLABLE_LISTING_STATUSES | {ListingStatus.SOLD}


def _move_after(tickets: Iterable[Ticket], *, late: bool) -> ListingMove | None:
    left = {ticket.status for ticket in tickets} - {TicketStatus.SOLD}
    if late:  # what was withdrawn by the timer was not sold
        return None if left else ListingMove.SELL_LATE
    return None if left & _UNSOLD else ListingMove.SELL_OUT


def _named(tickets: Iterable[Ticket], seats: Sequence[str]) -> list[Ticket]:
    known = {ticket.seat: ticket for ticket in tickets}
    wanted, problems = list[Ticket](), dict[int, str]()
    for index, seat in enumerate(map(normalise_printed, seats)):
        if seat not in known:
            problems[index] = f"Seat {seat} is not in the listing."
        elif known[seat] in wanted:
            problems[index] = f"Seat {seat} is named twice."
        else:
            wanted.append(known[seat])
    if problems:
        raise SeatNotInListing(problems)
    return sorted(wanted, key=lambda ticket: ticket.position)


def _require_for_sale(
    listing: Listing, event: Event, wanted: Sequence[Ticket] | None, *, late: bool, now: datetime
) -> None:
    over = sale_over_reason(status=event.status, starts_at=event.starts_at, at=now)
    if over == "is cancelled":
        raise ListingNotForSale("The listing is not for sale: the event is cancelled.")
    if late or listing.status in SELLABLE_LISTING_STATUSES:
        return
    if listing.status == ListingStatus.SOLD and wanted:  # who lost the race for a seat is told about the seat
        _require_status([ticket for ticket in wanted if ticket.status == TicketStatus.SOLD], None, now)
    raise ListingNotForSale(
        listing_refusal(label=listing.get_status_display(), since=listing.status_changed_at, now=now)
    )


def _require_time(event: Event, sold_at: datetime, *, listed_at: datetime, now: datetime) -> None:
    if problem := sale_time_problem(sold_at=sold_at, listed_at=listed_at, now=now):
        raise SaleTimeRefused(problem)
    if sale_over_reason(status=event.status, starts_at=event.starts_at, at=sold_at):
        start = event.starts_at.isoformat(timespec="seconds")
        raise SaleTimeRefused(f"The event began at {start}; a seat is sold before that.")


def _require_status(tickets: Iterable[Ticket], status: TicketStatus | None, now: datetime) -> None:
    sentences = [
        seat_refusal(
            place=f"Section {ticket.section}, row {ticket.row}, seat {ticket.seat}",
            status=ticket.status,
            since=ticket.updated_at,  # a seat changes by its status only; this is told, nothing depends on it
            now=now,
        )
        for ticket in tickets
        if ticket.status != status
    ]
    if sentences:
        raise SeatNotForSale(sentences)


def _chosen(listing: Listing, pool: Sequence[Ticket], quantity: int, *, ignore_split_rule: bool) -> list[Ticket]:
    chosen = chosen_positions(
        positions=[ticket.position for ticket in pool],
        quantity=quantity,
        rule=SplitRule.ANY if ignore_split_rule else SplitRule(listing.split_rule),
        custom=listing.custom_quantities,
        general_admission=_is_general_admission(pool),
    )
    if isinstance(chosen, str):
        raise SplitNotAllowed(chosen, attr="quantity")
    return [ticket for ticket in pool if ticket.position in chosen]


def _require_split(listing: Listing, pool: Sequence[Ticket], wanted: Sequence[Ticket]) -> None:
    refusal = split_refusal(
        positions=[ticket.position for ticket in pool],
        wanted=[ticket.position for ticket in wanted],
        rule=SplitRule(listing.split_rule),
        custom=listing.custom_quantities,
        general_admission=_is_general_admission(pool),
    )
    if refusal:
        raise SplitNotAllowed(refusal, attr="seats")


def _is_general_admission(tickets: Sequence[Ticket]) -> bool:
    return any(ticket.general_admission_block for ticket in tickets)


def _sell(tickets: Sequence[Ticket], *, late: bool, now: datetime) -> None:
    if late:
        try:
            with transaction.atomic():
                _move(tickets, TicketMove.REACTIVATE, now)
        except IntegrityError as error:
            if not is_seat_taken(error):
                raise
            raise SeatNotForSale(["A seat is active in another listing of the event."]) from error
    _move(tickets, TicketMove.SELL, now)


def _move(tickets: Sequence[Ticket], move: TicketMove, now: datetime) -> None:
    if not tickets:
        return
    before, after = TICKET_MOVES[move]
    rows = Ticket.objects.filter(id__in=[ticket.id for ticket in tickets], status__in=before)
    if rows.update(status=after, updated_at=now) != len(tickets):
        raise SeatNotForSale(["A seat was taken by somebody else just now. Try again."])
    for ticket in tickets:
        ticket.status, ticket.updated_at = after, now
