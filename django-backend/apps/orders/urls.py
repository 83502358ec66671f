"""Addresses of sales and event changes, below api/v1/."""

from rest_framework.routers import SimpleRouter

from apps.orders.views import MarketplaceViewSet, SaleViewSet, StaffEventViewSet, StaffSaleViewSet

router = SimpleRouter()
router.register("staff/events", StaffEventViewSet, basename="staff-event")
router.register("staff/sales", StaffSaleViewSet, basename="staff-sale")
router.register("sales", SaleViewSet, basename="sale")
router.register("marketplaces", MarketplaceViewSet, basename="marketplace")

urlpatterns = [*router.urls]
