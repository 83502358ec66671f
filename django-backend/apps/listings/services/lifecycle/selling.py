"""Seats are sold, and their listing with the last of them.

Every way of selling, staff's records of outside sales and later the shop, takes seats by this function.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.catalog.enums import EventStatus
from apps.catalog.models import Event
from apps.common.acts import Act
from apps.common.text import normalise_printed
from apps.listings.enums import (
    LISTING_MOVES,
    SELLABLE_LISTING_STATUSES,
    ClosedReason,
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
from apps.listings.services.lifecycle.writing import Entry, moves_write, seats_write
from apps.listings.services.offering import active_once

_UNSOLD: Final = frozenset({TicketStatus.AVAILABLE.value, TicketStatus.HELD.value})


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
    act: Act,
    sold_at: datetime | None = None,
    ignore_split_rule: bool = False,
    from_held: bool = False,
) -> SoldSeats:
    """Mark seats of one listing as sold: those named, or those that suit a quantity best.

    With the last seat the listing is sold; one that has expired, with its very last one. Five queries whatever the
    number of seats, and one more then.

    Args:
        listing_id: of a listing on sale; docs/sales.md says when one whose event has begun is accepted.
        seats: names as printed; or None, and `quantity` says how many neighbours to choose.
        quantity: how many seats; None when they are named.
        act: who sells; its time is that of the request.
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
    event, now = tickets[0].event, act.at
    late = _is_late(listing, event, now)
    wanted = _named(tickets, seats) if seats is not None else None
    _require_for_sale(listing, event, wanted, late=late, now=now)
    _require_time(event, sold_at or now, listed_at=tickets[0].listed_at, now=now)  # type: ignore[attr-defined]  # annotated
    status = TicketStatus.WITHDRAWN if late else TicketStatus.HELD if from_held else TicketStatus.AVAILABLE
    pool = [ticket for ticket in tickets if ticket.status == status]
    if wanted is None:
        chosen = _chosen(listing, pool, quantity or 0, ignore_split_rule=ignore_split_rule)
    else:
        require_seats(wanted, status, now)
        if not (ignore_split_rule or from_held):
            _require_split(listing, pool, wanted)
        chosen = wanted
    _sell(chosen, late=late, now=now)
    move = _move_after(listing, tickets, late=late)
    sold = Entry(listing, ListingChange.SEATS, f"Sold: {seat_names(chosen)}")
    moves_write({move: [listing]} if move else {}, act, seats=[sold])
    return SoldSeats(listing, event, chosen)


def _is_late(listing: Listing, event: Event, now: datetime) -> bool:
    """Tell whether a sale of before the start is recorded after it: the timer has taken unsold seats off sale since."""
    if listing.status not in {ListingStatus.EXPIRED, ListingStatus.SOLD}:
        return False
    if sale_over_reason(status=event.status, starts_at=event.starts_at, at=now) is not ClosedReason.BEGUN:
        return False
    if listing.status == ListingStatus.SOLD:  # what is withdrawn there was sold, and the sale is void
        return True
    moves = ListingEvent.objects.filter(listing=listing, change=ListingChange.STATUS).order_by("-id")
    return moves.values_list("from_status", flat=True)[0] in SELLABLE_LISTING_STATUSES | {ListingStatus.SOLD}


def _move_after(listing: Listing, tickets: Iterable[Ticket], *, late: bool) -> ListingMove | None:
    # Late, the seats that the timer has withdrawn were not sold.
    left = {ticket.status for ticket in tickets} & (_UNSOLD | {TicketStatus.WITHDRAWN} if late else _UNSOLD)
    move = ListingMove.SELL_LATE if late else ListingMove.SELL_OUT
    return None if left or listing.status not in LISTING_MOVES[move].begins else move


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
    if event.status == EventStatus.CANCELLED:
        raise ListingNotForSale("The listing is not for sale: the event is cancelled.")
    if late or listing.status in SELLABLE_LISTING_STATUSES:
        return
    if listing.status == ListingStatus.SOLD and wanted:  # who lost the race for a seat hears which seat it was
        require_seats([ticket for ticket in wanted if ticket.status == TicketStatus.SOLD], None, now)
    raise ListingNotForSale(
        listing_refusal(label=listing.get_status_display(), since=listing.status_changed_at, now=now)
    )


def _require_time(event: Event, sold_at: datetime, *, listed_at: datetime, now: datetime) -> None:
    if problem := sale_time_problem(sold_at=sold_at, listed_at=listed_at, now=now):
        raise SaleTimeRefused(problem)
    if sale_over_reason(status=event.status, starts_at=event.starts_at, at=sold_at):
        start = event.starts_at.isoformat(timespec="seconds")
        raise SaleTimeRefused(f"The event began at {start}; a seat is sold before that.")


def require_seats(tickets: Iterable[Ticket], status: TicketStatus | None, now: datetime) -> None:
    """Raise SeatNotForSale, which says of each seat what it is and since when, unless all have the status."""
    sentences = [
        seat_refusal(
            place=f"Section {ticket.section}, row {ticket.row}, seat {ticket.seat}",
            status=ticket.status,
            since=ticket.updated_at,  # a seat changes by its status only; no rule depends on it
            now=now,
        )
        for ticket in tickets
        if ticket.status != status
    ]
    if sentences:
        raise SeatNotForSale(sentences)


def seat_names(tickets: Sequence[Ticket]) -> str:
    """Return seats as the history names them: `seat 1`, `seats 1, 2`."""
    return f"seat{'s' if len(tickets) > 1 else ''} {', '.join(ticket.seat for ticket in tickets)}"


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
        with active_once(lambda: SeatNotForSale(["A seat is active in another listing of the event."])):
            seats_write(tickets, TicketMove.REACTIVATE, now=now)
    seats_write(tickets, TicketMove.SELL, now=now)
