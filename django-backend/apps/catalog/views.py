"""The catalogue over HTTP: everybody signed in reads it, nobody writes it here; staff do that in the admin."""

from typing import Any

from django.utils.cache import patch_cache_control
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from apps.catalog import filters, serializers
from apps.catalog.models import Event, League, Season, Team, Venue
from apps.catalog.selectors import event_list
from apps.common.time import time_zone_names
from apps.common.views import StrictView

TIME_ZONES_MAX_AGE_SECONDS = 24 * 60 * 60


def _described(of_list: str, of_one: str) -> Any:
    """Return the decorator of a view set: the summaries of its list and of one row."""
    summaries = {"list": extend_schema(summary=of_list), "retrieve": extend_schema(summary=of_one)}
    return lambda view: extend_schema(tags=["Catalogue"])(extend_schema_view(**summaries)(view))


@_described("Leagues by code", "One league")
class LeagueViewSet(StrictView, ReadOnlyModelViewSet[League]):
    """Leagues, and other series of events such as concerts."""

    queryset = League.objects.all()
    serializer_class = serializers.LeagueOutput
    filterset_class = filters.LeagueFilterSet
    ordering = ("code", "id")


@_described("Seasons, latest name first", "One season")
class SeasonViewSet(StrictView, ReadOnlyModelViewSet[Season]):
    """Seasons of leagues."""

    queryset = Season.objects.select_related("league")
    serializer_class = serializers.SeasonOutput
    filterset_class = filters.SeasonFilterSet
    ordering = ("-name", "-id")


@_described("Teams by name", "One team")
class TeamViewSet(StrictView, ReadOnlyModelViewSet[Team]):
    """Teams with their home venues."""

    queryset = Team.objects.select_related("league", "home_venue")
    serializer_class = serializers.TeamOutput
    filterset_class = filters.TeamFilterSet
    ordering = ("name", "id")


@_described("Venues by name", "One venue")
class VenueViewSet(StrictView, ReadOnlyModelViewSet[Venue]):
    """Venues with their time zones."""

    queryset = Venue.objects.all()
    serializer_class = serializers.VenueOutput
    filterset_class = filters.VenueFilterSet
    ordering = ("name", "id")


@_described("Events, earliest first", "One event")
class EventViewSet(StrictView, ReadOnlyModelViewSet[Event]):
    """Games and shows, past and cancelled ones too."""

    queryset = event_list()
    serializer_class = serializers.EventOutput
    filterset_class = filters.EventFilterSet
    ordering = ("starts_at", "id")


class TimeZoneListView(StrictView):
    """Names of time zones, for the forms of people who have no account yet."""

    authentication_classes = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=["Catalogue"],
        summary="IANA names of the time zones of regions",
        responses=OpenApiResponse(
            {"type": "array", "items": {"type": "string"}, "example": ["America/New_York"]},
            description="All names that a profile or a venue may have; cacheable for a day.",
        ),
    )
    def get(self, request: Request) -> Response:
        """Return the names in order."""
        response = Response(sorted(time_zone_names()))
        patch_cache_control(response, public=True, max_age=TIME_ZONES_MAX_AGE_SECONDS)
        return response
