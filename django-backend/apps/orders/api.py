"""What other apps may use of orders: what happened to sales and events."""

from apps.orders.topics import EventChanged, EventRefundsEnded, OrderRaised, SaleNews, SaleRecorded, SaleVoided

__all__ = [
    "EventChanged", "EventRefundsEnded", "OrderRaised", "SaleNews", "SaleRecorded", "SaleVoided",
]  # fmt: skip
