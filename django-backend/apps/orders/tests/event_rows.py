"""Listings and sales at an event, for tests of its changes."""

from collections.abc import Sequence
from datetime import UTC, datetime

from apps.catalog.models import Event
from apps.common.acts import Act, ChangeSource
from apps.common.ids import uuid7
from apps.common.testing.acts import act_of
from apps.listings.enums import ListingMove, ListingStatus, TicketStatus
from apps.listings.models import Listing, SeasonTicket, Ticket
from apps.listings.services.lifecycle.moves import listing_move
from apps.listings.services.listings import listing_create
from apps.listings.tests.factories import SeasonTicketFactory
from apps.orders.models import Marketplace, Sale
from apps.users.tests.factories import UserFactory

NOW = datetime(2040, 1, 1, 12, tzinfo=UTC)


def block_at(event: Event, **fields: object) -> SeasonTicket:
    """Return a verified block of the event's home team, of a holder of its own."""
    return SeasonTicketFactory(season=event.season, team=event.home_team, **fields)


def listed(event: Event, season_ticket: SeasonTicket, *seats: str, now: datetime = NOW) -> Listing:
    """Return an approved listing of seats at the event, for $100 each."""
    listing = Listing.objects.get(
        id=listing_create(
            holder=season_ticket.holder,
            season_ticket_id=season_ticket.id,
            event_id=event.id,
            seats=seats,
            price_cents=10_000,
            act=Act(season_ticket.holder.user.id, ChangeSource.API, now),
        )
    )
    return listing_move(listing_id=listing.id, move=ListingMove.APPROVE, act=act_of(UserFactory(staff=True), now=now))


def sold(listing: Listing, seats: Sequence[str], **fields: object) -> list[Sale]:
    """Sell seats of a listing for $100 each, 20 % of it the commission; a listing without a seat left is sold."""
    tickets = Ticket.objects.filter(listing=listing, seat__in=seats)
    batch, marketplace = uuid7(), Marketplace.objects.first()
    sales = [
        Sale.objects.create(
            ticket=ticket,
            listing=listing,
            event=listing.event,
            holder=listing.holder,
            marketplace=marketplace,
            batch_id=batch,
            invoice_number="1",
            price_cents=10_000,
            currency="USD",
            rate_bps=2_000,
            rate_rule="default",
            commission_cents=2_000,
            payout_cents=8_000,
            explanation={},
            sold_at=NOW,
            source=ChangeSource.ADMIN,
            **fields,
        )
        for ticket in tickets
    ]
    tickets.update(status=TicketStatus.SOLD)
    if not Ticket.objects.filter(listing=listing, status=TicketStatus.AVAILABLE).exists():
        Listing.objects.filter(id=listing.id).update(status=ListingStatus.SOLD)
    return sales
