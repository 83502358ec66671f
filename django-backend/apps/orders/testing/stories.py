"""Sales and what becomes of them, and changes of events, for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from apps.catalog.models import Event
from apps.common.acts import ChangeSource
from apps.common.testing.acts import act_of
from apps.listings.models import Listing
from apps.orders.models import Sale
from apps.orders.services.event_changes import EventChanged, event_postpone, event_reschedule
from apps.orders.services.sale_changes import sales_deliver, sales_void
from apps.orders.services.sales import sale_record
from apps.users.models import User

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
# When games of 2040 are postponed, rescheduled and cancelled.
CHANGED_AT = datetime(2040, 1, 1, 12, tzinfo=UTC)


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


def deliver(sales: Sequence[Sale], *, now: datetime = NOW) -> list[Sale]:
    """Deliver the tickets of sales."""
    return sales_deliver(sale_ids=[sale.id for sale in sales], now=now)


def postpone(event: Event, *, note: str = "Rain", now: datetime = NOW) -> EventChanged:
    """Postpone an event."""
    return event_postpone(event_id=event.id, act=act_of(now=now, reason=note))


def reschedule(event: Event, *, starts_at: datetime, note: str = "Rain", now: datetime = NOW) -> EventChanged:
    """Give an event another start."""
    return event_reschedule(event_id=event.id, starts_at=starts_at, act=act_of(now=now, reason=note))
