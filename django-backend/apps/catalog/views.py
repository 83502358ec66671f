"""The catalogue over HTTP: everybody signed in reads it, nobody writes it here; staff do that in the admin."""

from collections.abc import Callable
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.cache import patch_cache_control
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from apps.catalog import filters, serializers
from apps.catalog.models import Event, League, Season, Team, Venue
from apps.catalog.selectors import TEAM_COLUMNS, VENUE_COLUMNS, event_row, event_rows, season_row, team_row
from apps.common.openapi import read_schema
from apps.common.row_views import RowReads
from apps.common.rows import Row
from apps.common.time import time_zone_names
from apps.common.views import StrictView

TIME_ZONES_MAX_AGE_SECONDS = 24 * 60 * 60


class CatalogueViewSet(RowReads):
    """Rows with the columns `shown`, as `shape` makes them of the columns."""

    shown: ClassVar[tuple[str, ...]]
    shape: Callable[[Row], Row] | None = None

    def rows(self, queryset: QuerySet[Any]) -> list[Row]:
        return list(queryset.values(*self.shown))

    def answers(self, rows: list[Row]) -> list[Row]:
        return [self.shape(row) for row in rows] if self.shape else rows


@read_schema("Catalogue", "Leagues by code", "One league")
class LeagueViewSet(CatalogueViewSet):
    """Leagues, and other series of events such as concerts."""

    queryset = League.objects.all()
    shown = ("id", "code", "name", "category")
    serializer_class = serializers.LeagueOutput
    filterset_class = filters.SearchFilterSet
    ordering = ("code", "id")


@read_schema("Catalogue", "Seasons, latest name first", "One season")
class SeasonViewSet(CatalogueViewSet):
    """Seasons of leagues."""

    queryset = Season.objects.all()
    shown = ("id", "league__code", "name")
    shape = staticmethod(season_row)
    serializer_class = serializers.SeasonOutput
    filterset_class = filters.SeasonFilterSet
    ordering = ("-name", "-id")


@read_schema("Catalogue", "Teams by name", "One team")
class TeamViewSet(CatalogueViewSet):
    """Teams with their home venues."""

    queryset = Team.objects.all()
    shown = TEAM_COLUMNS
    shape = staticmethod(team_row)
    serializer_class = serializers.TeamOutput
    filterset_class = filters.TeamFilterSet
    ordering = ("name", "id")


@read_schema("Catalogue", "Venues by name", "One venue")
class VenueViewSet(CatalogueViewSet):
    """Venues with their time zones."""

    queryset = Venue.objects.all()
    shown = VENUE_COLUMNS
    serializer_class = serializers.VenueOutput
    filterset_class = filters.SearchFilterSet
    ordering = ("name", "id")


@read_schema("Catalogue", "Events, earliest first", "One event")
class EventViewSet(CatalogueViewSet):
    """Games and shows, past and cancelled ones too."""

    queryset = Event.objects.all()
    shape = staticmethod(event_row)
    serializer_class = serializers.EventOutput
    filterset_class = filters.EventFilterSet
    ordering = ("starts_at", "id")

    def rows(self, queryset: QuerySet[Any]) -> list[Row]:
        return event_rows(queryset)


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
