"""Notifies holders of sales and void sales: handlers of the outbox.

Each makes a notice and puts a mail in one transaction; a second call for the same message does nothing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from apps.common.listeners import Message
from apps.listings.api import event_payable
from apps.notifications.api import NewNotice, people_notify
from apps.notifications.enums import NoticeKind
from apps.orders.messages.holders import sale_context, sale_recorded_notice, sale_voided_notice
from apps.orders.models import Sale
from apps.orders.selectors.sales import sales_to_notify
from apps.orders.topics import SaleNews, SaleRecorded, SaleVoided

_NOTICES: Final = {"sale_recorded": sale_recorded_notice, "sale_voided": sale_voided_notice}


def sale_recorded_notify(*, message: Message[SaleRecorded], now: datetime) -> None:
    """Notify the holder of seats that were sold together, with the payout; sales that are void by now are left out."""
    sales = [sale for sale in sales_to_notify(sale_ids=message.payload.sale_ids) if sale.voided_at is None]
    _notify_holder(message, sales, template="sale_recorded", now=now)


def sale_voided_notify(*, message: Message[SaleVoided], now: datetime) -> None:
    """Notify the holder of sales that became void together."""
    sales = sales_to_notify(sale_ids=message.payload.sale_ids)
    _notify_holder(message, sales, template="sale_voided", now=now)


def _notify_holder(message: Message[SaleNews], sales: Sequence[Sale], *, template: str, now: datetime) -> None:
    if not sales:
        return
    context = sale_context(sales=sales, due=event_payable(sales[0].event))
    notice = NewNotice(
        user_id=sales[0].holder.user_id,
        kind=NoticeKind.SALES,
        words=_NOTICES[template](context),
        object_ids=[sale.id for sale in sales],
        template=template,
        context=context,
    )
    people_notify(notices=[notice], source_id=message.id, now=now)
