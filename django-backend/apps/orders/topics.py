"""What happened to sales and orders, and to events with sales."""

from uuid import UUID

from apps.common.topics import Topic
from apps.orders.enums import OrderConcern


class SaleNews(Topic):
    """Something happened to sales of one holder, which were made together."""

    sale_ids: tuple[UUID, ...]
    holder_id: UUID


class SaleRecorded(SaleNews, name="sale.recorded"):
    """Seats were sold."""


class SaleVoided(SaleNews, name="sale.voided"):
    """Sales became void."""


class EventChanged(Topic, name="event.changed"):
    """An event was postponed, rescheduled or cancelled."""

    event_change_id: UUID


class OrderNews(Topic):
    """Something happened to an order."""

    order_id: UUID


class OrderPaid(OrderNews, name="order.paid"):
    """The order was paid, and its seats are sold."""


class OrderEnded(OrderNews, name="order.ended"):
    """Nobody paid the order; its seats are no longer held."""


class OrderUnavailable(OrderNews, name="order.unavailable"):
    """The money arrived after the seats had gone to somebody else: all of it is refunded."""


class OrderRefunded(OrderNews, name="order.refunded"):
    """A refund of the order has succeeded."""

    refund_id: UUID


class OrderRaised(OrderNews, name="order.raised"):
    """Staff must look at the order."""

    concern: OrderConcern


class EventRefundsEnded(Topic, name="event.refunds_ended"):
    """Every order with seats of a cancelled event was refunded, or is left to staff."""

    run_id: UUID


class OrderMailDue(Topic, name="order.mail"):
    """A mail to a buyer is to be sent."""

    order_mail_id: UUID
