"""Admin pages of sales and event changes; importing a module registers its pages."""

from apps.orders.admin import carts, events, feed, invoices, sales

__all__ = ["carts", "events", "feed", "invoices", "sales"]
