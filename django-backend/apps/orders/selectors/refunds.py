"""What is left to refund of orders, and what was refunded."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeAlias
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from apps.common.money import cents_to_text
from apps.common.rows import Row
from apps.orders.models import Order, OrderLine, OrderProduct, OrderRefund, OrderRefundLine, Sale
from apps.orders.rules.refunds import NOTHING, SeatMoney, seats_money
from apps.payments.enums import COUNTED_REFUND_STATUSES, RefundStatus

# Refunds that failed give nothing back.
COUNTED_REFUND_LINES: Final = Q(refund__dispute__isnull=False) | Q(
    refund__payment_refund__status__in=sorted(COUNTED_REFUND_STATUSES)
)


_SUMS: Final = [f"{name}__sum" for name in SeatMoney._fields]


@dataclass(frozen=True)
class SoldSeat:
    """A seat that was sold in an order, and what is left to refund of it."""

    line: OrderLine
    sale: Sale
    name: str
    left: SeatMoney

    @property
    def key(self) -> UUID:
        """The id that refunds count by: `refunded_key` of their lines."""
        return self.sale.id

    @property
    def refers(self) -> dict[str, Any]:
        """What a line of a refund refers to."""
        return {"line": self.line, "sale": self.sale}


@dataclass(frozen=True)
class SoldProduct:
    """A line of products that was sold in an order, and what is left to refund of it."""

    line: OrderProduct
    name: str
    left: SeatMoney
    sale: None = None

    @property
    def key(self) -> UUID:
        """The id that refunds count by: `refunded_key` of their lines."""
        return self.line.id

    @property
    def refers(self) -> dict[str, Any]:
        """What a line of a refund refers to."""
        return {"product": self.line}


SoldItem: TypeAlias = SoldSeat | SoldProduct


def refunded_key(line: OrderRefundLine) -> UUID | None:
    """Return the id of the sale, or of the line of products, that a line of a refund is for."""
    return line.sale_id or line.product_id


def sold_items(*, order_id: UUID) -> list[SoldItem]:
    """Return all that was sold in an order: seats, then lines of products."""
    return [*sold_seats(order_id=order_id), *sold_products(order_id=order_id)]


def sold_seats(*, order_id: UUID, at: datetime | None = None) -> list[SoldSeat]:
    """Return the sold seats of an order, line by line, lowest first; void ones too. Three queries.

    With `at`, refunds that were requested since then take nothing from what is left.
    """
    return sold_seats_of(order_ids=[order_id], at=at)


def sold_seats_of(*, order_ids: Collection[UUID], at: datetime | None = None) -> list[SoldSeat]:
    """Return the sold seats of orders, as `sold_seats` does, and in as many queries."""
    lines = OrderLine.objects.filter(order__in=order_ids, batch_id__isnull=False).order_by("order", "listing")
    by_batch: dict[UUID | None, list[Sale]] = {}
    sales = Sale.objects.filter(batch_id__in=[line.batch_id for line in lines if line.batch_id])
    for sale in sales.select_related("ticket").order_by("ticket__position"):
        by_batch.setdefault(sale.batch_id, []).append(sale)
    gone = _gone("sale", order_ids=order_ids, at=at)
    return [
        SoldSeat(line, sale, sale.ticket.seat, paid.minus(gone.get(sale.id, NOTHING)))
        for line in lines
        for sale, paid in zip(by_batch[line.batch_id], _paid(line, by_batch[line.batch_id]), strict=True)
    ]


def sold_products(*, order_id: UUID) -> list[SoldProduct]:
    """Return the lines of products of an order that was paid; all of their price is the house's. Two queries."""
    lines = list(OrderProduct.objects.filter(order=order_id, order__paid_at__isnull=False, order__ended_at=None))
    gone = _gone("product", order_ids=[order_id]) if lines else {}
    found = []
    for line in lines:
        cents = line.quantity * line.price_cents
        paid = SeatMoney(cents, cents, 0, line.discount_cents, 0)
        found.append(SoldProduct(line, line.name, paid.minus(gone.get(line.id, NOTHING))))
    return found


def _gone(of: str, *, order_ids: Collection[UUID], at: datetime | None = None) -> dict[UUID, SeatMoney]:
    """Return what refunds take, by `sale` or by `product`."""
    counted = OrderRefundLine.objects.filter(COUNTED_REFUND_LINES, refund__order__in=order_ids).exclude(**{of: None})
    if at:
        counted = counted.filter(refund__requested_at__lt=at)
    sums = counted.order_by().values(of).annotate(*(Sum(name) for name in SeatMoney._fields))
    return {key: SeatMoney._make(parts) for key, *parts in sums.values_list(of, *_SUMS)}


