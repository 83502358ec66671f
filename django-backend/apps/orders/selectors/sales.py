"""Reads of sales, each scoped to who asks, as rows of plain values."""

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Count, QuerySet

from apps.catalog.api import EventUses
from apps.listings.api import open_listings_by_event, payable
from apps.listings.enums import TicketStatus
from apps.listings.models import Ticket
from apps.orders.enums import HOUSE
from apps.orders.models import Marketplace, Sale
from apps.users.models import User

_COLUMNS: Final = (
    "id", "batch_id", "listing_id", "event_id", "event__name", "event__label", "event__starts_at", "event__status",
    "event__date_tbd", "event__venue__timezone", "ticket__section", "ticket__row", "ticket__seat", "marketplace__code",
    "marketplace__name", "price_cents", "currency", "rate_bps", "rate_rule", "commission_cents", "payout_cents",
    "explanation", "sold_at", "delivery_status", "delivered_at", "refund_due_at", "voided_at", "seat_returned",
)  # fmt: skip
# What holders never see.
_STAFF_COLUMNS: Final = (
    *_COLUMNS, "holder_id", "invoice_number", "customer_reference", "source", "recorded_by__email", "voided_by__email",
    "void_reason",
)  # fmt: skip

# A sale and its relations have ninety columns; the ORM needs longer for them than PostgreSQL.
_IN_MAILS: Final = (
    "price_cents", "currency", "commission_cents", "payout_cents", "voided_at", "seat_returned", "ticket__section",
    "ticket__row", "ticket__seat", "holder__user_id", "marketplace__name", "event__label", "event__starts_at",
    "event__time_tbd", "event__date_tbd", "event__status", "event__venue__name", "event__venue__city",
    "event__venue__timezone",
)  # fmt: skip


def sales_of(*, user: User) -> QuerySet[Sale, dict[str, Any]]:
    """Return the sales of the user's own seats, with the columns for holders."""
    rows: QuerySet[Sale, dict[str, Any]] = Sale.objects.filter(holder__user=user).order_by().values(*_COLUMNS)
    return rows


def sales_for_staff() -> QuerySet[Sale, dict[str, Any]]:
    """Return the sales of all holders, with the columns for staff."""
    rows: QuerySet[Sale, dict[str, Any]] = Sale.objects.order_by().values(*_STAFF_COLUMNS)
    return rows


def staff_row_of(sale: Sale) -> dict[str, Any]:
    """Return the row of `sales_for_staff` for a sale whose relations are loaded; no query."""
    return {name: reduce(_attribute, name.split("__"), sale) for name in _STAFF_COLUMNS}


def event_uses(event_ids: Collection[UUID]) -> dict[UUID, EventUses]:
    """Return what depends on each of the events; fills the hook of the catalogue."""
    if not event_ids:
        return {}
    listings = open_listings_by_event(event_ids)
    found = Sale.objects.filter(event__in=event_ids, voided_at__isnull=True).order_by()
    sales = dict(found.values_list("event").annotate(Count("id")))
    return {event_id: EventUses(listings.get(event_id, 0), sales.get(event_id, 0)) for event_id in event_ids}


def with_payable(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with `payable_on` and `payable_reason` of today, which depend on the event."""
    zone = ZoneInfo(row["event__venue__timezone"])
    event_date = None if row["event__date_tbd"] else row["event__starts_at"].astimezone(zone).date()
    due = payable(status=row["event__status"], event_date=event_date, days_after_event=settings.PAYOUT_DAYS_AFTER_EVENT)
    if row["voided_at"]:
        return {**row, "payable_on": None, "payable_reason": "The sale is void: nothing is paid out."}
    return {**row, "payable_on": due.on, "payable_reason": due.reason}


def marketplaces_in_use() -> QuerySet[Marketplace]:
    """Return the marketplaces for which staff can record sales; those of our own shop are recorded by its orders."""
    return Marketplace.objects.filter(is_active=True).exclude(code=HOUSE)


def listing_in_words(*, listing_id: object) -> str:
    """Return event, place and seats for sale of a listing in words; empty if there is no such listing."""
    try:
        key = UUID(str(listing_id))
    except ValueError:
        return ""
    seats = Ticket.objects.filter(listing_id=key).select_related("event").order_by("position")
    free = [seat.seat for seat in seats if seat.status == TicketStatus.AVAILABLE]
    if not seats:
        return ""
    first = seats[0]
    return f"{first.event}, section {first.section}, row {first.row}, seats for sale: {', '.join(free) or 'none'}"


def _attribute(value: Any, name: str) -> Any:
    return None if value is None else getattr(value, name)


def sales_to_notify(*, sale_ids: Sequence[UUID]) -> list[Sale]:
    """Return sales with what a mail about them needs and nothing else, lowest seat first."""
    sales = Sale.objects.select_related("ticket", "event__venue", "holder", "marketplace").only(*_IN_MAILS)
    return list(sales.filter(id__in=sale_ids).order_by("ticket__position"))
