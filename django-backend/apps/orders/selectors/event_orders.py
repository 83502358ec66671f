"""Which orders a change of an event concerns, and with which seats."""

from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from apps.catalog.models import EventChange
from apps.orders.models import Order, OrderLine, Sale
from apps.orders.selectors.refunds import SoldSeat, sold_seats


def orders_affected_by(change: EventChange) -> QuerySet[Order]:
    """Return the orders that were placed before an event changed, and had seats at it then."""
    stood = Sale.objects.filter(
        Q(voided_at=None) | Q(voided_at__gte=change.at), event=change.event_id, batch_id=OuterRef("batch_id")
    )
    lines = OrderLine.objects.filter(Exists(stood), event=change.event_id, order=OuterRef("id"))
    return Order.objects.filter(Exists(lines), placed_at__lt=change.at, erased_at=None)


def last_change_since_placed(*, order_id: UUID) -> UUID | None:
    """Return the last change of an event of an order since it was placed; None if nothing has changed."""
    lines = OrderLine.objects.filter(order=order_id, event__changes__at__gt=F("order__placed_at"))
    return lines.order_by("-event__changes__id").values_list("event__changes__id", flat=True).first()


def seats_of_change(*, order_id: UUID, change: EventChange) -> list[SoldSeat]:
    """Return the seats that an order had at an event when it changed, with what was left to refund of them then."""
    return [
        seat
        for seat in sold_seats(order_id=order_id, at=change.at)
        if seat.line.event_id == change.event_id and (not seat.sale.voided_at or seat.sale.voided_at >= change.at)
    ]


def may_bring_new_tickets(change: EventChange) -> bool:
    """Return whether the game moves to another day or venue, rather than only getting a time or an opponent."""
    if not change.is_new_date and not change.is_new_venue:
        return False
    if not change.from_time_tbd or change.from_date_tbd or change.is_new_venue:
        return True
    days = {start.astimezone(change.to_venue.zone).date() for start in (change.from_starts_at, change.to_starts_at)}
    return change.to_date_tbd or len(days) > 1