def _paid(line: OrderLine, sales: list[Sale]) -> list[SeatMoney]:
    return seats_money(
        quantity=line.quantity,
        price_cents=line.price_cents,
        commission_cents=sales[0].commission_cents,
        fee_cents=line.fee_cents,
        discount_cents=line.discount_cents,
        holder_discount_cents=line.holder_discount_cents,
    )


def refundable_cents(order: Order) -> int:
    """Return what was paid for an order, less what was refunded, is on its way, or was lost in disputes."""
    if order.payment is None:
        return 0
    lost = OrderRefund.objects.filter(order=order, dispute__isnull=False).aggregate(cents=Sum("amount_cents"))["cents"]
    return max(order.payment.paid_cents - order.payment.refunded_cents - (lost or 0), 0)


def refunds_of(*, order_id: UUID) -> QuerySet[OrderRefund]:
    """Return the refunds of an order with what their answers show, the latest first."""
    rows = OrderRefund.objects.select_related("order", "payment_refund", "dispute", "requested_by")
    return rows.prefetch_related("lines__sale__ticket", "lines__product").filter(order=order_id).order_by("-id")


def open_disputes(order: Order) -> QuerySet[Any]:
    """Return the disputes of an order that no bank has decided, the first one first."""
    payment = order.payment
    if payment is None:
        raise ValueError("an order without a payment has no disputes")
    return payment.disputes.filter(closed_at__isnull=True).order_by("opened_at")


def refund_answer(refund: OrderRefund) -> Row:
    """Return a refund from `refunds_of` as `RefundOutput` describes it."""
    sent = refund.payment_refund
    return {
        "id": str(refund.id),
        "amount": cents_to_text(refund.amount_cents),
        "currency": refund.order.currency,
        "status": sent.status if sent else RefundStatus.SUCCEEDED.value,
        "failure_code": sent.failure_code if sent else "",
        "reason": refund.reason or "dispute",
        "note": refund.note,
        "return_seats": refund.returns_seats,
        "requested_at": refund.requested_at,
        "requested_by": refund.requested_by.email if refund.requested_by else None,
        "source": refund.source,
        "seats": [
            _seat(line.line_id or line.product_id, line.sale, _name(line), money_of(line))
            for line in refund.lines.all()
        ],
    }


def order_refunds_answer(*, order_id: UUID) -> Row:
    """Return what was refunded of an order and what is left, as `OrderRefundsOutput` describes it.

    Raises:
        Order.DoesNotExist: there is none.
    """
    order = Order.objects.select_related("payment").get(id=order_id)
    dispute = open_disputes(order).first() if order.payment else None
    return {
        "number": order.number,
        "currency": order.currency,
        "paid": cents_to_text(order.paid_cents),
        "refunded": cents_to_text(order.refunded_cents),
        "left": cents_to_text(refundable_cents(order)),
        "disputed_at": order.disputed_at,
        "evidence_due": dispute.due_by if dispute else None,
        "seats": [
            _seat(seat.line.id, seat.sale, seat.name, seat.left)
            | {"is_void": seat.sale is not None and seat.sale.voided_at is not None}
            for seat in sold_items(order_id=order_id)
        ],
        "refunds": [refund_answer(refund) for refund in refunds_of(order_id=order_id)],
    }


def money_of(line: OrderRefundLine) -> SeatMoney:
    """Return what a line of a refund gives back."""
    return SeatMoney(*(getattr(line, name) for name in SeatMoney._fields))


def _name(line: OrderRefundLine) -> str:
    return line.sale.ticket.seat if line.sale else str(line.product and line.product.name)


def _seat(line_id: UUID | None, sale: Sale | None, name: str, money: SeatMoney) -> Row:
    return {
        "line": str(line_id),
        "sale": str(sale.id) if sale else None,
        "seat": name,
        "amount": cents_to_text(money.amount_cents),
        "list_price": cents_to_text(money.list_cents),
        "commission": cents_to_text(money.commission_cents),
        "fee": cents_to_text(money.fee_cents),
        "discount": cents_to_text(money.discount_cents),
        "holder_discount": cents_to_text(money.holder_discount_cents),
    }
