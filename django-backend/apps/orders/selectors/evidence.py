"""What we know about an order, for its buyer's bank: who ordered and accepted what, what was delivered and mailed."""

from uuid import UUID

from apps.common.money import cents_to_text
from apps.common.rows import Row
from apps.orders.models import Invoice, Order, OrderMail, Sale
from apps.orders.selectors.orders import orders_answer, with_lines
from apps.orders.selectors.refunds import refund_answer, refunds_of
from apps.payments.models import Dispute


def evidence_answer(order_id: UUID) -> Row:
    """Return the evidence about an order, as `OrderEvidenceOutput` describes it.

    It goes to other people, so it has no link with which they could act for the buyer.

    Raises:
        Order.DoesNotExist: there is none.
    """
    order = with_lines(Order.objects.filter(id=order_id)).get()
    facts = orders_answer([order])[0]
    del facts["id"]
    batches = [line.batch_id for line in order.lines.all() if line.batch_id]
    sales = Sale.objects.filter(batch_id__in=batches).select_related("ticket", "event__venue").order_by("id")
    mails = OrderMail.objects.filter(order=order).order_by("id")
    return {
        "order": facts,
        "disputes": [_dispute(dispute) for dispute in Dispute.objects.filter(payment=order.payment_id).order_by("id")],
        "deliveries": [_delivery(sale) for sale in sales],
        "mails": [
            {name: getattr(mail, name) for name in ("kind", "copy", "state", "queued_at", "sent_at")} for mail in mails
        ],
        "invoices": [
            {"code": one.code, "total": cents_to_text(one.total_cents), "issued_at": one.issued_at}
            for one in Invoice.objects.filter(order=order).order_by("id")
        ],
        "refunds": [refund_answer(refund) for refund in refunds_of(order_id=order_id)],
    }


def _dispute(dispute: Dispute) -> Row:
    return {
        "stripe_id": dispute.stripe_dispute_id,
        "amount": cents_to_text(dispute.amount_cents),
        "reason": dispute.reason,
        "status": dispute.status,
        "opened_at": dispute.opened_at,
        "due_by": dispute.due_by,
        "closed_at": dispute.closed_at,
    }


def _delivery(sale: Sale) -> Row:
    return {
        "event": sale.event.label,
        "starts_at_local": sale.event.local_start,
        "section": sale.ticket.section,
        "row": sale.ticket.row,
        "seat": sale.ticket.seat,
        "sold_at": sale.sold_at,
        "delivered_at": sale.delivered_at,
        "voided_at": sale.voided_at,
    }
