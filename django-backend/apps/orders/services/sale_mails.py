"""Notifies holders of sales and void sales: handlers of the outbox.

Each makes a notice and puts a mail in one transaction; a second call for the same message does nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from apps.listings.api import event_payable
from apps.notifications.api import NewMail, NewNotice, people_tell
from apps.notifications.enums import NoticeKind
from apps.notifications.models import OutboxMessage
from apps.orders.messages import sale_context, sale_recorded_notice, sale_voided_notice
from apps.orders.models import Sale
from apps.orders.selectors import sales_told

_NOTICES: Final = {"sale_recorded": sale_recorded_notice, "sale_voided": sale_voided_notice}


def sale_recorded_tell(*, message: OutboxMessage, now: datetime) -> None:
    """Notify the holder of seats that were sold together, with the payout; sales that are void by now are left out."""
    sales = [sale for sale in _sales(message) if sale.voided_at is None]
    _tell(message, sales, template="sale_recorded", now=now)


def sale_voided_tell(*, message: OutboxMessage, now: datetime) -> None:
    """Notify the holder of sales that became void together."""
    _tell(message, _sales(message), template="sale_voided", now=now)


def _sales(message: OutboxMessage) -> list[Sale]:
    return sales_told(sale_ids=message.payload["sale_ids"])


def _tell(message: OutboxMessage, sales: Sequence[Sale], *, template: str, now: datetime) -> None:
    if not sales:
        return
    context = sale_context(sales=sales, due=event_payable(sales[0].event))
    words = _NOTICES[template](context)
    notice = NewNotice(
        user_id=sales[0].holder.user_id,
        kind=NoticeKind.SALES,
        title=words.title,
        text=words.text,
        object_ids=[sale.id for sale in sales],
    )
    mail = NewMail(user_id=notice.user_id, template=template, context=context, kind=notice.kind)
    people_tell(notices=[notice], mails=[mail], source_id=message.id, now=now)
