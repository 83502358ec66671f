"""Addresses of listings, the games of season tickets and the payout preview, below api/v1/."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.listings.views.listings import ListingViewSet, PayoutPreviewView, SeasonViewSet, TicketViewSet
from apps.listings.views.staff import StaffListingViewSet

router = SimpleRouter()
router.register("season-tickets", SeasonViewSet, basename="season-ticket")
router.register("listings", ListingViewSet, basename="listing")
router.register("tickets", TicketViewSet, basename="ticket")
router.register("staff/listings", StaffListingViewSet, basename="staff-listing")

urlpatterns = [*router.urls, path("payout-preview/", PayoutPreviewView.as_view(), name="payout-preview")]
