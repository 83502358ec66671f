"""Issues invoices and credit notes, numbered without gaps.

Each is issued in a short transaction of its own, by a worker, and never in the transaction of a sale: all sales would
wait for one lock. ADR 43.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Sum

from apps.orders.enums import InvoiceKind
from apps.orders.locks import invoices_alone
from apps.orders.models import Invoice, Order, OrderLine, OrderProduct, OrderRefundLine
from apps.orders.selectors.orders import with_lines


@transaction.atomic(durable=True)
def invoice_issue(*, order_id: UUID, now: datetime) -> Invoice | None:
    """Return the invoice of an order, which is issued now unless it was before; None if nothing was sold.

    Raises:
        RuntimeError: there is a transaction already.
    """
    return _invoice(order_id, now)


@transaction.atomic(durable=True)
def invoice_credit(*, order_id: UUID, reference: UUID, amount_cents: int, now: datetime) -> Invoice | None:
    """Return the credit note for money that went back to the buyer; None if there is nothing to correct.

    `reference` names the refund: a second call with it returns the first credit note. An order that was paid gets its
    invoice first, if no worker has issued it yet. All credit notes of an invoice are no more than its total: a refund
    may be more, after staff have accepted another amount than the total.

    Raises:
        RuntimeError: there is a transaction already.
    """
    invoice = _invoice(order_id, now)
    if invoice is None:
        return None
    invoices_alone()
    if issued := Invoice.objects.filter(reference=reference).first():
        return issued
    credited = invoice.credit_notes.aggregate(cents=Sum("total_cents"))["cents"] or 0
    amount_cents = min(amount_cents, invoice.total_cents - credited)
    if not amount_cents:
        return None
    parts = _credited(reference, amount_cents)
    return _numbered(
        Invoice(
            order_id=order_id,
            kind=InvoiceKind.CREDIT_NOTE,
            reference=reference,
            corrects=invoice,
            seller=invoice.seller,
            buyer=invoice.buyer,
            lines=_credit_lines(parts),
            currency=invoice.currency,
            subtotal_cents=sum(part.list_cents for part in parts) if parts else amount_cents,
            fee_cents=sum(part.fee_cents for part in parts),
            discount_cents=sum(part.discount_cents for part in parts),
            total_cents=amount_cents,
            issued_at=now,
        )
    )


def _invoice(order_id: UUID, now: datetime) -> Invoice | None:
    if issued := Invoice.objects.filter(reference=order_id).first():
        return issued
    order = with_lines(Order.objects.filter(id=order_id)).get()
    if order.paid_at is None or order.ended_at is not None:
        return None
    invoices_alone()
    return Invoice.objects.filter(reference=order_id).first() or _numbered(
        Invoice(
            order=order,
            kind=InvoiceKind.INVOICE,
            reference=order.id,
            seller=settings.INVOICE_SELLER,
            buyer={"name": order.name, "email": order.email},
            lines=[*map(_line, order.lines.all()), *map(_product, order.products.all())],
            currency=order.currency,
            subtotal_cents=order.subtotal_cents,
            fee_cents=order.fee_cents,
            discount_cents=order.discount_cents,
            total_cents=order.total_cents,
            issued_at=now,
        )
    )


def _numbered(invoice: Invoice) -> Invoice:
    last = Invoice.objects.filter(kind=invoice.kind).aggregate(number=Max("number"))["number"] or 0
    invoice.number = last + 1
    invoice.save(force_insert=True)
    return invoice


def _credited(refund_id: UUID, amount_cents: int) -> list[OrderRefundLine]:
    """Return the parts of a refund, by seat and product; nothing if they are not known, or more than is credited."""
    lines = OrderRefundLine.objects.select_related(
        "line__event__venue", "line__listing__season_ticket", "sale__ticket", "product"
    )
    parts = list(lines.filter(refund=refund_id).order_by("id"))
    return parts if sum(part.amount_cents for part in parts) == amount_cents else []


def _credit_lines(parts: Iterable[OrderRefundLine]) -> list[dict[str, Any]]:
    found: dict[UUID, dict[str, Any]] = {}
    for part in parts:
        if part.product:
            found[part.product.id] = {**_named(part.product), "total_cents": part.amount_cents}
        elif part.line and part.sale:
            row = found.setdefault(part.line.id, {**_seats(part.line), "seats": [], "total_cents": 0})
            row["seats"].append(part.sale.ticket.seat)
            row["total_cents"] += part.amount_cents
    return list(found.values())


def _line(line: OrderLine) -> dict[str, Any]:
    return {
        **_seats(line),
        "price_cents": line.price_cents,
        "fee_cents": line.fee_cents,
        "discount_cents": line.discount_cents,
        "total_cents": line.total_cents,
    }


def _seats(line: OrderLine) -> dict[str, Any]:
    event, block = line.event, line.listing.season_ticket
    return {
        "event": event.label,
        "start": event.local_start,
        "venue": str(event.venue),
        "section": block.section,
        "row": block.row,
        "seats": line.seats,
    }


def _product(line: OrderProduct) -> dict[str, Any]:
    return {
        **_named(line),
        "price_cents": line.price_cents,
        "fee_cents": 0,
        "discount_cents": line.discount_cents,
        "total_cents": line.total_cents,
    }


def _named(line: OrderProduct) -> dict[str, Any]:
    return {"product": line.name, "quantity": line.quantity}
