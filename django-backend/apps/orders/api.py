"""What other apps may use of orders: what happened to sales and events."""

from apps.orders.topics import EventChanged, SaleNews, SaleRecorded, SaleVoided

__all__ = [
    "EventChanged", "SaleNews", "SaleRecorded", "SaleVoided",
]  # fmt: skip
