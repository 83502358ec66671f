"""Staff void sales and record deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.common.acts import Act
from apps.listings.api import listing_seats_return
from apps.notifications.api import NewMessage, outbox_put_many
from apps.orders.enums import DeliveryStatus
from apps.orders.errors.sales import SaleDelivered, SaleUnknown, SaleVoid, VoidReasonMissing
from apps.orders.locks import sales_locked
from apps.orders.models import Sale
from apps.orders.services.order_moves import orders_of_sales_refresh
from apps.orders.topics import SaleVoided

MAX_REASON: Final = 300


@transaction.atomic
def sales_void(*, sale_ids: Sequence[UUID], return_seats: bool, act: Act) -> list[Sale]:
    """Void sales, all or none; their split stays as it was.

    With `return_seats` the seats go back on sale if their listing is on sale or sold out; otherwise they are withdrawn,
    as `seat_returned` of each row says. Rows come in the order of `sale_ids`.

    Raises:
        VoidReasonMissing: the reason is empty.
        SaleUnknown, SaleVoid: there is no such sale, or it is void; since when.
        SeatsNotReturnable: seats are to return, and their event has begun or is cancelled.
    """
    reason = act.reason.strip()[:MAX_REASON]
    if not reason:
        raise VoidReasonMissing
    sales = _locked(sale_ids)
    returned = listing_seats_return(ticket_ids={sale.ticket_id for sale in sales}, to_sale=return_seats, act=act)
    for sale in sales:
        sale.voided_at, sale.voided_by_id, sale.void_reason = act.at, act.actor_id, reason
        sale.seat_returned, sale.updated_at = sale.ticket_id in returned, act.at
    for back in (True, False):
        rows = Sale.objects.filter(id__in=[sale.id for sale in sales if sale.seat_returned == back])
        rows.update(voided_at=act.at, voided_by=act.actor_id, void_reason=reason, seat_returned=back, updated_at=act.at)
    _notify(sales, act.at)
    return sales


@transaction.atomic
def sales_deliver(*, sale_ids: Sequence[UUID], now: datetime) -> list[Sale]:
    """Record that the buyers have the tickets of sales since `now`, all or none. Rows come in the given order.

    Raises:
        SaleUnknown, SaleVoid: there is no such sale, or it is void.
        SaleDelivered: a ticket was delivered before; since when.
    """
    sales = _locked(sale_ids)
    if delivered := {sale.id: sale.delivered_at for sale in sales if sale.delivered_at}:
        raise SaleDelivered(delivered)
    Sale.objects.filter(id__in=sale_ids).update(
        delivery_status=DeliveryStatus.COMPLETE, delivered_at=now, updated_at=now
    )
    for sale in sales:
        sale.delivery_status, sale.delivered_at, sale.updated_at = DeliveryStatus.COMPLETE, now, now
    orders_of_sales_refresh(sales, now=now)
    return sales


def _locked(sale_ids: Sequence[UUID]) -> list[Sale]:
    """Return the sales under their locks in the order of the ids, without repetitions; none of them is void."""
    found = {sale.id: sale for sale in sales_locked(sale_ids)}
    for sale_id in sale_ids:
        if sale_id not in found:
            raise SaleUnknown(sale_id)
    sales = [found[sale_id] for sale_id in dict.fromkeys(sale_ids)]
    if void := {sale.id: sale.voided_at for sale in sales if sale.voided_at}:
        raise SaleVoid(void)
    return sales


def _notify(sales: Sequence[Sale], now: datetime) -> None:
    """Put one message for the sales of each batch."""
    batches: dict[UUID, list[Sale]] = {}
    for sale in sales:
        batches.setdefault(sale.batch_id, []).append(sale)
    messages = [
        NewMessage(
            payload=SaleVoided(sale_ids=tuple(sale.id for sale in rows), holder_id=rows[0].holder_id),
            aggregate_key=f"holder:{rows[0].holder_id}",
        )
        for rows in batches.values()
    ]
    outbox_put_many(messages=messages, now=now)
