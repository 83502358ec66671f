"""Buyers in the CRM: a handler of the outbox of its own, so that a CRM that is down delays nothing else."""

from datetime import datetime

from django.conf import settings

from apps.common.listeners import Message
from apps.orders.gateways.hubspot import contact_upsert
from apps.orders.models import Order
from apps.orders.rules.names import first_and_last
from apps.orders.topics import OrderPaid


def order_paid_to_crm(*, message: Message[OrderPaid], now: datetime) -> None:  # noqa: ARG001 - as handlers are called
    """Make the buyer a contact, or update it; nothing without a token, or if the buyer's data was erased.

    Raises:
        CrmUnanswered, MessageUndeliverable: as `contact_upsert` does.
    """
    order = Order.objects.filter(id=message.payload.order_id, erased_at=None).first()
    if order is None or not settings.HUBSPOT_ACCESS_TOKEN:
        return
    first, last = first_and_last(order.name)
    contact_upsert(email=order.email, first_name=first, last_name=last)
