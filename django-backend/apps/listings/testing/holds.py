"""Holds for tests."""

from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.utils import timezone

from apps.common.testing.acts import act_of
from apps.listings.enums import HoldOwner, TicketStatus
from apps.listings.models import Hold, Listing, Ticket
from apps.listings.services.lifecycle.choosing import SeatRequest
from apps.listings.services.lifecycle.holding import seats_hold

FIFTEEN = timedelta(minutes=15)


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
    """Write a hold as it would be in a listing whatever its status."""
    now = timezone.now()
    row = Hold.objects.create(
        listing=listing, owner_kind=HoldOwner.ORDER, owner_id=uuid4(), seats=list(seats),
        price_cents=listing.price_cents, held_at=now, expires_at=now + FIFTEEN,
    )  # fmt: skip
    Ticket.objects.filter(listing=listing, seat__in=seats).update(status=TicketStatus.HELD, hold=row)
    return row
