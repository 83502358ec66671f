"""Until when buyers may give back seats at an event that was postponed or moved after they had ordered."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from apps.catalog.enums import EventStatus
from apps.catalog.models import EventChange
from apps.orders.enums import TAKEN_ORDER_STATUSES
from apps.orders.models import Order, OrderLine, Sale
from apps.orders.selectors.event_orders import may_bring_new_tickets

Choices = Mapping[tuple[UUID, UUID], datetime]
NONE: Final[Choices] = {}


def choices_of(orders: Iterable[Order], *, now: datetime, standing: Iterable[UUID | None] | None = None) -> Choices:
    """Return, by order and event, until when the buyer may have the money for these seats back.

    That is for `CHOICE_DAYS` after the last move, and before the event begins. `orders` are from `with_lines`;
    `standing` are the batches with sales that stand, which are read if they are not given. One query if no event was
    moved lately.
    """
    lines = [
        (order, line)
        for order in orders
        if order.status in TAKEN_ORDER_STATUSES and not order.disputed_at
        for line in order.lines.all()
        if line.batch_id and line.event.status != EventStatus.CANCELLED
    ]
    moved = _moves({line.event_id for _, line in lines}, now=now) if lines else {}
    if not moved:
        return NONE
    if standing is None:
        standing = _standing(line for _, line in lines)
    batches, found = set(standing), dict[tuple[UUID, UUID], datetime]()
    for order, line in lines:
        at = moved.get(line.event_id)
        if at is None or at <= order.placed_at or line.batch_id not in batches:
            continue
        until = at + timedelta(days=settings.CHOICE_DAYS)
        if line.event.status != EventStatus.POSTPONED:
            until = min(until, line.event.starts_at)
        if until > now:
            found[order.id, line.event_id] = until
    return found


def _moves(event_ids: set[UUID], *, now: datetime) -> dict[UUID, datetime]:
    """Return when these events were last postponed, or moved to another day or venue, if not too long ago."""
    since = now - timedelta(days=settings.CHOICE_DAYS)
    changes = EventChange.objects.select_related("from_venue", "to_venue").filter(event__in=event_ids, at__gte=since)
    return {
        change.event_id: change.at
        for change in changes.order_by("id")
        if may_bring_new_tickets(change) or (change.is_new_date and change.to_status == EventStatus.POSTPONED)
    }


def _standing(lines: Iterable[OrderLine]) -> QuerySet[Sale, UUID]:
    sales = Sale.objects.filter(batch_id__in=[line.batch_id for line in lines], voided_at=None)
    return sales.values_list("batch_id", flat=True)
