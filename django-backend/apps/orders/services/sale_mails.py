"""Tells holders by mail what was sold, and what is void: handlers of the outbox."""

from collections.abc import Sequence
from datetime import datetime

from apps.listings.selectors.payouts import event_payable
from apps.notifications.models import OutboxMessage
from apps.notifications.services import NewMail, mail_send
from apps.orders.messages import sale_context
from apps.orders.models import Sale
from apps.orders.selectors import sales_told


def sale_recorded_tell(*, message: OutboxMessage, now: datetime) -> None:  # noqa: ARG001 - what handlers are called with
    """Mail the holder the seats that were sold together, with the payout; sales that are void by now are left out.

    Raises:
        MessageUndeliverable: the holder's user is switched off.
        OSError, SMTPException: the mail server is not there or does not take the mail now.
    """
    _send(message, [sale for sale in _sales(message) if sale.voided_at is None], template="sale_recorded")


def sale_voided_tell(*, message: OutboxMessage, now: datetime) -> None:  # noqa: ARG001 - what handlers are called with
    """Mail the holder the sales that became void together; errors are those of `sale_recorded_tell`."""
    _send(message, _sales(message), template="sale_voided")


def _sales(message: OutboxMessage) -> list[Sale]:
    return sales_told(sale_ids=message.payload["sale_ids"])


def _send(message: OutboxMessage, sales: Sequence[Sale], *, template: str) -> None:
    if sales:
        context = sale_context(sales=sales, due=event_payable(sales[0].event))
        mail = NewMail(user_id=sales[0].holder.user_id, template=template, context=context)
        mail_send(mail=mail, message_id=message.id)
