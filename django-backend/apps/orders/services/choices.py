"""Buyers give back seats at an event that was postponed or moved after they had ordered."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.common.acts import Act, ChangeSource
from apps.orders.errors.refunds import NothingToChoose
from apps.orders.locks import order_locked
from apps.orders.models import Order, OrderRefund
from apps.orders.rules.refunds import RefundScope
from apps.orders.selectors.choices import choices_of
from apps.orders.selectors.event_refunds import standing_seats
from apps.orders.selectors.orders import with_lines
from apps.orders.services.refunds import order_refund
from apps.payments.enums import RefundReason


@transaction.atomic
def order_give_back(*, order_id: UUID, event_id: UUID, now: datetime) -> OrderRefund:
    """Refund the buyer's seats at an event whole; they go back on sale unless the buyer has the tickets.

    The race: the event is moved or cancelled meanwhile. The lock of the listings is held, so either this comes first,
    or the choice is read after the change.

    Raises:
        Order.DoesNotExist: there is none.
        NothingToChoose: the order has no seats there, the event was not moved since, or it is too late.
        NothingToRefund, OrderNotRefundable: as their names say.
    """
    order_locked(order_id)
    order = with_lines(Order.objects.filter(id=order_id)).get()
    if (order_id, event_id) not in choices_of([order], now=now):
        raise NothingToChoose
    seats: dict[UUID, list[str]] = {}
    for seat in (standing := standing_seats(event_id, order_id)):
        seats.setdefault(seat.line.id, []).append(seat.name)
    return order_refund(
        order_id=order_id,
        scope=RefundScope(seats=seats),
        reason=RefundReason.REQUESTED,
        return_seats=not any(seat.sale.delivered_at for seat in standing),
        act=Act(None, ChangeSource.SHOP, now),
    )
