"""Refunds of orders: which seats and products, how much of each, and the refund of the payment, in one transaction.

The listings are locked first, then the order, then the payment. What a refund gives back is written once; whether it
arrives is a fact of the payment's refund.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.common.acts import Act
from apps.common.ids import uuid7
from apps.orders.enums import TAKEN_ORDER_STATUSES
from apps.orders.errors.refunds import (
    NothingToRefund,
    OrderLineUnknown,
    OrderNotRefundable,
    OrderSeatsUnknown,
    RefundAboveRest,
    RefundAssigned,
    RefundNotOurs,
    RefundReplaced,
    RefundUnknown,
)
from apps.orders.locks import order_locked
from apps.orders.models import EventRefundRun, Order, OrderRefund, OrderRefundLine
from apps.orders.rules.refunds import EVERYTHING, RefundScope, SeatMoney, parts_of
from apps.orders.selectors.refunds import SoldItem, money_of, refundable_cents, refunded_key, sold_items
from apps.orders.services.order_moves import order_refresh
from apps.orders.services.sale_changes import sales_void
from apps.payments.api import payment_locked, refund_request, refund_retry
from apps.payments.enums import COUNTED_REFUND_STATUSES, RefundReason
from apps.payments.models import Payment


@transaction.atomic
def order_refund(
    *,
    order_id: UUID,
    scope: RefundScope,
    reason: RefundReason,
    return_seats: bool,
    act: Act,
    note: str = "",
    run: EventRefundRun | None = None,
) -> OrderRefund:
    """Refund an order or a part of it; the money is sent after the commit.

    The sales of whole seats become void, and with `return_seats` the seats go back on sale. After a refund of an amount
    the sales stand.

    Raises:
        Order.DoesNotExist: there is none.
        OrderNotRefundable: nothing was sold, or a bank disputes the payment.
        OrderLineUnknown, OrderSeatsUnknown: the order has no such line, the line no such seats.
        RefundAboveRest, NothingToRefund: less is left, or nothing.
        SeatsNotReturnable: seats are to return, and their event has begun or is cancelled.
    """
    order, payment = _locked(order_id)
    seats = sold_items(order_id=order_id)
    _require_refundable(order, seats)
    chosen = _chosen(seats, scope)
    parts, amount = _divided(order, [seat.left for seat in chosen], scope)
    if scope.amount_cents is None:
        _void(chosen, return_seats=return_seats, act=replace(act, reason=f"Refund: {reason.label}"))
    returns_seats = return_seats and scope.amount_cents is None
    refund = refund_write(
        payment, order, amount_cents=amount, reason=reason, act=act, note=note, returns_seats=returns_seats, run=run
    )
    lines_write(refund, chosen, parts)
    order_refresh(order, now=act.at)
    return refund


def refund_write(
    payment: Payment, order: Order, *, amount_cents: int, reason: RefundReason, act: Act, **facts: Any
) -> OrderRefund:
    """Write a refund of a locked order, without lines, and the refund of its payment, which is sent after the commit.

    Raises:
        RefundTooMuch: less is left of the payment.
    """
    refund_id = uuid7()
    sent = refund_request(
        payment_id=payment.id, amount_cents=amount_cents, reason=reason, reference=refund_id, now=act.at
    )
    return OrderRefund.objects.create(
        id=refund_id,
        order=order,
        payment_refund=sent,
        amount_cents=amount_cents,
        reason=reason,
        requested_by_id=act.actor_id,
        requested_at=act.at,
        source=act.source,
        **facts,
    )


@transaction.atomic
def order_refund_retry(*, order_id: UUID, refund_id: UUID, now: datetime) -> OrderRefund:
    """Send a refund again that failed, was canceled or found no balance.

    Raises:
        Order.DoesNotExist, RefundUnknown: there is none.
        RefundNotOurs, RefundNotFailed: it cannot be sent again.
        RefundReplaced, RefundTooMuch: the money went back in another way meanwhile.
    """
    order, _ = _locked(order_id)
    refund = _refund_of(order, refund_id)
    sent = refund.payment_refund
    if sent is None or sent.reference is None:
        raise RefundNotOurs
    if sent.status not in COUNTED_REFUND_STATUSES:
        lefts: dict[UUID | None, SeatMoney] = {seat.key: seat.left for seat in sold_items(order_id=order_id)}
        if any(min(lefts[refunded_key(line)].minus(money_of(line))) < 0 for line in refund.lines.all()):
            raise RefundReplaced
    refund.payment_refund = refund_retry(refund_id=sent.id, now=now)
    return refund


@transaction.atomic
def order_refund_assign(*, order_id: UUID, refund_id: UUID, scope: RefundScope) -> OrderRefund:
    """Say which seats a refund from Stripe's dashboard was for; their sales stand until staff void them.

    Raises:
        Order.DoesNotExist, RefundUnknown: there is none.
        RefundAssigned: that is known already.
        OrderLineUnknown, OrderSeatsUnknown: the order has no such line, the line no such seats.
        RefundAboveRest: less is left of these seats.
    """
    order, _ = _locked(order_id)
    refund = _refund_of(order, refund_id)
    if refund.lines.exists():
        raise RefundAssigned
    chosen = _chosen(sold_items(order_id=order_id), scope)
    lefts = [seat.left for seat in chosen]
    if refund.amount_cents > (left := sum(one.amount_cents for one in lefts)):
        raise RefundAboveRest(left)
    lines_write(refund, chosen, parts_of(lefts, refund.amount_cents))
    return refund


def lines_write(refund: OrderRefund, seats: Sequence[SoldItem], parts: Sequence[SeatMoney]) -> None:
    """Write what a refund gives back for each seat; the order is locked."""
    OrderRefundLine.objects.bulk_create(
        OrderRefundLine(refund=refund, amount_cents=part.amount_cents, **seat.refers, **part._asdict())
        for seat, part in zip(seats, parts, strict=True)
        if any(part)
    )


def _locked(order_id: UUID) -> tuple[Order, Payment]:
    """Lock an order and its payment.

    The race: two members of staff refund the same seats. The second one sees what the first has left.
    """
    order, _ = order_locked(order_id)
    if order.payment_id is None:
        raise NothingToRefund
    order.payment = payment_locked(order.payment_id)
    return order, order.payment


def _require_refundable(order: Order, seats: Sequence[SoldItem]) -> None:
    if order.status not in TAKEN_ORDER_STATUSES or not seats:
        raise OrderNotRefundable(order.number, "nothing was sold in it")
    if order.disputed_at:
        raise OrderNotRefundable(order.number, "a bank disputes the payment and decides about the money")


def _chosen(seats: Sequence[SoldItem], scope: RefundScope) -> list[SoldItem]:
    by_line: dict[UUID, list[SoldItem]] = {}
    for seat in seats:
        by_line.setdefault(seat.line.id, []).append(seat)
    if scope.line_id is not None:
        if scope.line_id not in by_line:
            raise OrderLineUnknown(scope.line_id, attr="line")
        return by_line[scope.line_id]
    if scope.seats is None:
        return list(seats)
    chosen: list[SoldItem] = []
    for place, (line_id, names) in enumerate(scope.seats.items()):
        if line_id not in by_line:
            raise OrderLineUnknown(line_id, attr=f"lines.{place}.line")
        chosen += _named(by_line[line_id], names, attr=f"lines.{place}.seats")
    return chosen


def _named(seats: Sequence[SoldItem], names: Collection[str] | None, *, attr: str) -> list[SoldItem]:
    if names is None:
        return list(seats)
    known = [seat.name for seat in seats]
    if unknown := [name for name in names if name not in known]:
        raise OrderSeatsUnknown(unknown, known=known, attr=attr)
    return [seat for seat in seats if seat.name in names]


def _void(seats: Iterable[SoldItem], *, return_seats: bool, act: Act) -> None:
    if sale_ids := [seat.sale.id for seat in seats if seat.sale and seat.sale.voided_at is None]:
        sales_void(sale_ids=sale_ids, return_seats=return_seats, act=act)


def _divided(order: Order, lefts: Sequence[SeatMoney], scope: RefundScope) -> tuple[list[SeatMoney], int]:
    """Return what a refund gives back of each seat, and its amount.

    Everything is what was paid, even if that is not the total because staff have accepted another amount.
    """
    rest, left = refundable_cents(order), sum(one.amount_cents for one in lefts)
    amount = min(rest, left)
    if scope.amount_cents is not None:
        if scope.amount_cents > amount:
            raise RefundAboveRest(amount)
        amount = scope.amount_cents
    parts = parts_of(lefts, amount)
    amount = rest if scope == EVERYTHING else amount
    if not amount:
        raise NothingToRefund
    return parts, amount


def _refund_of(order: Order, refund_id: UUID) -> OrderRefund:
    refund = OrderRefund.objects.select_related("payment_refund").filter(order=order, id=refund_id).first()
    if refund is None:
        raise RefundUnknown
    return refund
