"""What each kind of mail to a buyer says, read when it is sent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Prefetch
from django.utils import timezone

from apps.catalog.models import EventChange
from apps.notifications.api import Attachment
from apps.orders.enums import OrderMailKind
from apps.orders.gateways.invoice_pdf import invoice_pdf
from apps.orders.messages.buyers import buyer_change_context, order_context, refund_context
from apps.orders.messages.changes import change_template
from apps.orders.models import Invoice, Order, OrderMail, OrderRefund, OrderRefundLine
from apps.orders.selectors.choices import choices_of
from apps.orders.selectors.event_orders import may_bring_new_tickets, seats_of_change
from apps.orders.selectors.order_links import order_address


@dataclass(frozen=True)
class Contents:
    """What a mail says: a template of `templates/emails/`, its context, and files."""

    template: str
    context: Mapping[str, Any]
    attachments: tuple[Attachment, ...] = ()


def contents_of(mail: OrderMail, order: Order) -> Contents:
    """Return what a mail about an order from `with_lines` says now."""
    context = order_context(order, link=order_address(order.id))
    return _CONTENTS[OrderMailKind(mail.kind)](mail, order, context)


def _plain(template: str) -> Callable[[OrderMail, Order, Mapping[str, Any]], Contents]:
    return lambda _mail, _order, context: Contents(template, context)


def _paid(_mail: OrderMail, order: Order, context: Mapping[str, Any]) -> Contents:
    invoice = Invoice.objects.select_related("order").get(reference=order.id)
    return Contents("orders/paid", {**context, "invoice": invoice.code}, (_pdf(invoice),))


def _event(mail: OrderMail, order: Order, context: Mapping[str, Any]) -> Contents:
    changes = EventChange.objects.select_related("event", "from_venue", "to_venue", "from_away_team", "to_away_team")
    change = changes.get(id=mail.occasion)
    had = seats_of_change(order_id=order.id, change=change)
    standing = [seat for seat in had if seat.sale.voided_at is None]
    is_cancelled = change_template(change) == "event_cancelled"
    news = buyer_change_context(
        change=change,
        sales=[seat.sale for seat in (had if is_cancelled else standing)],
        owed_cents=min(sum(seat.left.amount_cents for seat in had), order.paid_cents),
        currency=order.currency,
        redelivery=may_bring_new_tickets(change),
        refund_until=choices_of([order], now=timezone.now()).get((order.id, change.event_id)),
    )
    return Contents(f"orders/{change_template(change)}", {**context, **news})


def _refund(mail: OrderMail, _order: Order, context: Mapping[str, Any]) -> Contents:
    lines = OrderRefundLine.objects.select_related("line__event", "sale__ticket", "product").order_by("id")
    refund = OrderRefund.objects.prefetch_related(Prefetch("lines", lines)).get(id=mail.occasion)
    note = Invoice.objects.select_related("order", "corrects").filter(reference=refund.id).first()
    news = refund_context(refund, credit_note=note.code if note else "")
    return Contents("orders/refund", {**context, **news}, (_pdf(note),) if note else ())


def _pdf(invoice: Invoice) -> Attachment:
    return Attachment(f"{invoice.code}.pdf", invoice_pdf(invoice), "application/pdf")


_CONTENTS: Final[Mapping[OrderMailKind, Callable[[OrderMail, Order, Mapping[str, Any]], Contents]]] = {
    OrderMailKind.PAID: _paid,
    OrderMailKind.ENDED: _plain("orders/ended"),
    OrderMailKind.UNAVAILABLE: _plain("orders/unavailable"),
    OrderMailKind.EVENT: _event,
    OrderMailKind.REFUND: _refund,
}
