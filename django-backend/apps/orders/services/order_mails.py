"""Mails to buyers: put into the outbox, sent by a worker, and sent again on request. Each keeps what became of it.

The outbox carries ids only. What a mail says is read when it is sent, to the address that the order has then.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.catalog.models import EventChange
from apps.common.listeners import Message
from apps.notifications.api import (
    MessageUndeliverable,
    NewMessage,
    address_mail_send,
    failure_words,
    outbox_put_many,
    outbox_retry,
)
from apps.notifications.models import OutboxMessage
from apps.orders.enums import CANCELLED_BY_BUYER, OrderMailKind, OrderMailState, OrderStatus
from apps.orders.errors.mails import OrderHasNoMail, OrderMailNotLost, TooManyMails
from apps.orders.locks import order_mails_alone
from apps.orders.models import Order, OrderLine, OrderMail, OrderRefund
from apps.orders.selectors.event_orders import last_change_since_placed, orders_affected_by
from apps.orders.selectors.orders import with_lines
from apps.orders.services.invoices import invoice_credit, invoice_issue
from apps.orders.services.order_mail_contents import contents_of
from apps.orders.topics import EventChanged, OrderEnded, OrderMailDue, OrderPaid, OrderRefunded, OrderUnavailable

MOST_COPIES: Final = 3  # of all mails of an order, on request of the buyer
COPIES_WITHIN: Final = timedelta(hours=1)


def order_paid_confirm(*, message: Message[OrderPaid], now: datetime) -> None:
    """Issue the invoice of an order, and put the mail that carries it.

    A change of the event while the buyer was paying found no sale, so the mail about it follows here.
    """
    order_id = message.payload.order_id
    if invoice_issue(order_id=order_id, now=now):
        order_mail_put(order_id=order_id, kind=OrderMailKind.PAID, occasion=order_id, now=now)
        if change_id := last_change_since_placed(order_id=order_id):
            order_mail_put(order_id=order_id, kind=OrderMailKind.EVENT, occasion=change_id, now=now)


def order_ended_notify(*, message: Message[OrderEnded], now: datetime) -> None:
    """Put the mail about an order that nobody paid, unless the buyer has cancelled it or has paid meanwhile."""
    order = Order.objects.get(id=message.payload.order_id)
    if order.ended_at and not order.paid_at and order.end_reason != CANCELLED_BY_BUYER:
        order_mail_put(order_id=order.id, kind=OrderMailKind.ENDED, occasion=order.id, now=now)


def order_unavailable_notify(*, message: Message[OrderUnavailable], now: datetime) -> None:
    """Put the apology for seats that were gone when the money arrived."""
    order_id = message.payload.order_id
    order_mail_put(order_id=order_id, kind=OrderMailKind.UNAVAILABLE, occasion=order_id, now=now)


def order_refunded_confirm(*, message: Message[OrderRefunded], now: datetime) -> None:
    """Issue the credit note for a refund, and put the mail that carries it.

    The mail follows without one if the invoice is credited in full: staff had accepted more money than its total. An
    order without a sale has no invoice, and the apology has announced its refund.
    """
    order_id, refund_id = message.payload.order_id, message.payload.refund_id
    if not OrderLine.objects.filter(order=order_id, batch_id__isnull=False).exists():
        return
    amount_cents = OrderRefund.objects.values_list("amount_cents", flat=True).get(id=refund_id)
    invoice_credit(order_id=order_id, reference=refund_id, amount_cents=amount_cents, now=now)
    order_mail_put(order_id=order_id, kind=OrderMailKind.REFUND, occasion=refund_id, now=now)


def event_changed_tell(*, message: Message[EventChanged], now: datetime) -> None:
    """Put a mail for each order that has seats at an event which was postponed, moved or cancelled.

    Raises:
        MessageUndeliverable: there is no such change.
    """
    change = EventChange.objects.select_related("event").filter(id=message.payload.event_change_id).first()
    if change is None:
        raise MessageUndeliverable("There is no such change of an event.")
    order_ids = orders_affected_by(change).values_list("id", flat=True)
    order_mails_put(order_ids=list(order_ids), kind=OrderMailKind.EVENT, occasion=change.id, now=now)


def order_mail_put(*, order_id: UUID, kind: OrderMailKind, occasion: UUID, now: datetime) -> None:
    """Put one mail, as `order_mails_put` does."""
    order_mails_put(order_ids=[order_id], kind=kind, occasion=occasion, now=now)


@transaction.atomic
def order_mails_put(*, order_ids: Collection[UUID], kind: OrderMailKind, occasion: UUID, now: datetime) -> None:
    """Put a mail to the buyer of each order into the outbox, except where there is one about this occasion.

    Raises:
        IntegrityError: somebody else puts one at this moment; it may be repeated.
    """
    there = OrderMail.objects.filter(order__in=order_ids, kind=kind, occasion=occasion)
    missing = sorted(set(order_ids) - set(there.values_list("order", flat=True)))
    _put([OrderMail(order_id=order_id, kind=kind, occasion=occasion, queued_at=now) for order_id in missing], now=now)


@transaction.atomic
def order_mail_resend(*, order_id: UUID, now: datetime) -> OrderMail:
    """Send a mail again that the buyer asks for, to the address of the order; return the new copy.

    It is the confirmation, as long as the buyer has all that it confirms; otherwise the latest mail about the order.

    Raises:
        OrderHasNoMail: there is no mail about this order.
        TooManyMails: there were `MOST_COPIES` within the last hour.
    """
    order_mails_alone(order_id)
    mails = OrderMail.objects.filter(order=order_id)
    is_whole = Order.objects.filter(id=order_id, status__in=[OrderStatus.PAID, OrderStatus.FULFILLED]).exists()
    mail = (mails.filter(kind=OrderMailKind.PAID).first() if is_whole else None) or mails.first()
    if mail is None:
        raise OrderHasNoMail
    recent = list(mails.filter(copy__gt=0, queued_at__gt=now - COPIES_WITHIN).order_by("queued_at"))
    if len(recent) >= MOST_COPIES:
        raise TooManyMails(wait=recent[-MOST_COPIES].queued_at + COPIES_WITHIN - now)
    same = mails.filter(kind=mail.kind, occasion=mail.occasion)
    copy = OrderMail(order_id=order_id, kind=mail.kind, occasion=mail.occasion, copy=same.count(), queued_at=now)
    _put([copy], now=now)
    return copy


def order_mail_retry(*, mail_id: UUID, now: datetime) -> None:
    """Have a mail that failed, or was given up, sent now; for staff.

    Raises:
        OrderMailNotLost: it was sent, waits for its first attempt, or is being sent.
    """
    mail = OrderMail.objects.get(id=mail_id)
    messages = OutboxMessage.objects.filter(
        topic=OrderMailDue.name, aggregate_key=_key(mail), payload__order_mail_id=str(mail.id)
    )
    if not outbox_retry(message_ids=list(messages.values_list("id", flat=True)), now=now):
        raise OrderMailNotLost


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


def _key(mail: OrderMail) -> str:
    return f"order:{mail.order_id}"


def _put(mails: Sequence[OrderMail], *, now: datetime) -> None:
    OrderMail.objects.bulk_create(mails)
    messages = [NewMessage(payload=OrderMailDue(order_mail_id=mail.id), aggregate_key=_key(mail)) for mail in mails]
    outbox_put_many(messages=messages, now=now)


def _send(mail: OrderMail, *, message_id: UUID) -> None:
    order = with_lines(Order.objects.filter(id=mail.order_id)).get()
    if order.erased_at:
        raise MessageUndeliverable("The buyer's data was erased.")
    contents = contents_of(mail, order)
    address_mail_send(
        to=order.email,
        reply_to=settings.SUPPORT_EMAIL,
        template=contents.template,
        context=dict(contents.context),
        message_id=message_id,
        attachments=contents.attachments,
    )
