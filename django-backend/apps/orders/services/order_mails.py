"""Mails to buyers: put into the outbox, sent by a worker, and sent again on request. Each keeps what became of it.

The outbox carries ids only. What a mail says is read when it is sent, to the address that the order has then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.common.listeners import Message
from apps.notifications.api import (
    Attachment,
    MessageUndeliverable,
    address_mail_send,
    failure_words,
    outbox_put,
)
from apps.orders.enums import CANCELLED_BY_BUYER, OrderMailKind, OrderMailState
from apps.orders.errors.mails import OrderHasNoMail, TooManyMails
from apps.orders.gateways.invoice_pdf import invoice_pdf
from apps.orders.locks import order_mails_alone
from apps.orders.messages import order_context
from apps.orders.models import Invoice, Order, OrderMail
from apps.orders.selectors.order_links import order_address
from apps.orders.selectors.orders import with_lines
from apps.orders.services.invoices import invoice_issue
from apps.orders.topics import OrderEnded, OrderMailDue, OrderPaid, OrderUnavailable

MOST_COPIES: Final = 5
COPIES_WITHIN: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Contents:
    """What a mail says: a template of `templates/emails/`, its context, and files."""

    template: str
    context: Mapping[str, Any]
    attachments: tuple[Attachment, ...] = ()


def _paid(mail: OrderMail, context: Mapping[str, Any]) -> Contents:
    invoice = Invoice.objects.select_related("order").get(reference=mail.order_id)
    pdf = Attachment(f"{invoice.code}.pdf", invoice_pdf(invoice), "application/pdf")
    return Contents("orders/paid", {**context, "invoice": invoice.code}, (pdf,))


# How the contents of each kind are read: from the mail, and the `order_context` of its order.
CONTENTS: Final[Mapping[OrderMailKind, Callable[[OrderMail, Mapping[str, Any]], Contents]]] = {
    OrderMailKind.PAID: _paid,
    OrderMailKind.ENDED: lambda _, context: Contents("orders/ended", context),
    OrderMailKind.UNAVAILABLE: lambda _, context: Contents("orders/unavailable", context),
}


def order_paid_confirm(*, message: Message[OrderPaid], now: datetime) -> None:
    """Issue the invoice of an order, and put the mail that carries it."""
    order_id = message.payload.order_id
    if invoice_issue(order_id=order_id, now=now):
        order_mail_put(order_id=order_id, kind=OrderMailKind.PAID, occasion=order_id, now=now)


def order_ended_notify(*, message: Message[OrderEnded], now: datetime) -> None:
    """Put the mail about an order that nobody paid, unless the buyer has cancelled it or has paid meanwhile."""
    order = Order.objects.get(id=message.payload.order_id)
    if order.ended_at and not order.paid_at and order.end_reason != CANCELLED_BY_BUYER:
        order_mail_put(order_id=order.id, kind=OrderMailKind.ENDED, occasion=order.id, now=now)


def order_unavailable_notify(*, message: Message[OrderUnavailable], now: datetime) -> None:
    """Put the apology for seats that were gone when the money arrived."""
    order_id = message.payload.order_id
    order_mail_put(order_id=order_id, kind=OrderMailKind.UNAVAILABLE, occasion=order_id, now=now)


@transaction.atomic
def order_mail_put(*, order_id: UUID, kind: OrderMailKind, occasion: UUID, now: datetime) -> OrderMail:
    """Put a mail to the buyer of an order into the outbox; a second call for the occasion returns the first mail."""
    mail, is_new = OrderMail.objects.get_or_create(
        order_id=order_id, kind=kind, occasion=occasion, copy=0, defaults={"queued_at": now}
    )
    if is_new:
        _put(mail, now=now)
    return mail


@transaction.atomic
def order_mail_resend(*, order_id: UUID, now: datetime) -> OrderMail:
    """Send the confirmation of an order again, or the latest mail about an order that has none; return the new copy.

    Raises:
        OrderHasNoMail: there is no mail about this order.
        TooManyMails: there were `MOST_COPIES` within the last hour.
    """
    order_mails_alone(order_id)
    mails = OrderMail.objects.filter(order=order_id)
    first = mails.filter(kind=OrderMailKind.PAID).last() or mails.first()
    if first is None:
        raise OrderHasNoMail
    recent = list(mails.filter(copy__gt=0, queued_at__gt=now - COPIES_WITHIN).order_by("queued_at"))
    if len(recent) >= MOST_COPIES:
        raise TooManyMails(wait=recent[-MOST_COPIES].queued_at + COPIES_WITHIN - now)
    same = mails.filter(kind=first.kind, occasion=first.occasion)
    mail = OrderMail.objects.create(
        order_id=order_id, kind=first.kind, occasion=first.occasion, copy=same.count(), queued_at=now
    )
    _put(mail, now=now)
    return mail


def order_mail_deliver(*, message: Message[OrderMailDue], now: datetime) -> None:
    """Send a mail from the outbox and note what became of it; one that was sent is not sent again.

    Raises:
        MessageUndeliverable: the mail server refuses the address for good, or the buyer's data was erased.
        DeliveryDelayed, OSError, SMTPException, AnymailError: the mail server is not there or does not take it now.
    """
    mail = OrderMail.objects.get(id=message.payload.order_mail_id)
    if mail.state == OrderMailState.SENT:
        return
    try:
        _send(mail, message_id=message.id)
    except Exception as error:
        is_final = isinstance(error, MessageUndeliverable)
        mail.state = OrderMailState.UNDELIVERABLE if is_final else OrderMailState.FAILED
        mail.error = failure_words(error)
        mail.save(update_fields=["state", "error", "updated_at"])
        raise
    mail.state, mail.sent_at, mail.error = OrderMailState.SENT, now, ""
    mail.save(update_fields=["state", "sent_at", "error", "updated_at"])


def _put(mail: OrderMail, *, now: datetime) -> None:
    outbox_put(payload=OrderMailDue(order_mail_id=mail.id), aggregate_key=f"order:{mail.order_id}", now=now)


def _send(mail: OrderMail, *, message_id: UUID) -> None:
    order = with_lines(Order.objects.filter(id=mail.order_id)).get()
    if order.erased_at:
        raise MessageUndeliverable("The buyer's data was erased.")
    context = order_context(order, link=order_address(order.id))
    contents = CONTENTS[OrderMailKind(mail.kind)](mail, context)
    address_mail_send(
        to=order.email,
        reply_to=settings.SUPPORT_EMAIL,
        template=contents.template,
        context=dict(contents.context),
        message_id=message_id,
        attachments=contents.attachments,
    )
