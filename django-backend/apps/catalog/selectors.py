"""Reads of the catalogue; each queryset loads everything that its JSON or page shows, so a list is one query."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from apps.catalog.enums import EventStatus
from apps.catalog.models import Event, FeedDifference, FeedEvent
from apps.catalog.rules.skybox_coverage import Game
from apps.common.rows import PAGE, Row, rows_of
from apps.common.time import utc_text

# What `event_row` needs of an event, for statements in which the table is called `event`.
EVENT_COLUMNS_SQL: Final = """
    event.id::text AS event__id, event.name AS event__name, event.label AS event__label,
    event.starts_at AS event__starts_at, event.time_tbd AS event__time_tbd, event.date_tbd AS event__date_tbd,
    event.status AS event__status, event.additional_info AS event__additional_info,
    event.stubhub_event_url AS event__stubhub_event_url,
    season.league_code AS league__code, season.id::text AS season__id, season.name AS season__name,
    home_team.id::text AS home_team__id, home_team.name AS home_team__name,
    home_team.abbreviation AS home_team__abbreviation, away_team.id::text AS away_team__id,
    away_team.name AS away_team__name, away_team.abbreviation AS away_team__abbreviation,
    venue.id::text AS venue__id, venue.name AS venue__name, venue.city AS venue__city, venue.state AS venue__state,
    venue.country AS venue__country, venue.timezone AS venue__timezone
"""
# OFFSET 0 keeps the planner from weighing every order of eight joins: that took eight times as long as running them.
EVENT_JOINS_SQL: Final = """
    JOIN LATERAL (
        SELECT season.id, season.name, league.code AS league_code
        FROM catalog_season AS season JOIN catalog_league AS league ON league.id = season.league_id
        WHERE season.id = event.season_id OFFSET 0
    ) AS season ON true
    JOIN LATERAL (SELECT * FROM catalog_venue WHERE id = event.venue_id OFFSET 0) AS venue ON true
    LEFT JOIN LATERAL (SELECT * FROM catalog_team WHERE id = event.home_team_id OFFSET 0) AS home_team ON true
    LEFT JOIN LATERAL (SELECT * FROM catalog_team WHERE id = event.away_team_id OFFSET 0) AS away_team ON true
"""
_EVENT_ROWS: Final = f"""
    SELECT event.id::text AS id, event.starts_at, {EVENT_COLUMNS_SQL}
    FROM {PAGE} AS page JOIN catalog_event AS event ON event.id = page.id {EVENT_JOINS_SQL}
    ORDER BY page.place
"""  # noqa: S608 - constants
_TEAM: Final = ("id", "name", "abbreviation")
VENUE_COLUMNS: Final = ("id", "name", "city", "state", "country", "timezone")
TEAM_COLUMNS: Final = (
    "id",
    "league__code",
    "name",
    "abbreviation",
    "city",
    *(f"home_venue__{name}" for name in VENUE_COLUMNS),
)
# `begun`, negated, for statements in which the table is called `event`.
NOT_BEGUN_SQL: Final = "(event.starts_at > %(now)s OR event.status = 'postponed')"


def begun(*, at: datetime, event: str = "") -> Q:
    """Return the condition that an event has begun at the time `at`, as `has_begun` says it for a single one.

    `event` is the way to the event, such as `event__`.
    """
    return ~Q(**{f"{event}status": EventStatus.POSTPONED}) & Q(**{f"{event}starts_at__lte": at})


def event_list() -> QuerySet[Event]:
    """Return all events, past and cancelled ones too, with league, season, teams and venue."""
    return Event.objects.select_related("season__league", "home_team", "away_team", "venue")


def venue_events(venue_ids: Iterable[UUID]) -> Iterable[Mapping[str, Any]]:
    """Return what `zone_changes` needs of all events of venues, with the `venue_id`, in the order of their starts."""
    return (
        Event.objects.filter(venue__in=list(venue_ids))
        .order_by("starts_at", "id")
        .values("venue_id", "label", "starts_at", "time_tbd", "date_tbd")
    )


def event_keys(skybox_event_ids: Collection[int]) -> dict[int | None, UUID]:
    """Return the ids of the events with these SkyBox ids."""
    return dict(Event.objects.filter(skybox_event_id__in=skybox_event_ids).values_list("skybox_event_id", "id"))


def said_games(*conditions: Q, **filters: Any) -> list[tuple[UUID, Game]]:
    """Return event ids and what the feed last said about these events, by start.

    Only for the current SkyBox id of each event. The name is the label of the event.
    """
    said = FeedEvent.objects.filter(
        *conditions, **filters, superseded_at__isnull=True, event__skybox_event_id=F("skybox_event_id")
    )
    zone = Coalesce("venue__timezone", "event__venue__timezone")
    rows = said.order_by("starts_at", "event").values_list(
        "event_id", "skybox_event_id", "event__label", "away_team_id", "home_team_id", "starts_at", zone,
        "additional_info", "time_tbd", "date_tbd",
    )  # fmt: skip
    return [
        (event_id, Game(key, label, (away, home), starts_at, ZoneInfo(name), *more))
        for event_id, key, label, away, home, starts_at, name, *more in rows
    ]


def open_feed_differences(ids: Iterable[UUID]) -> QuerySet[FeedDifference]:
    """Return the given differences that are still open, by the start of their events, with the events."""
    found = FeedDifference.objects.filter(id__in=list(ids), decision="")
    return found.select_related("event__season__league").order_by("event__starts_at", "event", "id")


def event_rows(events: QuerySet[Event]) -> list[Row]:
    """Return events as the rows that `event_row` needs; one query."""
    return rows_of(events, _EVENT_ROWS)


def event_row(row: Row) -> Row:
    """Return an event as `EventOutput` describes it, from a row with the columns of `EVENT_COLUMNS_SQL`.

    For lists that show an event with each row: the serializer would cost more than the query.
    """
    starts_at: datetime = row["event__starts_at"]
    return {
        "id": row["event__id"],
        "name": row["event__name"],
        "label": row["event__label"],
        "league": row["league__code"],
        "season": {"id": row["season__id"], "name": row["season__name"]},
        "home_team": _part(row, "home_team", _TEAM),
        "away_team": _part(row, "away_team", _TEAM),
        "venue": _part(row, "venue", VENUE_COLUMNS),
        "starts_at": utc_text(starts_at),
        "starts_at_local": starts_at.astimezone(ZoneInfo(row["venue__timezone"])).isoformat(),
        "time_tbd": row["event__time_tbd"],
        "date_tbd": row["event__date_tbd"],
        "status": row["event__status"],
        "additional_info": row["event__additional_info"],
        "stubhub_event_url": row["event__stubhub_event_url"],
    }


def season_row(row: Row) -> Row:
    """Return a season as `SeasonOutput` describes it."""
    return {"id": row["id"], "league": row["league__code"], "name": row["name"]}


def team_row(row: Row) -> Row:
    """Return a team as `TeamOutput` describes it, from a row with `TEAM_COLUMNS`."""
    own = {name: row[name] for name in ("name", "abbreviation", "city")}
    home_venue = _part(row, "home_venue", VENUE_COLUMNS)
    return {"id": row["id"], "league": row["league__code"], **own, "home_venue": home_venue}


def _part(row: Row, name: str, columns: Sequence[str]) -> Row | None:
    if row[f"{name}__id"] is None:
        return None
    return {column: row[f"{name}__{column}"] for column in columns}
