"""The one writer of the status of orders. Callers have the order's row lock (`locks.py`)."""

from collections.abc import Iterable
from datetime import datetime

from apps.orders.enums import ENDED_ORDER_STATUSES, HOUSE, ORDER_MOVES, TAKEN_ORDER_STATUSES, DeliveryStatus, OrderMove
from apps.orders.locks import orders_of_batches_locked
from apps.orders.models import Order, OrderRefund, Sale
from apps.orders.rules.order_status import OrderFacts, move_of_taken
from apps.orders.selectors.refunds import open_disputes
from apps.payments.enums import RefundReason, RefundStatus


def order_move(order: Order, move: OrderMove, *, now: datetime, reason: str = "") -> bool:
    """Make a move of a locked order; return False, without an effect, if the table has no such move.

    An order that ends without a sale keeps the reason, for the buyer; one that is paid loses it.
    """
    row = ORDER_MOVES[move]
    if order.status not in row.sources:
        return False
    order.status = row.target
    if row.target in ENDED_ORDER_STATUSES:
        order.ended_at, order.end_reason = now, reason
    order.save()
    return True


def order_refresh(order: Order, *, now: datetime) -> None:
    """Set the status of a locked order whose money was taken from the facts; save what the caller has changed.

    The sales that are not void decide whether it is delivered; products are as soon as they are paid.
    """
    if order.status not in TAKEN_ORDER_STATUSES:
        order.save()
        return
    lines = list(order.lines.values_list("batch_id", flat=True))
    batches = [batch for batch in lines if batch]
    sales = Sale.objects.filter(batch_id__in=batches, voided_at=None).values_list("delivery_status", flat=True)
    facts = OrderFacts(
        is_disputed=order.disputed_at is not None,
        is_sold=order.ended_at is None,
        is_delivered=not lines or set(sales) == {DeliveryStatus.COMPLETE.value},
        paid_cents=order.paid_cents,
        refunded_cents=order.refunded_cents,
    )
    order_move(order, move_of_taken(facts), now=now)


def order_money_refresh(order: Order, *, now: datetime) -> None:
    """Set what a locked order has refunded and since when it is disputed, and its status.

    Both are facts of payments, which may be known before the order knows that it was paid: until then nothing is set.
    Refunds of money incidents are not counted: their money was never that of the order.
    """
    if order.status not in TAKEN_ORDER_STATUSES or order.payment is None:
        return
    arrived = order.payment.refunds.filter(status=RefundStatus.SUCCEEDED).exclude(reason=RefundReason.INCIDENT)
    lost = OrderRefund.objects.filter(order=order, dispute__isnull=False)
    cents = sum((*arrived.values_list("amount_cents", flat=True), *lost.values_list("amount_cents", flat=True)))
    order.refunded_cents = min(cents, order.paid_cents)
    order.disputed_at = open_disputes(order).values_list("opened_at", flat=True).first()
    order_refresh(order, now=now)


def orders_of_sales_refresh(sales: Iterable[Sale], *, now: datetime) -> None:
    """Set the status of the orders of sales, after these were delivered, or are to be delivered again.

    The listings of the sales are locked. Most sales are of other marketplaces, and cost nothing here.
    """
    batches = {sale.batch_id for sale in sales if sale.marketplace.code == HOUSE}
    for order in orders_of_batches_locked(batches) if batches else ():
        order_refresh(order, now=now)
