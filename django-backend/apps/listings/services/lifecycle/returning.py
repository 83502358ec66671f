"""Seats come back when their sales are void, and their listings with them."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.common.acts import Act
from apps.listings.enums import (
    LISTING_MOVES,
    SELLABLE_LISTING_STATUSES,
    ListingChange,
    ListingMove,
    ListingStatus,
    TicketMove,
    TicketStatus,
)
from apps.listings.errors.sales import SeatsNotReturnable
from apps.listings.locks import listings_locked, tickets_locked
from apps.listings.models import Listing, Ticket
from apps.listings.rules.seat_sales import move_after, sale_over_reason
from apps.listings.services.lifecycle.choosing import require_seats, seat_names
from apps.listings.services.lifecycle.writing import Entry, moves_write, seats_write

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
    listings = {listing.id: listing for listing in listings_locked(listing_ids)}
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
