"""Reads of the catalogue; each queryset loads all that its JSON or page shows, so a list is one query."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models import QuerySet

from apps.catalog.models import Event, League, Season, Team, Venue
from apps.common.time import utc_text

# What `event_row` needs of an event: one row of joins, and no model objects.
EVENT_COLUMNS: Final = (
    "id",
    "name",
    "season__league__code",
    "season_id",
    "season__name",
    "home_team_id",
    "home_team__name",
    "home_team__abbreviation",
    "away_team_id",
    "away_team__name",
    "away_team__abbreviation",
    "venue_id",
    "venue__name",
    "venue__city",
    "venue__state",
    "venue__country",
    "venue__timezone",
    "starts_at",
    "time_tbd",
    "date_tbd",
    "status",
    "additional_info",
    "stubhub_event_url",
)


def league_list() -> QuerySet[League]:
    """Return all leagues."""
    return League.objects.all()


def season_list() -> QuerySet[Season]:
    """Return all seasons with their leagues."""
    return Season.objects.select_related("league")


def team_list() -> QuerySet[Team]:
    """Return all teams with their leagues and home venues."""
    return Team.objects.select_related("league", "home_venue")


def venue_list() -> QuerySet[Venue]:
    """Return all venues."""
    return Venue.objects.all()


def event_list() -> QuerySet[Event]:
    """Return all events, past and cancelled ones too, with league, season, teams and venue."""
    return Event.objects.select_related("season__league", "home_team", "away_team", "venue")


def event_row(row: Mapping[str, Any], *, prefix: str = "") -> dict[str, Any]:
    """Return an event as `EventOutput` describes it, of a row that has `EVENT_COLUMNS` under a prefix: `event__`.

    Lists that show an event with each of many rows read it so: the serializer would cost more than the query.
    """
    values = {name: row[f"{prefix}{name}"] for name in EVENT_COLUMNS}
    starts_at: datetime = values["starts_at"]
    venue = {name: values[f"venue__{name}"] for name in ("name", "city", "state", "country", "timezone")}
    return {
        "id": str(values["id"]),
        "name": values["name"],
        "league": values["season__league__code"],
        "season": {"id": str(values["season_id"]), "name": values["season__name"]},
        "home_team": _team_row(values, "home_team"),
        "away_team": _team_row(values, "away_team"),
        "venue": {"id": str(values["venue_id"]), **venue},
        "starts_at": utc_text(starts_at),
        "starts_at_local": starts_at.astimezone(ZoneInfo(venue["timezone"])).isoformat(),
        **{name: values[name] for name in ("time_tbd", "date_tbd", "status", "additional_info", "stubhub_event_url")},
    }


def _team_row(values: Mapping[str, Any], team: str) -> dict[str, Any] | None:
    if values[f"{team}_id"] is None:
        return None
    return {
        "id": str(values[f"{team}_id"]),
        "name": values[f"{team}__name"],
        "abbreviation": values[f"{team}__abbreviation"],
    }
