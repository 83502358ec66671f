"""Addresses of season tickets, below api/v1/."""

from rest_framework.routers import SimpleRouter

from apps.season_tickets.views import SeasonTicketViewSet, StaffSeasonTicketViewSet

router = SimpleRouter()
router.register("season-tickets", SeasonTicketViewSet, basename="season-ticket")
router.register("staff/season-tickets", StaffSeasonTicketViewSet, basename="staff-season-ticket")

urlpatterns = router.urls
