"""Imports rows chunk by chunk, each in a constant number of queries."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count

from apps.catalog.locks import imported_events_locked, skybox_import_locked
from apps.catalog.models import Event, Season
from apps.catalog.rules.feed_merge import FACTS
from apps.catalog.rules.skybox_coverage import Coverage, Game
from apps.catalog.rules.skybox_dates import StartTime, start_time
from apps.catalog.rules.skybox_replacements import Replacements
from apps.catalog.rules.skybox_rows import SkyBoxRow, as_written, facts_as_written, parse_row, question_of, skybox_id
from apps.catalog.rules.skybox_text import RowDoubtful, RowRefused, RowSkipped, same_name_key, shown
from apps.catalog.services.feed_memory import FeedMemory
from apps.catalog.services.feed_missing import file_missing
from apps.catalog.services.imported_dates import imported_dates_report, is_moved
from apps.catalog.services.skybox_catalogue import ImportCatalogue
from apps.catalog.services.skybox_questions import name_readings
from apps.catalog.services.skybox_result import MissingEvent, Outcome, RowOutcome, outcome_of
from apps.common.database import read_only
from apps.common.text import counted


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
        self.new_season = ""  # its name with the league, once there is an event to import into it
        self._catalogue = catalogue
        self._home_of = name_readings(season.league_id)
        self._replacements = replacements
        self._dry_run = dry_run
        self._row_number = 0
        self._imported: set[int] = set()
        self._coverage = Coverage()

    @property
    def is_new_season(self) -> bool:
        """Whether the season is not stored yet."""
        return self.season._state.adding  # noqa: SLF001 - how Django says whether a row is stored

    def take(self, chunk: list[Any]) -> list[RowOutcome]:
        """Write the good rows of a chunk and return what became of each row, in order."""
        # Before the locks are taken: this takes most of the time.
        parsed = [self._parsed(raw) for raw in chunk]
        ids = [row.skybox_event_id for row in parsed if isinstance(row, SkyBoxRow)]
        self._coverage.ids.update(found for raw in chunk if (found := _identity(raw)[0]) is not None)
        if self._dry_run:
            with read_only():
                stored = self._stored(chunk)
                return self._decide(chunk, parsed, stored, self._memory(ids, stored))[0]
        with transaction.atomic():
            skybox_import_locked()
            self._catalogue.read()
            self._find_season()
            imported_events_locked(ids)
            stored = self._stored(chunk)
            memory = self._memory(ids, stored)
            outcomes, events = self._decide(chunk, parsed, stored, memory)
            if events:
                self._save_season()
            self._write(events, stored)
            memory.write(now=self._now)
        return outcomes

    def missing(self, *, is_complete: bool) -> list[MissingEvent]:
        """Return what the whole file should have and lacks; record and report it unless this is a dry run."""
        return file_missing(
            season_id=self.season.id,
            coverage=self._coverage,
            now=self._now,
            is_complete=is_complete,
            dry_run=self._dry_run,
        )

    def _decide(
        self,
        chunk: list[Any],
        parsed: list[SkyBoxRow | RowRefused],
        stored: dict[int, dict[str, Any]],
        memory: FeedMemory,
    ) -> tuple[list[RowOutcome], list[Event]]:
        """Return what becomes of each row, and the events to write."""
        outcomes: list[RowOutcome] = []
        events: list[Event] = []
        self._catalogue.read_events_of_moved(row.venue for row in parsed if isinstance(row, SkyBoxRow))
        for raw, row in zip(chunk, parsed, strict=True):
            outcome, event = self._decided(raw, row, stored, memory)
            outcomes.append(outcome)
            if event is not None:
                events.append(event)
        if events and self.is_new_season:
            self.new_season = str(self.season)
        return outcomes, events

    def _write(self, events: list[Event], stored: dict[int, dict[str, Any]]) -> None:
        self._catalogue.save()
        known = [(stored[event.skybox_event_id], event) for event in events if event.skybox_event_id in stored]
        # Rows are locked in the order in which they are written. Listing a season locks its events in id order, too.
        order = {event.skybox_event_id: row["id"] for row, event in known}
        events.sort(key=lambda event: order.get(event.skybox_event_id, event.id))
        # Two statements: an event that staff made by hand since the query above must not be overwritten.
        Event.objects.bulk_create([event for event in events if event.skybox_event_id not in stored])
        Event.objects.bulk_create(
            [event for event in events if event.skybox_event_id in stored],
            update_conflicts=True,
            unique_fields=["skybox_event_id"],
            update_fields=[*(fact.removesuffix("_id") for fact in FACTS), "updated_at"],
        )
        imported_dates_report(moved=(pair for pair in known if is_moved(*pair)), now=self._now)

    def _find_season(self) -> None:
        # Another import may have created it since this one began.
        if self.is_new_season:
            named = Season.objects.filter(league=self.season.league, name__iexact=self.season.name)
            self.season = named.first() or self.season

    def _save_season(self) -> None:
        # Only for an event to import: a misspelt name makes no season.
        if self.is_new_season:
            self.season.save(force_insert=True)

    def _parsed(self, raw: Any) -> SkyBoxRow | RowRefused:
        try:
            return parse_row(
                raw,
                replacements=self._replacements,
                is_team=self._catalogue.has_team,
                named=self._catalogue.named_in,
                home_of=self._home_of,
            )
        except RowRefused as refusal:
            return refusal

    def _stored(self, chunk: Iterable[Any]) -> dict[int, dict[str, Any]]:
        """Return what the database holds of the chunk's events, those of refused rows too, by SkyBox id."""
        ids = {_identity(raw)[0] for raw in chunk} - {None}
        # Listings are known by the name of their relation only: they are in a higher app.
        rows = Event.objects.filter(skybox_event_id__in=ids).annotate(listing_count=Count("listings")).order_by()
        known = ("id", "status", "skybox_event_id", "season_id", "season__name", "season__league__code")
        return {row["skybox_event_id"]: row for row in rows.values("listing_count", *known, *FACTS)}

    def _memory(self, ids: list[int], stored: dict[int, dict[str, Any]]) -> FeedMemory:
        return FeedMemory(ids=ids, stored=stored, facts_of=self._catalogue.facts_of)

    def _decided(
        self, raw: Any, row: SkyBoxRow | RowRefused, stored: dict[int, dict[str, Any]], memory: FeedMemory
    ) -> tuple[RowOutcome, Event | None]:
        """Return the outcome of a row, and its event if it must be written."""
        number, self._row_number = self._row_number, self._row_number + 1
        skybox_event_id, name = _identity(raw)
        known = stored.get(skybox_event_id or 0)
        outcome = partial(RowOutcome, number, skybox_event_id, name, event_id=known["id"] if known else None)
        try:
            if isinstance(row, RowRefused):
                raise row
            event, notes = self._event(row, known, memory)
        except RowRefused as refusal:
            facts = facts_as_written(raw, zone_of=self._catalogue.zone_as_written)
            question = question_of(raw, refusal)
            return outcome(outcome_of(refusal), refusal.code, refusal.detail, facts=facts, question=question), None
        code_and_detail = notes[0][0] if notes else "", " ".join(detail for _, detail in notes)
        facts = self._catalogue.facts_of(new := {fact: getattr(event, fact) for fact in FACTS})
        if known is None:
            return outcome(Outcome.CREATED, *code_and_detail, facts=facts), event
        if all(known[fact] == new[fact] for fact in FACTS):
            return outcome(Outcome.UNCHANGED, *code_and_detail, facts=facts), None
        before = self._catalogue.facts_of(known)
        return outcome(Outcome.UPDATED, *code_and_detail, facts=facts, before=before), event

    def _event(
        self, row: SkyBoxRow, known: dict[str, Any] | None, memory: FeedMemory
    ) -> tuple[Event, list[tuple[str, str]]]:
        """Return the event as a row makes it, and the codes and details of notes on the row.

        Teams and venue are claimed last, when nothing else can refuse the row.
        """
        if row.skybox_event_id in self._imported:
            raise RowRefused("duplicate_id", f"An earlier row has the id {row.skybox_event_id}, too.")
        if known is not None and known["season_id"] != self.season.id:
            season = f"{known['season__league__code']} {known['season__name']}"
            raise RowRefused("other_season", f"Event {row.skybox_event_id} belongs to {season}.")
        if known is not None:
            self._keep_teams(known, row, memory)
            self._keep_home_team(known, row, memory)
        elif (current := memory.superseded_by(row.skybox_event_id)) is not None:
            self._coverage.ids.add(current)  # the file has the game, under its old id
            raise RowSkipped("superseded", f"The game was rescheduled and is SkyBox event {current} now.")
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
        self._cover(event, ZoneInfo(zone_name))
        says = {fact: getattr(event, fact) for fact in FACTS}
        kept: list[tuple[str, str]] = []
        if known is not None:
            values, kept = memory.merged(known, says)
            for fact, value in values.items():
                setattr(event, fact, value)
        memory.say(event.id if known is None else known["id"], row.skybox_event_id, says)
        return event, [*kept, *_notes(start), *self._notes_on_teams(event, known, new_teams)]

    def _cover(self, event: Event, zone: ZoneInfo) -> None:
        """Record what the file has, to find what it lacks."""
        key, sides = cast("int", event.skybox_event_id), (event.away_team_id, event.home_team_id)
        tbd = event.time_tbd, event.date_tbd
        self._coverage.add(Game(key, event.name, sides, event.starts_at, zone, event.additional_info, *tbd))

    def _notes_on_teams(
        self, event: Event, known: dict[str, Any] | None, new_teams: list[str]
    ) -> Iterator[tuple[str, str]]:
        if new_teams:
            yield "team_created", f"New teams of the league: {', '.join(new_teams)}."
        if known is None and not (event.home_team_id or event.away_team_id) and self._catalogue.has_teams:
            yield "without_teams", "The event is created without teams: nobody's seats are listed for it."

    def _keep_teams(self, known: dict[str, Any], row: SkyBoxRow, memory: FeedMemory) -> None:
        """Raise `teams_missing` when the row lacks a team that the feed named before."""
        for side, name in (("away", row.name.away), ("home", row.name.home)):
            named = memory.base(known)[f"{side}_team_id"] is not None
            if name is None and named and known[f"{side}_team_id"] is not None:
                team = self._catalogue.name_of(known[f"{side}_team_id"])
                raise RowDoubtful(
                    "teams_missing", f"{shown(row.name.name)} names no {side} team; the event has {team}, which stays."
                )

    def _keep_home_team(self, known: dict[str, Any], row: SkyBoxRow, memory: FeedMemory) -> None:
        """Raise `home_team_fixed` when the feed gives an event with listings another home team, which is one."""
        if not known["listing_count"]:
            return
        self._catalogue.require_usable(row.name.away, row.name.home)
        team = self._catalogue.name_of(known["home_team_id"])
        said = self._catalogue.name_of(memory.base(known)["home_team_id"])
        possible = {same_name_key(name) for name in (team, said)}
        if row.name.home and same_name_key(row.name.home) not in possible:
            raise RowDoubtful(
                "home_team_fixed",
                f"{shown(row.name.name)} is a home game of {row.name.home}; the event is one of {team} and has"
                f" {counted(known['listing_count'], 'listing')}, so it stays. If the row is right, cancel the event and"
                " clear its SkyBox event id; the next import creates the right one.",
            )


def _identity(raw: Any) -> tuple[int | None, str]:
    """Return id and name of a row, if it has any, for problems and reports."""
    if not isinstance(raw, dict):
        return None, ""
    return skybox_id(raw.get("id")), as_written(raw.get("name"))


def _notes(start: StartTime) -> Iterator[tuple[str, str]]:
    if start.ambiguous:
        taken = start.starts_at.isoformat()
        yield (
            "ambiguous_local_time",
            f"The local time comes twice, the clocks go back; the first one is taken: {taken}.",
        )
