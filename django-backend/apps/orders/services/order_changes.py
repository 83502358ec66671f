"""What buyers change about an order after the checkout."""

from uuid import UUID

from django.db import transaction

from apps.orders.enums import ENDED_ORDER_STATUSES, DeliveryStatus
from apps.orders.errors.orders import OrderNotChangeable
from apps.orders.locks import order_locked
from apps.orders.models import Sale


@transaction.atomic
def order_transfer_email_set(*, order_id: UUID, email: str) -> None:
    """Change where tickets are transferred to.

    Raises:
        OrderNotChangeable: the order has ended, or a ticket was delivered.
    """
    order, lines = order_locked(order_id)
    batches = [line.batch_id for line in lines if line.batch_id]
    sold = Sale.objects.filter(batch_id__in=batches, voided_at=None)
    if order.status in ENDED_ORDER_STATUSES or sold.filter(delivery_status=DeliveryStatus.COMPLETE).exists():
        raise OrderNotChangeable
    order.transfer_email = email
    order.save(update_fields=["transfer_email", "updated_at"])
