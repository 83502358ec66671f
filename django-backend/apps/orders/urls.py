"""Addresses of the market, carts, orders, sales and event changes, below api/v1/, and of pages for buyers."""

from django.urls import URLPattern, path
from rest_framework.routers import SimpleRouter

from apps.orders.views.cart_products import CartProductsView, CartProductView
from apps.orders.views.carts import (
    CartCouponView,
    CartLinesView,
    CartLineView,
    CartMergeView,
    CartPricesView,
    CartView,
)
from apps.orders.views.event_refunds import StaffEventRefundsView
from apps.orders.views.market import MarketEventViewSet, MarketListingViewSet, MarketProductViewSet
from apps.orders.views.orders import (
    CheckoutView,
    OrderCancelView,
    OrderDownloadView,
    OrderMailView,
    OrderPayView,
    OrderRefundView,
    OrderView,
    OwnOrderViewSet,
)
from apps.orders.views.pages import (
    OrderPageCancelView,
    OrderPageMailView,
    OrderPageView,
    order_refund_process,
    payment_process,
)
from apps.orders.views.refunds import StaffRefundAssignView, StaffRefundRetryView, StaffRefundsView
from apps.orders.views.sales import MarketplaceViewSet, SaleViewSet, StaffEventViewSet, StaffSaleViewSet
from apps.orders.views.staff_orders import StaffOrderViewSet

router = SimpleRouter()
router.register("staff/events", StaffEventViewSet, basename="staff-event")
router.register("staff/orders", StaffOrderViewSet, basename="staff-order")
router.register("staff/sales", StaffSaleViewSet, basename="staff-sale")
router.register("sales", SaleViewSet, basename="sale")
router.register("marketplaces", MarketplaceViewSet, basename="marketplace")
router.register("market/products", MarketProductViewSet, basename="market-product")
router.register("market/events", MarketEventViewSet, basename="market-event")

urlpatterns = [
    *router.urls,
    path("cart/", CartView.as_view(), name="cart"),
    path("cart/lines/", CartLinesView.as_view(), name="cart-lines"),
    path("cart/lines/<pk>/", CartLineView.as_view(), name="cart-line"),
    path("cart/products/", CartProductsView.as_view(), name="cart-products"),
    path("cart/products/<pk>/", CartProductView.as_view(), name="cart-product"),
    path("cart/accept-prices/", CartPricesView.as_view(), name="cart-accept-prices"),
    path("cart/coupon/", CartCouponView.as_view(), name="cart-coupon"),
    path("cart/merge/", CartMergeView.as_view(), name="cart-merge"),
    path("checkout/", CheckoutView.as_view(), name="checkout"),
    path("orders/", OwnOrderViewSet.as_view({"get": "list"}), name="order-list"),
    path("orders/<pk>/", OrderView.as_view(), name="order"),
    path("orders/<pk>/downloads/<line>/", OrderDownloadView.as_view(), name="order-download"),
    path("orders/<pk>/pay/", OrderPayView.as_view(), name="order-pay"),
    path("orders/<pk>/cancel/", OrderCancelView.as_view(), name="order-cancel"),
    path("orders/<pk>/resend-mail/", OrderMailView.as_view(), name="order-resend-mail"),
    path("orders/<pk>/refund/", OrderRefundView.as_view(), name="order-refund"),
    path("staff/orders/<pk>/refunds/", StaffRefundsView.as_view(), name="staff-refunds"),
    path("staff/orders/<pk>/refunds/<refund>/retry/", StaffRefundRetryView.as_view(), name="staff-refund-retry"),
    path("staff/orders/<pk>/refunds/<refund>/assign/", StaffRefundAssignView.as_view(), name="staff-refund-assign"),
    path("staff/events/<pk>/refunds/", StaffEventRefundsView.as_view(), name="staff-event-refunds"),
    path("market/events/<pk>/listings/", MarketListingViewSet.as_view({"get": "list"}), name="market-listing-list"),
]

order_pages: list[URLPattern] = [
    path("orders/<str:token>/", OrderPageView.as_view(), name="order_page"),
    path("orders/<str:token>/cancel/", OrderPageCancelView.as_view(), name="order_page_cancel"),
    path("orders/<str:token>/mail/", OrderPageMailView.as_view(), name="order_page_mail"),
    path("orders/<str:token>/refund/", order_refund_process, name="order_page_refund"),
    path("payment/process/", payment_process, name="payment_process"),
]
