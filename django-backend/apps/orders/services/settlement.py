"""What becomes of an order once its payment is known, or its end.

Anything may happen twice, at once, and in any order. The row lock of the order and the table of moves make each effect
happen once.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.common.acts import Act, ChangeSource
from apps.common.errors import DomainError
from apps.listings.api import holds_extend, holds_release
from apps.listings.models import LONGEST_HOLD
from apps.notifications.api import outbox_put
from apps.orders.enums import HOUSE, OPEN_ORDER_STATUSES, TAKEN_ORDER_STATUSES, OrderMove
from apps.orders.locks import order_locked
from apps.orders.models import Order, OrderLine
from apps.orders.selectors.refunds import refundable_cents
from apps.orders.services.coupons import coupon_use_confirm, coupon_use_release
from apps.orders.services.order_moves import order_money_refresh, order_move, order_refresh
from apps.orders.services.refunds import refund_write
from apps.orders.services.sales import sale_record
from apps.orders.topics import OrderEnded, OrderNews, OrderPaid, OrderUnavailable
from apps.payments.api import payment_locked
from apps.payments.enums import RefundReason


@transaction.atomic
def order_settle(*, order_id: UUID, paid_cents: int, now: datetime) -> None:
    """Sell what was ordered, once its money was taken; if seats are gone, refund all of it.

    A hold that has ended is no obstacle as long as nobody else has the seats: the buyer gets them at the agreed price.
    The coupon counts as used even if another buyer has had its last use since: this price was paid.
    """
    order, lines = order_locked(order_id)
    if order.status in TAKEN_ORDER_STATUSES:
        return
    order.paid_cents, order.paid_at = paid_cents, order.payment.paid_at if order.payment else now
    try:
        with transaction.atomic():
            _sell(order, lines, now=now)
    except DomainError:
        _give_back(order, lines, now=now)
        return
    order.ended_at, order.end_reason = None, ""
    order_move(order, OrderMove.PAY, now=now)
    order_money_refresh(order, now=now)
    if not lines:  # products only: there is nothing to wait for
        order_refresh(order, now=now)
    coupon_use_confirm(order_id=order.id)
    _report(order, OrderPaid, now=now)


def order_settle_free(*, order_id: UUID, now: datetime) -> None:
    """Sell the seats of an order that costs nothing, in the transaction that placed it."""
    order_settle(order_id=order_id, paid_cents=0, now=now)


@transaction.atomic
def order_end(*, order_id: UUID, move: OrderMove, reason: str, now: datetime) -> None:
    """End an order that nobody paid: by `move`, cancelled or expired. Its seats and its coupon are available again."""
    order, lines = order_locked(order_id)
    if not order_move(order, move, now=now, reason=reason):
        return
    _release(order, lines, now=now)
    _report(order, OrderEnded, now=now)


@transaction.atomic
def order_note_processing(*, order_id: UUID, now: datetime) -> None:
    """Note that the money for an order is on its way."""
    order, _ = order_locked(order_id)
    order_move(order, OrderMove.PROCESS, now=now)


@transaction.atomic
def order_freeze(*, order_id: UUID, now: datetime) -> None:
    """Keep the seats of an open order for staff who look at its payment, for as long as anything can be held."""
    order, lines = order_locked(order_id)
    if order.status not in OPEN_ORDER_STATUSES:
        return
    for line in lines:
        if line.hold.released_at is None:
            until = line.hold.held_at + LONGEST_HOLD
            holds_extend(hold_ids=[line.hold_id], expires_at=until, act=_act(now))
            order.held_until = max(order.held_until, until)
    order_refresh(order, now=now)


def _sell(order: Order, lines: Sequence[OrderLine], *, now: datetime) -> None:
    for line in lines:
        # A hold that has ended left the seats to whoever comes first; those named are the ones that were paid for.
        is_held = line.hold.released_at is None
        sales = sale_record(
            hold_id=line.hold_id if is_held else None,
            listing_id=None if is_held else line.listing_id,
            seats=None if is_held else line.seats,
            price_cents=None if is_held else line.price_cents,
            ignore_split_rule=not is_held,
            marketplace=HOUSE,
            invoice_number=order.number,
            sold_at=order.paid_at,
            act=_act(now),
        )
        line.batch_id = sales[0].batch_id
    OrderLine.objects.bulk_update(lines, ["batch_id"])


def _give_back(order: Order, lines: Sequence[OrderLine], *, now: datetime) -> None:
    order.ended_at = order.ended_at or now
    order.end_reason = "The payment arrived when the seats were no longer available."
    order_move(order, OrderMove.PAY, now=now)
    order_money_refresh(order, now=now)
    _release(order, lines, now=now)
    order.payment = payment_locked(order.payment_id) if order.payment_id else None
    if order.payment and (left := refundable_cents(order)):  # staff may have refunded some of it at Stripe
        refund_write(order.payment, order, amount_cents=left, reason=RefundReason.UNAVAILABLE, act=_act(now))
    _report(order, OrderUnavailable, now=now)


def _release(order: Order, lines: Sequence[OrderLine], *, now: datetime) -> None:
    holds_release(hold_ids=[line.hold_id for line in lines], act=_act(now))
    coupon_use_release(order_id=order.id)


def _report(order: Order, news: type[OrderNews], *, now: datetime) -> None:
    outbox_put(payload=news(order_id=order.id), aggregate_key=f"order:{order.id}", now=now)


def _act(now: datetime) -> Act:
    return Act(None, ChangeSource.SHOP, now)
