"""Sales and what becomes of them, and changes of events, for tests."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from apps.catalog.models import Event
from apps.common.acts import ChangeSource
from apps.listings.models import Listing
from apps.orders.models import Sale
from apps.orders.services.event_changes import EventChanged, event_cancel, event_postpone, event_reschedule
from apps.orders.services.sale_changes import sales_deliver, sales_void
from apps.orders.services.sales import sale_record

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
# When games of 2040 are postponed, rescheduled and cancelled.
CHANGED_AT = datetime(2040, 1, 1, 12, tzinfo=UTC)

BY_STAFF: Final = {"actor": None, "source": ChangeSource.ADMIN}


def record(listing: Listing, *seats: str, quantity: int | None = None, **fields: Any) -> list[Sale]:
    """Record a sale of seats by name, or of a quantity."""
    call = {
        "marketplace": "stubhub", "invoice_number": "INV-7", "customer_reference": "Fan 7", "price_cents": None,
        "actor": None, "source": ChangeSource.API, "now": NOW, "allow_duplicate_invoice": True,
    }  # fmt: skip
    return sale_record(listing_id=listing.id, seats=seats or None, quantity=quantity, **{**call, **fields})


def void(sales: Sequence[Sale], *, return_seats: bool = True, **fields: Any) -> list[Sale]:
    """Make sales void."""
    call = {"reason": "Buyer's card was refused", "actor": None, "source": ChangeSource.API, "now": NOW}
    return sales_void(sale_ids=[sale.id for sale in sales], return_seats=return_seats, **{**call, **fields})


def deliver(sales: Sequence[Sale], *, now: datetime = NOW) -> list[Sale]:
    """Deliver the tickets of sales."""
    return sales_deliver(sale_ids=[sale.id for sale in sales], now=now)


def postpone(event: Event, *, note: str = "Rain", now: datetime = NOW, **fields: Any) -> EventChanged:
    """Postpone an event."""
    return event_postpone(event_id=event.id, note=note, now=now, **{**BY_STAFF, **fields})


def reschedule(
    event: Event, *, starts_at: datetime, note: str = "Rain", now: datetime = NOW, **fields: Any
) -> EventChanged:
    """Give an event another start, or another venue with `venue_id`."""
    return event_reschedule(event_id=event.id, starts_at=starts_at, note=note, now=now, **{**BY_STAFF, **fields})


def cancel(event: Event, *, note: str = "No stadium", now: datetime = NOW, **fields: Any) -> EventChanged:
    """Cancel an event."""
    return event_cancel(event_id=event.id, note=note, now=now, **{**BY_STAFF, **fields})


def begin(event: Event, *, at: datetime) -> None:
    """Let an event begin at `at`: time passes, so no service is asked."""
    Event.objects.filter(id=event.id).update(starts_at=at)
