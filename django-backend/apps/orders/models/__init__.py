"""The tables of orders."""

from apps.orders.models.carts import Cart, CartLine
from apps.orders.models.sales import Marketplace, Sale

__all__ = ["Cart", "CartLine", "Marketplace", "Sale"]
