"""Admin pages of sales and event changes; importing a module registers its pages."""

from apps.orders.admin import carts, coupons, events, feed, invoices, orders, products, refunds, sales

__all__ = ["carts", "coupons", "events", "feed", "invoices", "orders", "products", "refunds", "sales"]
