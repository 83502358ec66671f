"""Admin pages of sales and event changes; importing a module registers its pages."""

from apps.orders.admin import events, feed, sales

__all__ = ["events", "feed", "sales"]
