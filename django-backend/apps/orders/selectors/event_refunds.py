"""What a cancelled event owes its buyers, and how far its refunds are."""

from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from apps.catalog.models import Event
from apps.common.money import cents_to_text
from apps.common.rows import Row
from apps.orders.models import EventRefundRun, Order, OrderLine, OrderRefund, Sale
from apps.orders.selectors.refunds import SoldSeat, sold_seats_of
from apps.payments.enums import UNFINISHED_REFUND_STATUSES, RefundStatus


def orders_owed(event_id: UUID) -> QuerySet[Order]:
    """Return the orders with sold seats of an event whose sales stand, the first one first."""
    standing = Sale.objects.filter(event=event_id, voided_at=None, batch_id=OuterRef("batch_id"))
    lines = OrderLine.objects.filter(Exists(standing), event=event_id, order=OuterRef("id"))
    return Order.objects.filter(Exists(lines)).order_by("id")


def standing_seats(event_id: UUID, *order_ids: UUID) -> list[SoldSeat]:
    """Return the seats of orders at an event whose sales stand. Three queries."""
    seats = sold_seats_of(order_ids=order_ids)
    return [seat for seat in seats if seat.line.event_id == event_id and seat.sale.voided_at is None]


def event_refunds_answer(*, event: Event, currency: str, available_cents: int | None) -> Row:
    """Return what the refunds for an event come to, as `EventRefundsOutput` describes it; seven queries."""
    is_disputed = dict(orders_owed(event.id).values_list("id", "disputed_at"))
    seats = standing_seats(event.id, *(order_id for order_id, since in is_disputed.items() if since is None))
    cents = sum(seat.left.amount_cents for seat in seats)
    run = EventRefundRun.objects.select_related("begun_by").filter(event=event).first()
    return {
        "event": {"id": str(event.id), "label": event.label, "starts_at_local": event.local_start},
        "event_status": event.status,
        "orders": len({seat.line.order_id for seat in seats}),
        "seats": len(seats),
        "amount": cents_to_text(cents),
        "currency": currency,
        "disputed_orders": sum(since is not None for since in is_disputed.values()),
        "available": None if available_cents is None else cents_to_text(max(available_cents, 0)),
        "is_covered": None if available_cents is None else cents <= available_cents,
        "run": run and _run(run),
    }


def unfinished(run: EventRefundRun) -> QuerySet[OrderRefund]:
    """Return the refunds of a run that have not ended, at least for now."""
    return OrderRefund.objects.filter(run=run, payment_refund__status__in=sorted(UNFINISHED_REFUND_STATUSES))


def _run(run: EventRefundRun) -> Row:
    arrived = Q(payment_refund__status=RefundStatus.SUCCEEDED)
    dry = Q(payment_refund__status=RefundStatus.BALANCE_INSUFFICIENT)
    failed = Q(payment_refund__status__in=[RefundStatus.FAILED, RefundStatus.CANCELED])
    counts = OrderRefund.objects.filter(run=run).aggregate(
        refunded=Sum("amount_cents", filter=arrived),
        requested=Count("id"),
        arrived=Count("id", filter=arrived),
        dry=Count("id", filter=dry),
        failed=Count("id", filter=failed),
    )
    numbers = dict(Order.objects.filter(id__in=run.problems).values_list("id", "number"))
    return {
        "id": str(run.id),
        "begun_at": run.begun_at,
        "begun_by": run.begun_by.email if run.begun_by else None,
        "ended_at": run.ended_at,
        **counts,
        "refunded": cents_to_text(counts["refunded"] or 0),
        "problems": [
            {"order": order_id, "number": numbers.get(UUID(order_id), ""), "why": why}
            for order_id, why in run.problems.items()
        ],
    }
