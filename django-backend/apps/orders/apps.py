"""Sales of consigned seats."""

from django.apps import AppConfig


class OrdersConfig(AppConfig):
    """Row 5 of the design: what was sold, for how much, and how the money is shared."""

    name = "apps.orders"
