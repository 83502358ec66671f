"""Listens to payments and holds on behalf of orders: handlers of the outbox, which may be called again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from apps.common.listeners import Message
from apps.listings.api import HoldEnded
from apps.orders.enums import OPEN_ORDER_STATUSES, OrderMove
from apps.orders.models import Order
from apps.orders.services.settlement import order_end, order_freeze, order_note_processing, order_settle
from apps.payments.api import (
    MoneyIncidentOpened,
    Payer,
    PaymentCancelled,
    PaymentExpired,
    PaymentFailed,
    PaymentFrozen,
    PaymentNews,
    PaymentNotOpen,
    PaymentProcessing,
    PaymentSucceeded,
    payment_cancel,
)
from apps.payments.enums import Purpose

_ENDS: Final[Mapping[type[PaymentNews], tuple[OrderMove, str]]] = {
    PaymentExpired: (OrderMove.EXPIRE, "It was not paid in time."),
    PaymentFailed: (OrderMove.CANCEL, "The payment failed."),
    PaymentCancelled: (OrderMove.CANCEL, "It was cancelled."),
}


def payer_of_order(*, purpose: Purpose, reference: UUID) -> Payer:  # noqa: ARG001 - orders are all that is paid
    """Return the name and e-mail that an order was placed with."""
    return Payer(*Order.objects.values_list("name", "email").get(id=reference))


def payment_succeeded_follow(*, message: Message[PaymentSucceeded], now: datetime) -> None:
    """Sell the seats, or give the money back."""
    order_settle(order_id=message.payload.reference, paid_cents=message.payload.paid_cents, now=now)


def payment_processing_follow(*, message: Message[PaymentProcessing], now: datetime) -> None:
    """Note that the money is on its way."""
    order_note_processing(order_id=message.payload.reference, now=now)


def payment_ended_follow(*, message: Message[PaymentNews], now: datetime) -> None:
    """End the order: it expired, failed or was cancelled."""
    move, reason = _ENDS[type(message.payload)]
    order_end(order_id=message.payload.reference, move=move, reason=reason, now=now)


def money_incident_follow(*, message: Message[MoneyIncidentOpened], now: datetime) -> None:
    """Keep the seats while staff decide."""
    order_freeze(order_id=message.payload.reference, now=now)


def hold_ended_follow(*, message: Message[HoldEnded], now: datetime) -> None:
    """Cancel the payment of an order whose seats are gone: the event is cancelled, or the time is over.

    If the buyer is faster, the money arrives late, and is settled as such.

    Raises:
        PaymentsOff, StripeUnanswered, StripeBroken: it is tried again.
    """
    order = Order.objects.filter(id=message.payload.owner_id, status__in=OPEN_ORDER_STATUSES).first()
    if order is None or order.payment_id is None:
        return
    try:
        payment_cancel(payment_id=order.payment_id, now=now)
    except (PaymentNotOpen, PaymentFrozen):
        return  # it ended meanwhile, or staff look at it: either is reported
