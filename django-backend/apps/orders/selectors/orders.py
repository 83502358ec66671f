"""What an order looks like to its buyer."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from apps.common.money import cents_to_text
from apps.common.rows import Row
from apps.orders.enums import OPEN_ORDER_STATUSES, DeliveryStatus, OrderStatus
from apps.orders.errors.orders import OrderUnknown
from apps.orders.models import Order, OrderLine, OrderProduct, Sale
from apps.orders.selectors.choices import NONE, Choices, choices_of
from apps.orders.selectors.order_links import order_address, order_id_of, order_token
from apps.orders.selectors.products import order_products_answer, products_refunded

_NEXT: Final = {
    OrderStatus.PENDING: "Pay before the seats go back on sale.",
    OrderStatus.PROCESSING: "Your payment is being processed. You do not have to do anything.",
    OrderStatus.PAID: "The seats are yours. You get an e-mail when the tickets are delivered.",
    OrderStatus.FULFILLED: "Your tickets were delivered.",
    OrderStatus.CANCELLED: "The order was cancelled, and the seats are no longer held for you.",
    OrderStatus.EXPIRED: "The order was not paid in time, and the seats are no longer held for you.",
    OrderStatus.PARTLY_REFUNDED: "A part of the payment was refunded.",
    OrderStatus.REFUNDED: "Your payment was refunded. It takes up to ten days to show on your statement.",
    OrderStatus.DISPUTED: "Your bank disputes the payment. We wait for its decision.",
}
# Of an order without seats, where it differs.
_NEXT_OF_PRODUCTS: Final = {
    OrderStatus.PENDING: "Pay, and you can load your files.",
    OrderStatus.FULFILLED: "Your files are ready to load.",
    OrderStatus.CANCELLED: "The order was cancelled.",
    OrderStatus.EXPIRED: "The order was not paid in time.",
}


def orders_of(*, user_id: UUID) -> QuerySet[Order]:
    """Return the orders that a user placed while signed in."""
    return Order.objects.filter(user=user_id, erased_at=None)


def order_of_token(token: str) -> Order:
    """Return the order of a signed link.

    Raises:
        OrderUnknown: it was not signed by us, or the buyer's data was erased.
    """
    order = Order.objects.filter(id=order_id_of(token), erased_at=None).first()
    if order is None:
        raise OrderUnknown
    return order


def with_lines(orders: QuerySet[Order]) -> QuerySet[Order]:
    """Return the orders with all that `order_answer` reads; three more queries."""
    lines = OrderLine.objects.select_related("event__venue", "listing__season_ticket", "hold").order_by("id")
    return orders.prefetch_related(Prefetch("lines", lines), Prefetch("products", OrderProduct.objects.order_by("id")))


def orders_answer(orders: Sequence[Order]) -> list[Row]:
    """Return orders from `with_lines` as `OrderOutput` describes them; three more queries at most.

    They are for deliveries, events that have moved, and products.
    """
    lines = [line for order in orders for line in order.lines.all()]
    sales = Sale.objects.filter(batch_id__in=[line.batch_id for line in lines if line.batch_id], voided_at=None)
    standing = sales.values_list("batch_id", "delivery_status").distinct()
    waiting = {batch_id for batch_id, status in standing if status == DeliveryStatus.PENDING}
    choices = choices_of(orders, now=timezone.now(), standing=[batch_id for batch_id, _ in standing])
    refunded = products_refunded(line for order in orders for line in order.products.all())
    facts = Facts(waiting, choices, refunded)
    return [_order(order, list(order.lines.all()), list(order.products.all()), facts) for order in orders]


def order_answer(order_id: UUID) -> Row:
    """Return one order as `OrderOutput` describes it; four queries, five with products."""
    return orders_answer(list(with_lines(Order.objects.filter(id=order_id))))[0]


def placed_answer(order: Order, lines: Sequence[OrderLine], products: Sequence[OrderProduct]) -> Row:
    """Return an order that was just placed as `OrderOutput` describes it, from what is in memory; no query."""
    return _order(order, lines, products, Facts())


def next_step(order: Order, lines: Sequence[OrderLine]) -> str:
    """Return what happens next with an order, in a sentence for the buyer."""
    if order.ended_at and order.paid_at:
        return order.end_reason
    status = OrderStatus(order.status)
    return _NEXT[status] if lines else _NEXT_OF_PRODUCTS.get(status, _NEXT[status])


def staff_orders_answer(orders: Sequence[Order]) -> list[Row]:
    """Return orders from `with_lines` as `StaffOrderOutput` describes them; as many queries."""
    answers = orders_answer(orders)
    for order, answer in zip(orders, answers, strict=True):
        answer |= {"id": str(order.id), "link": order_address(order.id)}
        for line, shown in zip(order.lines.all(), answer["lines"], strict=True):
            shown["id"] = str(line.id)
    return answers


def held_until(order: Order, lines: Sequence[OrderLine]) -> datetime | None:
    """Return until when an order is kept, with its seats; None if nobody has to pay any more."""
    if order.status not in OPEN_ORDER_STATUSES:
        return None
    return min((line.hold.expires_at for line in lines), default=order.held_until)


class Facts(NamedTuple):
    """What answers about orders need besides their rows."""

    waiting: Collection[UUID | None] = frozenset()
    """Batches with sales that wait for their delivery."""
    choices: Choices = NONE
    refunded: Collection[UUID] = frozenset()
    """Lines of products that were refunded."""


def _order(order: Order, lines: Sequence[OrderLine], products: Sequence[OrderProduct], facts: Facts) -> Row:
    cents = {
        "total": order.total_cents,
        "subtotal": order.subtotal_cents,
        "fees": order.fee_cents,
        "discount": order.discount_cents,
        "refunded": order.refunded_cents,
    }
    return {
        **{name: cents_to_text(amount) for name, amount in cents.items()},
        "currency": order.currency,
        "id": order_token(order.id),
        "number": order.number,
        "status": order.status,
        "next": next_step(order, lines),
        "placed_at": order.placed_at,
        "held_until": held_until(order, lines),
        "paid_at": order.paid_at,
        "name": order.name,
        "email": order.email,
        "transfer_email": order.transfer_email,
        "terms_version": order.terms_version,
        "refundable_until": max(
            (until for (order_id, _), until in facts.choices.items() if order_id == order.id), default=None
        ),
        "lines": [_line(line, facts.waiting, facts.choices.get((order.id, line.event_id))) for line in lines],
        "products": order_products_answer(order, products, facts.refunded),
    }


def _line(line: OrderLine, waiting: Collection[UUID | None], refundable_until: datetime | None) -> dict[str, Any]:
    event, block = line.event, line.listing.season_ticket
    return {
        "event": {"id": str(event.id), "label": event.label, "starts_at_local": event.local_start},
        "section": block.section,
        "row": block.row,
        "seats": line.seats,
        "total": cents_to_text(line.total_cents),
        "price": cents_to_text(line.price_cents),
        "fee": cents_to_text(line.fee_cents),
        "discount": cents_to_text(line.discount_cents),
        "delivery_type": line.delivery_type,
        "in_hand_date": line.in_hand_date and line.in_hand_date.isoformat(),
        "disclosures": line.disclosures,
        "is_delivered": bool(line.batch_id) and line.batch_id not in waiting,
        "refundable_until": refundable_until,
    }
