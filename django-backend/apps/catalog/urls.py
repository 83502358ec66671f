"""Addresses of the catalogue, below the prefix of the API version."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from apps.catalog import views

router = SimpleRouter()
router.register("leagues", views.LeagueViewSet, basename="league")
router.register("seasons", views.SeasonViewSet, basename="season")
router.register("teams", views.TeamViewSet, basename="team")
router.register("venues", views.VenueViewSet, basename="venue")
router.register("events", views.EventViewSet, basename="event")

urlpatterns = [*router.urls, path("timezones/", views.TimeZoneListView.as_view(), name="timezone-list")]
