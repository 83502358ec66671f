"""Imports one chunk of rows after the other, each in a constant number of queries."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count

from apps.catalog.locks import imported_events_locked, skybox_import_locked
from apps.catalog.models import Event, Season
from apps.catalog.rules.skybox_dates import StartTime, start_time
from apps.catalog.rules.skybox_replacements import Replacements
from apps.catalog.rules.skybox_rows import SkyBoxRow, parse_row, skybox_id
from apps.catalog.rules.skybox_text import RowDoubtful, RowRefused, same_name_key, shown
from apps.catalog.services.imported_dates import imported_dates_tell, is_moved
from apps.catalog.services.skybox_catalogue import ImportCatalogue
from apps.catalog.services.skybox_result import Outcome, RowOutcome, outcome_of
from apps.common.database import read_only
from apps.common.text import counted

# What the export decides. All else, the status above all, belongs to staff.
FACTS: Final = (
    "name",
    "starts_at",
    "time_tbd",
    "date_tbd",
    "additional_info",
    "stubhub_event_url",
    "home_team_id",
    "away_team_id",
    "venue_id",
)
MAX_SHOWN_NAME: Final = 200


class ChunkImporter:
    """Imports rows into one season; remembers the ids of the whole file, so that none is imported twice.

    Every chunk is a transaction of its own, so nobody waits for the import longer than one chunk takes. A dry run
    makes the same decisions without writing or locking.
    """

    def __init__(
        self, *, season: Season, catalogue: ImportCatalogue, replacements: Replacements, now: datetime, dry_run: bool
    ) -> None:
        self._now = now
        self.season = season
        self._catalogue = catalogue
        self._replacements = replacements
        self._dry_run = dry_run
        self._row_number = 0
        self._imported: set[int] = set()

    def take(self, chunk: list[Any]) -> list[RowOutcome]:
        """Write the good rows of a chunk and return what became of each row, in order."""
        # Before the locks are taken: this takes most of the time.
        parsed = [self._parsed(raw) for raw in chunk]
        ids = [row.skybox_event_id for row in parsed if isinstance(row, SkyBoxRow)]
        if self._dry_run:
            with read_only():
                return self._decide(chunk, parsed, self._stored(ids))[0]
        with transaction.atomic():
            skybox_import_locked()
            self._catalogue.read()
            if ids:
                self._save_season()
            imported_events_locked(ids)
            stored = self._stored(ids)
            outcomes, events = self._decide(chunk, parsed, stored)
            self._write(events, stored)
        return outcomes

    def _decide(
        self, chunk: list[Any], parsed: list[SkyBoxRow | RowRefused], stored: dict[int, dict[str, Any]]
    ) -> tuple[list[RowOutcome], list[Event]]:
        """Return what becomes of each row, and the events to write."""
        outcomes: list[RowOutcome] = []
        events: list[Event] = []
        self._catalogue.read_events_of_moved(row.venue for row in parsed if isinstance(row, SkyBoxRow))
        for raw, row in zip(chunk, parsed, strict=True):
            outcome, event = self._decided(raw, row, stored)
            outcomes.append(outcome)
            if event is not None:
                events.append(event)
        return outcomes, events

    def _write(self, events: list[Event], stored: dict[int, dict[str, Any]]) -> None:
        self._catalogue.save()
        known = [(stored[event.skybox_event_id], event) for event in events if event.skybox_event_id in stored]
        # Rows are locked in the order in which they are written. Who lists a season locks its events in id order.
        order = {event.skybox_event_id: row["id"] for row, event in known}
        events.sort(key=lambda event: order.get(event.skybox_event_id, event.id))
        # One statement for new and changed events. An event that appeared since the look above is updated, too.
        Event.objects.bulk_create(
            events,
            update_conflicts=True,
            unique_fields=["skybox_event_id"],
            update_fields=[*(fact.removesuffix("_id") for fact in FACTS), "updated_at"],
        )
        imported_dates_tell(moved=(pair for pair in known if is_moved(*pair)), now=self._now)

    def _save_season(self) -> None:
        season = self.season
        if not season.created_at:
            self.season, _ = Season.objects.get_or_create(
                league=season.league, name__iexact=season.name, defaults={"name": season.name}
            )

    def _parsed(self, raw: Any) -> SkyBoxRow | RowRefused:
        try:
            return parse_row(
                raw, replacements=self._replacements, is_team=self._catalogue.has_team, named=self._catalogue.named_in
            )
        except RowRefused as refusal:
            return refusal

    def _stored(self, event_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
        """Return what the database holds of the chunk's events, by SkyBox id."""
        # Listings are known by the name of their relation only: they live above the catalogue.
        rows = Event.objects.filter(skybox_event_id__in=list(event_ids)).annotate(listing_count=Count("listings"))
        known = ("id", "status", "skybox_event_id", "season_id", "season__name", "season__league__code")
        return {row["skybox_event_id"]: row for row in rows.order_by().values("listing_count", *known, *FACTS)}

    def _decided(
        self, raw: Any, row: SkyBoxRow | RowRefused, stored: dict[int, dict[str, Any]]
    ) -> tuple[RowOutcome, Event | None]:
        """Return the outcome of a row, and its event if that is to be written."""
        number, self._row_number = self._row_number, self._row_number + 1
        event_id, name = _identity(raw)
        try:
            if isinstance(row, RowRefused):
                raise row
            known = stored.get(row.skybox_event_id)
            event, notes = self._event(row, known)
        except RowRefused as refusal:
            return RowOutcome(number, event_id, name, outcome_of(refusal), refusal.code, refusal.detail), None
        code_and_detail = notes[0][0] if notes else "", " ".join(detail for _, detail in notes)
        if known is None:
            renamed = "" if event.name == name else f"name: {name} → {event.name}"
            return RowOutcome(number, event_id, name, Outcome.CREATED, *code_and_detail, changes=renamed), event
        changes = self._changes(known, event)
        if not changes:
            return RowOutcome(number, event_id, name, Outcome.UNCHANGED, *code_and_detail), None
        return RowOutcome(number, event_id, name, Outcome.UPDATED, *code_and_detail, changes="; ".join(changes)), event

    def _event(self, row: SkyBoxRow, known: dict[str, Any] | None) -> tuple[Event, list[tuple[str, str]]]:
        """Return the event of a row, and codes and details of what is to be noted on it.

        Teams and venue are claimed last, when nothing else can refuse the row.
        """
        if row.skybox_event_id in self._imported:
            raise RowRefused("duplicate_id", f"An earlier row has the id {row.skybox_event_id}, too.")
        if known is not None and known["season_id"] != self.season.id:
            season = f"{known['season__league__code']} {known['season__name']}"
            raise RowRefused("other_season", f"Event {row.skybox_event_id} belongs to {season}.")
        if known is not None:
            self._keep_teams(known, row)
            self._keep_home_team(known, row)
        zone_name = self._catalogue.zone_name(row.venue)
        start = start_time(row.date, zone=ZoneInfo(zone_name), time_tbd=row.name.time_tbd)
        new_teams = [name for name in (row.name.away, row.name.home) if name and not self._catalogue.has_team(name)]
        away, home = self._catalogue.teams(row.name.away, row.name.home)
        venue = self._catalogue.venue(row.venue, zone_name=zone_name)
        self._imported.add(row.skybox_event_id)
        event = Event(
            season_id=self.season.id,
            skybox_event_id=row.skybox_event_id,
            venue_id=venue.id,
            home_team_id=home.id if home else None,
            away_team_id=away.id if away else None,
            name=row.name.name,
            starts_at=start.starts_at,
            time_tbd=start.time_tbd or row.name.date_tbd,
            date_tbd=row.name.date_tbd,
            additional_info=row.name.additional_info,
            stubhub_event_url=row.stubhub_event_url,
        )
        return event, [*_notes(start), *self._notes_on_teams(event, known, new_teams)]

    def _notes_on_teams(
        self, event: Event, known: dict[str, Any] | None, new_teams: list[str]
    ) -> Iterator[tuple[str, str]]:
        if new_teams:
            yield "team_created", f"New teams of the league: {', '.join(new_teams)}."
        if known is None and not (event.home_team_id or event.away_team_id) and self._catalogue.has_teams:
            yield "without_teams", "The event is created without teams: nobody's seats are listed for it."

    def _keep_teams(self, known: dict[str, Any], row: SkyBoxRow) -> None:
        """Raise `teams_missing` when the row would take a team away from a known event."""
        for side, name in (("away", row.name.away), ("home", row.name.home)):
            if name is None and known[f"{side}_team_id"] is not None:
                team = self._catalogue.name_of(known[f"{side}_team_id"])
                raise RowDoubtful(
                    "teams_missing", f"{shown(row.name.name)} names no {side} team; the event has {team}, which stays."
                )

    def _keep_home_team(self, known: dict[str, Any], row: SkyBoxRow) -> None:
        """Raise `home_team_fixed` when the row gives an event with listings another home team."""
        team = self._catalogue.name_of(known["home_team_id"])
        if known["listing_count"] and row.name.home and same_name_key(row.name.home) != same_name_key(team):
            raise RowDoubtful(
                "home_team_fixed",
                f"{shown(row.name.name)} is a home game of {row.name.home}; the event is one of {team} and has"
                f" {counted(known['listing_count'], 'listing')}, so it stays. If the row is right, cancel the event and"
                " clear its SkyBox event id; the next import creates the right one.",
            )

    def _changes(self, known: dict[str, Any], event: Event) -> list[str]:
        return [
            f"{fact.removesuffix('_id')}: {self._told(fact, known[fact])} → {self._told(fact, getattr(event, fact))}"
            for fact in FACTS
            if known[fact] != getattr(event, fact)
        ]

    def _told(self, fact: str, value: Any) -> str:
        if fact.endswith("_id"):
            return self._catalogue.name_of(value)
        if isinstance(value, datetime):
            return value.isoformat()
        return str(value) or "empty"


def _identity(raw: Any) -> tuple[int | None, str]:
    """Return id and name of a row as far as it has any, for problems and reports."""
    if not isinstance(raw, dict):
        return None, ""
    name = raw.get("name")
    return skybox_id(raw.get("id")), name[:MAX_SHOWN_NAME] if isinstance(name, str) else ""


def _notes(start: StartTime) -> Iterator[tuple[str, str]]:
    if start.ambiguous:
        taken = start.starts_at.isoformat()
        yield (
            "ambiguous_local_time",
            f"The local time comes twice, the clocks go back; the first one is taken: {taken}.",
        )
