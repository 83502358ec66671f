"""Addresses of season tickets, listings and the payout preview, below api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.listings.views.listings import ListingViewSet, PayoutPreviewView, TicketViewSet
from apps.listings.views.season_tickets import SeasonTicketViewSet
from apps.listings.views.staff import StaffListingViewSet, StaffSeasonTicketViewSet

router = SimpleRouter()
router.register("season-tickets", SeasonTicketViewSet, basename="season-ticket")
router.register("listings", ListingViewSet, basename="listing")
router.register("tickets", TicketViewSet, basename="ticket")
router.register("staff/season-tickets", StaffSeasonTicketViewSet, basename="staff-season-ticket")
router.register("staff/listings", StaffListingViewSet, basename="staff-listing")

urlpatterns = [*router.urls, path("payout-preview/", PayoutPreviewView.as_view(), name="payout-preview")]
