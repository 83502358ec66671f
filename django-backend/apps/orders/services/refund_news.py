"""Listens to payments for refunds, disputes and warnings of fraud: handlers of the outbox, which may be called again.

What an order has refunded, and whether it is disputed, are functions of the rows of payments. So messages may come
twice, late, and in any order.
"""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum

from apps.common.acts import Act, ChangeSource
from apps.common.listeners import Message
from apps.listings.api import SeatsNotReturnable
from apps.notifications.api import outbox_put
from apps.orders.enums import TAKEN_ORDER_STATUSES, OrderConcern
from apps.orders.errors.refunds import NothingToRefund, OrderNotRefundable
from apps.orders.locks import order_locked
from apps.orders.models import Order, OrderRefund
from apps.orders.selectors.refunds import open_disputes, refundable_cents, sold_seats
from apps.orders.services.order_moves import order_refresh
from apps.orders.services.refund_mails import refund_arrived_mail
from apps.orders.services.refunds import EVERYTHING, lines_write, order_refund
from apps.orders.topics import OrderRaised
from apps.orders.rules.refunds import parts_of
from apps.payments.api import DisputeClosed, DisputeOpened, EarlyFraudWarning, RefundEnded
from apps.payments.enums import RefundReason, RefundStatus


@transaction.atomic
def refund_ended_follow(*, message: Message[RefundEnded], now: datetime) -> None:
    """Note what an order has refunded; one that was made in Stripe's dashboard becomes a refund of the order."""
    news = message.payload
    order, _ = order_locked(news.reference)
    refund = OrderRefund.objects.filter(payment_refund=news.refund_id).first()
    if refund is None and news.refund_reference is None and news.status == RefundStatus.SUCCEEDED:
        refund = _adopt(order, news, now=now)
    _refresh(order, now=now)
    if refund is None:
        return
    if news.status == RefundStatus.SUCCEEDED:
        refund_arrived_mail(refund, now=now)
    else:
        _raise(order, OrderConcern.REFUND_FAILED, now=now)
