"""The buyer pays or cancels an order. Stripe is asked here, outside of every transaction."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.common.acts import Act, ChangeSource
from apps.listings.api import holds_extend
from apps.orders.enums import CANCELLED_BY_BUYER, OPEN_ORDER_STATUSES, OrderMove
from apps.orders.errors.orders import BuyerRefused, OrderHoldOver, OrderNotOpen, PaymentOnItsWay
from apps.orders.locks import order_locked
from apps.orders.models import Order
from apps.orders.services.checkout import HOLD_LIFE, payment_of
from apps.orders.services.settlement import order_end, order_settle
from apps.payments.api import (
    AttemptStale,
    PaymentNotOpen,
    StripeBroken,
    StripeRefused,
    StripeUnanswered,
    payment_cancel,
    payment_open,
)
from apps.payments.enums import PaymentStatus
from apps.payments.models import Payment


def order_payment_address(*, order_id: UUID, now: datetime) -> str | None:
    """Return the address of Stripe's page for an open order; None if Stripe does not answer now: ask again.

    The same page as before, unless that attempt has failed: then the seats are held for another one.

    Raises:
        OrderNotOpen: it was paid, or it has ended.
        OrderHoldOver: the seats cannot be held for long enough.
        BuyerRefused: Stripe does not accept the buyer's e-mail address; the order has ended.
        PaymentFrozen, PaymentsOff: staff look at the payment, or there is no key.
    """
    order = _open_order(order_id)
    try:
        try:
            return payment_open(payment_id=_payment_id(order), now=now)
        except (AttemptStale, StripeBroken):
            _renew(order_id, now=now)
            return payment_open(payment_id=_payment_id(order), now=now)
    except (StripeUnanswered, StripeBroken):
        return None
    except StripeRefused:
        order_cancel(order_id=order_id, now=now)
        raise BuyerRefused from None
    except PaymentNotOpen as error:
        raise OrderNotOpen(error.payment_status) from None


def order_cancel(*, order_id: UUID, now: datetime) -> None:
    """Cancel an order that nobody has paid: first its session at Stripe, then the order.

    Raises:
        OrderNotOpen: it was paid, or it has ended.
        PaymentOnItsWay: the buyer has just paid, or is paying.
        PaymentFrozen, PaymentsOff, StripeUnanswered, StripeBroken: it is not cancelled.
    """
    payment_id = _payment_id(_open_order(order_id))
    with suppress(PaymentNotOpen):  # it ended before, and so does the order as soon as it is reported
        payment_cancel(payment_id=payment_id, now=now)
    payment = Payment.objects.get(id=payment_id)
    status = PaymentStatus(payment.status)
    if status is PaymentStatus.PAID:
        order_settle(order_id=order_id, paid_cents=payment.paid_cents, now=now)
    if status in {PaymentStatus.PAID, PaymentStatus.PENDING, PaymentStatus.PROCESSING}:
        raise PaymentOnItsWay
    order_end(order_id=order_id, move=OrderMove.CANCEL, reason=CANCELLED_BY_BUYER, now=now)


@transaction.atomic
def _renew(order_id: UUID, *, now: datetime) -> None:
    """Hold the seats for another attempt and begin it.

    Raises:
        OrderHoldOver: the absolute end of the hold is too near.
        HoldEnded: the seats are not held any more.
    """
    order, lines = order_locked(order_id)
    if order.status not in OPEN_ORDER_STATUSES:
        raise OrderNotOpen(order.get_status_display())
    until = now + HOLD_LIFE
    if until > order.held_until:
        raise OrderHoldOver(order.held_until)
    act = Act(order.user_id, ChangeSource.SHOP, now)
    holds_extend(hold_ids=[line.hold_id for line in lines], expires_at=until, act=act)
    payment_of(order, lines, list(order.products.all()), now=now)


def _open_order(order_id: UUID) -> Order:
    order = Order.objects.get(id=order_id)
    if order.status not in OPEN_ORDER_STATUSES:
        raise OrderNotOpen(order.get_status_display())
    return order


def _payment_id(order: Order) -> UUID:
    if order.payment_id is None:
        raise OrderNotOpen(order.get_status_display())
    return order.payment_id
