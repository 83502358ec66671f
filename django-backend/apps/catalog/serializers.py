"""JSON of the catalogue, read only."""

from datetime import UTC
from typing import Any, Final

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.models import Event, League, Season, Team, Venue

LABEL_HELP: Final = "What the event is called in mails and messages: its name, made unique in the season."


class LeagueOutput(serializers.ModelSerializer[League]):
    """A league or another series of events."""

    class Meta:
        model = League
        fields = ("id", "code", "name", "category")


class SeasonOutput(serializers.ModelSerializer[Season]):
    """A season of a league."""

    league = serializers.CharField(source="league.code", help_text="Code of the league.")

    class Meta:
        model = Season
        fields = ("id", "league", "name")


class VenueOutput(serializers.ModelSerializer[Venue]):
    """A venue with its time zone."""

    class Meta:
        model = Venue
        fields = ("id", "name", "city", "state", "country", "timezone")


class TeamOutput(serializers.ModelSerializer[Team]):
    """A team and where it plays at home."""

    league = serializers.CharField(source="league.code", help_text="Code of the league.")
    home_venue = VenueOutput(allow_null=True)

    class Meta:
        model = Team
        fields = ("id", "league", "name", "abbreviation", "city", "home_venue")


class EventSeasonOutput(serializers.ModelSerializer[Season]):
    """The season of an event."""

    class Meta:
        model = Season
        fields = ("id", "name")


class EventTeamOutput(serializers.ModelSerializer[Team]):
    """A team of an event."""

    class Meta:
        model = Team
        fields = ("id", "name", "abbreviation")


class EventOutput(serializers.ModelSerializer[Event]):
    """A game or a show; `home_team` and `away_team` are null when nobody plays."""

    league = serializers.CharField(source="season.league.code", help_text="Code of the league.")
    season = EventSeasonOutput()
    home_team = EventTeamOutput(allow_null=True)
    away_team = EventTeamOutput(allow_null=True)
    venue = VenueOutput()
    starts_at = serializers.DateTimeField(default_timezone=UTC, help_text="Start in UTC.")
    label = serializers.CharField(help_text=LABEL_HELP)  # type: ignore[assignment]  # a field of that name
    starts_at_local = serializers.SerializerMethodField(help_text="The same instant with the offset of the venue.")

    class Meta:
        model = Event
        fields = (
            "id", "name", "label", "league", "season", "home_team", "away_team", "venue", "starts_at",
            "starts_at_local", "time_tbd", "date_tbd", "status", "additional_info", "stubhub_event_url",
        )  # fmt: skip

    @extend_schema_field(OpenApiTypes.DATETIME)
    def get_starts_at_local(self, event: Event) -> str:
        return event.starts_at.astimezone(event.venue.zone).isoformat()


class EventOrIdField(serializers.UUIDField):
    """The id of an event, or with `?expand=event` the event itself."""


class EventOrIdSchema(OpenApiSerializerFieldExtension):  # type: ignore[no-untyped-call]
    """Describes both forms for drf-spectacular."""

    target_class = EventOrIdField

    def map_serializer_field(self, auto_schema: Any, direction: Any) -> dict[str, Any]:
        event = auto_schema.resolve_serializer(EventOutput, direction).ref
        return {"oneOf": [{"type": "string", "format": "uuid"}, event]}
