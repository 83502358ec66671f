"""Seats are sold, and their listing with the last of them; when the sales are void, they come back.

Every sale takes seats here: those that nobody holds by `listing_seats_sell`, those of a hold by `holding.hold_sell`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.catalog.models import Event
from apps.common.acts import Act
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
from apps.listings.errors.sales import SeatNotForSale, SeatsNotReturnable
from apps.listings.locks import BLOCK_AND_GAME, listings_locked, tickets_locked
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.rules.seat_sales import move_after, sale_over_reason
from apps.listings.services.lifecycle.choosing import SeatRequest, require_seats, seat_names, seats_for_sale
from apps.listings.services.lifecycle.writing import Entry, moves_write, seats_write
from apps.listings.services.offering import active_once


@dataclass(frozen=True)
class SoldSeats:
    """What was sold: the listing as its lock showed it, the event with its venue, the seats, the price of each."""

    listing: Listing
    event: Event
    tickets: Sequence[Ticket]
    price_cents: int


@transaction.atomic
def listing_seats_sell(
    *,
    listing_id: UUID,
    seats: Sequence[str] | None,
    quantity: int | None,
    act: Act,
    sold_at: datetime | None = None,
    ignore_split_rule: bool = False,
) -> SoldSeats:
    """Mark seats of one listing as sold: those named as printed, or the best neighbours for a quantity.

    `sold_at` is when the buyer agreed (UTC), None: now; docs/sales.md says what is sold after the event has begun. A
    sale made elsewhere is a fact, whose seats `ignore_split_rule`. With the last seat the listing is sold; one that has
    expired, with its very last one. Six queries whatever the number of seats, and one more then.

    Raises:
        Listing.DoesNotExist: there is no such listing.
        SaleTimeRefused: `sold_at` lies in the future, before the listing was made, or not before the event.
        ListingNotForSale: the listing is not on sale; since when.
        SeatNotInListing: a name means no seat of the listing, or was named twice.
        SeatNotForSale: a seat is sold, held or withdrawn; since when.
        SplitNotAllowed: the seats are not neighbours, or the split rule forbids it; what is possible.
        ValueError: not exactly one of `seats` and `quantity`.
    """
    request = SeatRequest(listing_id, seats, quantity)
    locked = listings_locked([listing_id])
    if not locked:
        raise Listing.DoesNotExist
    listing, tickets = locked[0], tickets_locked([listing_id])
    listing.event = tickets[0].event
    late = _is_late(listing, act.at)
    chosen = seats_for_sale(
        request, listing, tickets, now=act.at, sold_at=sold_at or act.at, late=late, ignore_split_rule=ignore_split_rule
    )
    if late:
        with active_once(lambda: SeatNotForSale(["A seat is active in another listing of the event."])):
            seats_write(chosen, TicketMove.REACTIVATE, now=act.at)
    return seats_sold_write(listing, tickets, chosen, price_cents=listing.price_cents, act=act)


def seats_sold_write(
    listing: Listing, tickets: Sequence[Ticket], chosen: Sequence[Ticket], *, price_cents: int, act: Act
) -> SoldSeats:
    """Mark seats of a locked listing as sold, and the listing with the last of them; `tickets` are all of its seats."""
    seats_write(chosen, TicketMove.SELL, now=act.at)
    move = move_after(status=listing.status, seats={ticket.status for ticket in tickets}, over=None)
    sold = Entry(listing, ListingChange.SEATS, f"Sold: {seat_names(chosen)}")
    moves_write({move: [listing]} if move else {}, act, seats=[sold])
    return SoldSeats(listing, tickets[0].event, chosen, price_cents)


def _is_late(listing: Listing, now: datetime) -> bool:
    """Return whether a sale from before the start is recorded after it, when unsold seats are already off sale."""
    if listing.status not in {ListingStatus.EXPIRED, ListingStatus.SOLD}:
        return False
    event = listing.event
    if sale_over_reason(status=event.status, starts_at=event.starts_at, at=now) is not ClosedReason.BEGUN:
        return False
    if listing.status == ListingStatus.SOLD:  # what is withdrawn there was sold, and the sale is void
        return True
    moves = ListingEvent.objects.filter(listing=listing, change=ListingChange.STATUS).order_by("-id")
    return moves.values_list("from_status", flat=True)[0] in SELLABLE_LISTING_STATUSES | {ListingStatus.SOLD}


# Where seats of a void sale can go back to: on sale, or sold out.
_RETURNABLE: Final = SELLABLE_LISTING_STATUSES | LISTING_MOVES[ListingMove.RETURN_SEATS].begins


@transaction.atomic
def listing_seats_return(*, ticket_ids: Collection[UUID], to_sale: bool, act: Act) -> set[UUID]:
    """Take sold seats back, because their sales are void; return which of them are on sale again.

    With `to_sale` they are where the listing is on sale or sold out; a listing that is sold out is on sale with them.
    All others are withdrawn: nobody sells them here, the holder can list them again; a sold listing that has no sold
    seat any more is delisted, or expired when the event has begun. Queries do not grow with the seats.

    Raises:
        SeatsNotReturnable: they are to be on sale, and the event has begun, is cancelled or at another venue.
        SeatNotForSale: a seat is not sold.
    """
    listing_ids = set(Ticket.objects.filter(id__in=ticket_ids).order_by().values_list("listing_id", flat=True))
    listings = {listing.id: listing for listing in listings_locked(listing_ids, *BLOCK_AND_GAME)}
    seats = tickets_locked(listing_ids)
    for seat in seats:  # the event that came with the listing may be older than a cancellation
        listings[seat.listing_id].event = seat.event
    tickets = [seat for seat in seats if seat.id in ticket_ids]
    require_seats(tickets, TicketStatus.SOLD, act.at)
    over = {
        listing.id: sale_over_reason(status=listing.event.status, starts_at=listing.event.starts_at, at=act.at)
        for listing in listings.values()
    }
    for listing in listings.values() if to_sale else ():
        if reason := over[listing.id]:
            raise SeatsNotReturnable(reason)
        if venue := listing.other_venue:
            raise SeatsNotReturnable(f"is at {venue}, where these seats are not")
    returned = [ticket for ticket in tickets if to_sale and listings[ticket.listing_id].status in _RETURNABLE]
    withdrawn = [ticket for ticket in tickets if ticket not in returned]
    seats_write(returned, TicketMove.RETURN, now=act.at)
    seats_write(withdrawn, TicketMove.TAKE_BACK, now=act.at)
    entries = [
        Entry(listing, ListingChange.SEATS, f"Sale void, {words}: {seat_names(own)}")
        for listing in listings.values()
        for group, words in ((returned, "back on sale"), (withdrawn, "withdrawn"))
        if (own := [ticket for ticket in group if ticket.listing_id == listing.id])
    ]
    moves: dict[ListingMove, list[Listing]] = {}
    for listing in listings.values():
        left = {seat.status for seat in seats if seat.listing_id == listing.id}
        move = move_after(status=listing.status, seats=left, over=over[listing.id])
        if move and listing.status == ListingStatus.SOLD:
            moves.setdefault(move, []).append(listing)
    moves_write(moves, act, seats=entries)
    return {ticket.id for ticket in returned}
