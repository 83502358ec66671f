"""Listings on sale and their sales, for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from apps.catalog.models import Event
from apps.common.acts import Act, ChangeSource
from apps.common.testing.acts import act_of
from apps.listings.enums import ListingMove
from apps.listings.models import Listing, SeasonTicket, Ticket
from apps.listings.rules.terms import NO_TERMS, ListingTerms
from apps.listings.services.lifecycle.moves import listing_move
from apps.listings.services.listings import listing_create
from apps.listings.tests.factories import SeasonTicketFactory, home_game
from apps.orders.models import Sale
from apps.orders.services.sale_changes import sales_void
from apps.orders.services.sales import sale_record
from apps.users.models import User
from apps.users.tests.factories import UserFactory

LISTED_AT = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)


def on_sale(
    *seats: str,
    block: SeasonTicket | None = None,
    event: Event | None = None,
    price_cents: int = 10_000,
    terms: ListingTerms = NO_TERMS,
    approved: bool = True,
) -> Listing:
    """Return a listing of seats, all of the block's without names, that staff have approved."""
    block = block or SeasonTicketFactory()
    listing = Listing.objects.get(
        id=listing_create(
            holder=block.holder,
            season_ticket_id=block.id,
            event_id=(event or home_game(block)).id,
            seats=seats or block.seats,
            price_cents=price_cents,
            terms=terms,
            act=Act(block.holder.user.id, ChangeSource.API, LISTED_AT),
        )
    )
    return move(listing, ListingMove.APPROVE) if approved else listing


def move(listing: Listing, wish: ListingMove, *, now: datetime = LISTED_AT) -> Listing:
    """Make a move with a listing and return it."""
    return listing_move(listing_id=listing.id, move=wish, act=act_of(now=now))


def record(
    listing: Listing,
    *seats: str,
    quantity: int | None = None,
    actor: User | None = None,
    now: datetime = NOW,
    **changes: Any,
) -> list[Sale]:
    """Record a sale of seats by name, or of a quantity."""
    call = {
        "marketplace": "stubhub", "invoice_number": "INV-7", "customer_reference": "Fan 7", "price_cents": None,
        "act": act_of(actor, source=ChangeSource.API, now=now), "allow_duplicate_invoice": True,
    }  # fmt: skip
    return sale_record(listing_id=listing.id, seats=seats or None, quantity=quantity, **{**call, **changes})


def void(
    sales: Sequence[Sale],
    *,
    return_seats: bool = True,
    actor: User | None = None,
    now: datetime = NOW,
    reason: str = "Buyer's card was refused",
) -> list[Sale]:
    """Make sales void."""
    act = act_of(actor, source=ChangeSource.API, now=now, reason=reason)
    return sales_void(sale_ids=[sale.id for sale in sales], return_seats=return_seats, act=act)


def statuses(listing: Listing) -> str:
    """Return the status of the listing and the first letters of those of its seats: `listed aas`."""
    seats = Ticket.objects.filter(listing=listing).order_by("position").values_list("status", flat=True)
    return f"{Listing.objects.get(id=listing.id).status} {''.join(status[0] for status in seats)}"


def begin(event: Event, *, at: datetime) -> None:
    """Let an event begin at `at`."""
    Event.objects.filter(id=event.id).update(starts_at=at)


def staff() -> User:
    """Return a member of staff who may do everything."""
    return UserFactory(superuser=True)
