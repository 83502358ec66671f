"""Blocks, games, holds, and listings in each of their states, for tests; made and moved by the services."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from apps.catalog.models import Event
from apps.common.acts import ChangeSource
from apps.common.testing.acts import act_of
from apps.listings.enums import HoldOwner, ListingMove, ListingStatus, TicketStatus
from apps.listings.models import Hold, Listing, Ticket
from apps.listings.rules.terms import NO_TERMS, ListingTerms
from apps.listings.services.lifecycle.choosing import SeatRequest
from apps.listings.services.lifecycle.holding import seats_hold
from apps.listings.services.lifecycle.moves import listing_move
from apps.listings.services.lifecycle.selling import SoldSeats, listing_seats_sell
from apps.listings.services.listings import listing_create
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.models import User

LISTED_AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
# How a listing that waits for staff gets to each other status.
WAYS: Final = {
    ListingStatus.PENDING: (),
    ListingStatus.LISTED: (ListingMove.APPROVE,),
    ListingStatus.DELISTING_REQUESTED: (ListingMove.APPROVE, ListingMove.REQUEST_DELISTING),
    ListingStatus.DELISTED: (ListingMove.WITHDRAW,),
    ListingStatus.DECLINED: (ListingMove.DECLINE,),
    ListingStatus.EXPIRED: (ListingMove.EXPIRE,),
    ListingStatus.SOLD: (ListingMove.APPROVE,),
}


def pending(
    *seats: str,
    block: SeasonTicket | None = None,
    event: Event | None = None,
    price_cents: int = 10_000,
    terms: ListingTerms = NO_TERMS,
    now: datetime = LISTED_AT,
) -> Listing:
    """Return a listing that waits for staff: of these seats, or of all seats of the block."""
    block = block or SeasonTicketFactory()
    new = listing_create(
        holder=block.holder,
        season_ticket_id=block.id,
        event_id=(event or home_game(block)).id,
        seats=seats or block.seats,
        price_cents=price_cents,
        terms=terms,
        act=act_of(block.holder.user, source=ChangeSource.API, now=now, reason=""),
    )
    return Listing.objects.get(id=new.id)


def on_sale(*seats: str, now: datetime = LISTED_AT, **listing: Any) -> Listing:
    """Return a `pending` listing that staff have approved."""
    return move(pending(*seats, now=now, **listing), ListingMove.APPROVE, now=now)


def move(
    listing: Listing,
    name: ListingMove,
    *,
    actor: User | None = None,
    source: ChangeSource = ChangeSource.ADMIN,
    now: datetime = LISTED_AT,
    reason: str = "For a test",
) -> Listing:
    """Make a move with a listing and return it."""
    act = act_of(actor, source=source, now=now, reason=reason)
    return listing_move(listing_id=listing.id, move=name, act=act)


def reach(listing: Listing, status: ListingStatus, *, now: datetime = LISTED_AT) -> Listing:
    """Bring a listing that waits for staff to a status, by the moves that lead there; sold, it has sold every seat."""
    for name in WAYS[status]:
        move(listing, name, now=now)
    if status == ListingStatus.SOLD:
        sell(listing, *(ticket.seat for ticket in listing.tickets.all()), now=now)
    return Listing.objects.get(id=listing.id)


def sell(
    listing: Listing, *seats: str, quantity: int | None = None, now: datetime | None = None, **more: Any
) -> SoldSeats:
    """Sell seats of a listing by name, or a quantity."""
    act = act_of(now=now, reason="")
    return listing_seats_sell(listing_id=listing.id, seats=seats or None, quantity=quantity, act=act, **more)


def statuses(listing: Listing) -> str:
    """Return the status of the listing and the first letters of those of its seats: `listed aas`."""
    seats = Ticket.objects.filter(listing=listing).order_by("position").values_list("status", flat=True)
    return f"{Listing.objects.get(id=listing.id).status} {''.join(status[0] for status in seats)}"


FIFTEEN = timedelta(minutes=15)


@transaction.atomic
def hold(
    listing: Listing,
    *seats: str,
    quantity: int | None = None,
    now: datetime | None = None,
    lasts: timedelta = FIFTEEN,
    owner_id: UUID | None = None,
) -> Hold:
    """Have a buyer hold seats of a listing on sale."""
    at = now or timezone.now()
    return seats_hold(
        requests=[SeatRequest(listing.id, seats or None, quantity)],
        owner_kind=HoldOwner.ORDER,
        owner_id=owner_id or uuid4(),
        expires_at=at + lasts,
        act=act_of(now=at),
    )[0]


def held_row(listing: Listing, *seats: str) -> Hold:
    """Write a hold into a listing of any status."""
    now = timezone.now()
    row = Hold.objects.create(
        listing=listing, owner_kind=HoldOwner.ORDER, owner_id=uuid4(), seats=list(seats),
        price_cents=listing.price_cents, held_at=now, expires_at=now + FIFTEEN,
    )  # fmt: skip
    Ticket.objects.filter(listing=listing, seat__in=seats).update(status=TicketStatus.HELD, hold=row)
    return row
