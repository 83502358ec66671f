"""Addresses of season tickets and listings, below api/v1/."""

from rest_framework.routers import SimpleRouter

from apps.listings.views import ListingViewSet, SeasonTicketViewSet

router = SimpleRouter()
router.register("season-tickets", SeasonTicketViewSet, basename="season-ticket")
router.register("listings", ListingViewSet, basename="listing")

urlpatterns = router.urls
