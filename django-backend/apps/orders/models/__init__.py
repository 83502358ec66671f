"""The tables of orders."""

from apps.orders.models.carts import Cart, CartLine
from apps.orders.models.coupons import Coupon, CouponUse
from apps.orders.models.invoices import Invoice, OrderMail
from apps.orders.models.orders import Order, OrderLine
from apps.orders.models.products import CartProduct, OrderProduct, Product, ProductFile
from apps.orders.models.refunds import EventRefundRun, OrderRefund, OrderRefundLine
from apps.orders.models.sales import Marketplace, Sale

__all__ = [
    "Cart", "CartLine", "CartProduct", "Coupon", "CouponUse", "EventRefundRun", "Invoice", "Marketplace", "Order",
    "OrderLine", "OrderMail", "OrderProduct", "OrderRefund", "OrderRefundLine", "Product", "ProductFile", "Sale",
]  # fmt: skip
