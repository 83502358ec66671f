"""Admin pages of sales and event changes; importing a module registers its pages."""

from apps.orders.admin import events, sales

__all__ = ["events", "sales"]
