"""Invariants of orders: who has paid has the seats, and no order waits for a payment that has ended."""

from datetime import datetime, timedelta
from typing import Final

from apps.monitoring.selectors.invariants.base import Found, Invariant, SqlInvariant, found_in
from apps.orders.enums import OPEN_ORDER_STATUSES, TAKEN_ORDER_STATUSES
from apps.orders.models import Order
from apps.payments.enums import OPEN_PAYMENT_STATUSES

FOLLOW_LATE: Final = timedelta(hours=1)


class PaidOrdersHaveSales(SqlInvariant):
    """A buyer who has paid and has no sale has no seat; a sale may be void, as after a refund.

    An order that is over was paid too late, and its money goes back.
    """

    name = "paid_orders_have_sales"
    title = "Paid orders"
    sentence = "Each paid order has sales for all its seats, unless it is over, and no other order has any."
    page = "orders_order"
    statement = """
        SELECT line.order_id AS id FROM orders_orderline AS line
        JOIN orders_order AS one ON one.id = line.order_id
        LEFT JOIN (
            SELECT batch_id, count(*) AS seats FROM orders_sale GROUP BY batch_id
        ) AS sold ON sold.batch_id = line.batch_id
        WHERE COALESCE(sold.seats, 0) <>
            CASE WHEN one.status = ANY(%(taken)s) AND one.ended_at IS NULL THEN line.quantity ELSE 0 END
        GROUP BY line.order_id
    """
    values = {"taken": sorted(status.value for status in TAKEN_ORDER_STATUSES)}


class OrdersFollowTheirPayments(Invariant):
    """A worker tells an order within seconds what has become of its payment."""

    name = "orders_follow_payments"
    title = "Orders"
    sentence = "No order is open an hour after its payment has ended, paid or not."
    page = "orders_order"

    def find(self, *, now: datetime) -> Found:
        """Return the orders that are late."""
        ended = Order.objects.filter(status__in=OPEN_ORDER_STATUSES, payment__moved_at__lte=now - FOLLOW_LATE)
        return found_in(ended.exclude(payment__status__in=OPEN_PAYMENT_STATUSES))
