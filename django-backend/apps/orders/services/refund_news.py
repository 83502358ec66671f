"""Listens to payments for refunds, disputes and warnings of fraud: handlers of the outbox, which may be called again.

What an order has refunded, and whether it is disputed, are functions of the rows of payments. So messages may come
twice, late, and in any order.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.common.acts import Act, ChangeSource
from apps.common.listeners import Message
from apps.listings.api import SeatsNotReturnable
from apps.notifications.api import outbox_put
from apps.orders.enums import TAKEN_ORDER_STATUSES, OrderConcern
from apps.orders.errors.refunds import NothingToRefund, OrderNotRefundable
from apps.orders.locks import order_locked
from apps.orders.models import Order, OrderRefund
from apps.orders.rules.refunds import EVERYTHING, parts_of
from apps.orders.selectors.refunds import refundable_cents, sold_items, sold_seats
from apps.orders.services.order_moves import order_money_refresh
from apps.orders.services.refunds import lines_write, order_refund
from apps.orders.topics import OrderRaised, OrderRefunded
from apps.payments.api import DisputeClosed, DisputeOpened, EarlyFraudWarning, RefundEnded
from apps.payments.enums import RefundReason, RefundStatus

LOST: Final = "lost"  # in Stripe's words


@transaction.atomic
def refund_ended_follow(*, message: Message[RefundEnded], now: datetime) -> None:
    """Note what an order has refunded; one that was made in Stripe's dashboard becomes a refund of the order."""
    news = message.payload
    order, _ = order_locked(news.reference)
    refund = OrderRefund.objects.filter(payment_refund=news.refund_id).first()
    if refund is None and news.refund_reference is None and news.status == RefundStatus.SUCCEEDED:
        refund = _adopted(order, news, now=now)
    order_money_refresh(order, now=now)
    if refund is None:
        return
    if news.status == RefundStatus.SUCCEEDED:
        arrived = OrderRefunded(order_id=order.id, refund_id=refund.id)
        outbox_put(payload=arrived, aggregate_key=f"order:{order.id}", now=now)
    else:
        concern_raise(order.id, OrderConcern.REFUND_FAILED, now=now)


@transaction.atomic
def dispute_opened_follow(*, message: Message[DisputeOpened], now: datetime) -> None:
    """Freeze the order until the bank has decided, and alert staff."""
    order, _ = order_locked(message.payload.reference)
    order_money_refresh(order, now=now)
    concern_raise(order.id, OrderConcern.DISPUTED, now=now)


@transaction.atomic
def dispute_closed_follow(*, message: Message[DisputeClosed], now: datetime) -> None:
    """Unfreeze the order; what a lost dispute has taken counts as refunded."""
    order, _ = order_locked(message.payload.reference)
    news = message.payload
    if news.status == LOST and not OrderRefund.objects.filter(dispute=news.dispute_id).exists():
        _lose(order, news.dispute_id, now=now)
    order_money_refresh(order, now=now)


def fraud_warning_follow(*, message: Message[EarlyFraudWarning], now: datetime) -> None:
    """Refund the whole order before its buyer's bank disputes it, if the settings say so.

    Seats go back on sale unless the buyer has the tickets, or the event does not allow it.

    Raises:
        OrderNotRefundable: the order does not know of its payment yet; it is tried again.
    """
    if not settings.REFUND_ON_FRAUD_WARNING:
        return
    order_id, act = message.payload.reference, Act(None, ChangeSource.SYSTEM, now)
    call: dict[str, Any] = {"order_id": order_id, "scope": EVERYTHING, "reason": RefundReason.FRAUDULENT, "act": act}
    try:
        is_delivered = any(seat.sale.delivered_at for seat in sold_seats(order_id=order_id))
        order_refund(**call, return_seats=not is_delivered)
    except SeatsNotReturnable:
        order_refund(**call, return_seats=False)
    except (NothingToRefund, OrderNotRefundable):
        if Order.objects.exclude(status__in=TAKEN_ORDER_STATUSES).filter(id=order_id).exists():
            raise  # nobody has told the order of its payment yet
        return  # it was refunded, is disputed already, or nothing was sold


def concern_raise(order_id: UUID, concern: OrderConcern, *, now: datetime) -> None:
    """Alert staff to an order."""
    outbox_put(payload=OrderRaised(order_id=order_id, concern=concern), aggregate_key=f"order:{order_id}", now=now)


def _adopted(order: Order, news: RefundEnded, *, now: datetime) -> OrderRefund:
    """Record a refund from Stripe's dashboard.

    It is all that is left, or a part of the only line with something left. Otherwise staff say which seats it is for.
    """
    refund = OrderRefund.objects.create(
        order=order,
        payment_refund_id=news.refund_id,
        amount_cents=news.amount_cents,
        reason=RefundReason.DASHBOARD,
        requested_at=now,
        source=ChangeSource.SYSTEM,
    )
    if not _divide(refund, only_if_clear=True):
        concern_raise(order.id, OrderConcern.REFUND_UNASSIGNED, now=now)
    return refund


def _lose(order: Order, dispute_id: UUID, *, now: datetime) -> None:
    """Record what a bank has taken, as far as it was not refunded before."""
    payment = order.payment
    if payment is None:
        return
    dispute = payment.disputes.get(id=dispute_id)
    if cents := min(dispute.amount_cents, refundable_cents(order)):
        refund = OrderRefund.objects.create(
            order=order, dispute=dispute, amount_cents=cents, requested_at=now, source=ChangeSource.SYSTEM
        )
        _divide(refund)


def _divide(refund: OrderRefund, *, only_if_clear: bool = False) -> bool:
    """Divide a refund that we did not request between the seats of its order; return whether that is known."""
    seats = [seat for seat in sold_items(order_id=refund.order_id) if seat.left.amount_cents]
    left = sum(seat.left.amount_cents for seat in seats)
    is_clear = refund.amount_cents == left or len({seat.line.id for seat in seats}) == 1
    if only_if_clear and not (is_clear and refund.amount_cents <= left):
        return False
    lines_write(refund, seats, parts_of([seat.left for seat in seats], min(refund.amount_cents, left)))
    return True
