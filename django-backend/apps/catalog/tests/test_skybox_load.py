"""The import next to other transactions and under load: locks, queries, memory."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event as Signal
from typing import Any

import pytest
from django.db import DatabaseError, InternalError, connection, transaction
from django.utils import timezone

from apps.catalog.errors import EventImportAlreadyApplied
from apps.catalog.locks import skybox_import_locked
from apps.catalog.models import Event, EventImport, League, Team, Venue
from apps.catalog.services import skybox_chunk
from apps.catalog.services.skybox_import import CHUNK_ROWS
from apps.catalog.services.skybox_result import ImportResult, RowOutcome
from apps.catalog.services.skybox_upload import event_import_apply, event_import_preview
from apps.catalog.testing import stories
from apps.catalog.testing.factories import LeagueFactory
from apps.catalog.testing.stories import skybox_export, skybox_row, skybox_venue
from apps.catalog.tests.skybox_processes import peak_megabytes, run_command
from apps.common.database import read_only
from apps.common.testing.queries import queries_of
from apps.common.testing.threads import at_once
from apps.users.testing.factories import UserFactory

ROWS = CHUNK_ROWS + 2


@pytest.fixture
def nfl() -> League:
    return LeagueFactory(code="NFL")


def rows(day: int) -> list[dict[str, Any]]:
    return [skybox_row(id=number, date=f"2025-09-{day:02}T20:20:00") for number in range(1, ROWS + 1)]


imported = partial(stories.imported, create_teams=True)


def free_events() -> int:
    """Return how many events a holder could list at this moment without waiting."""
    with transaction.atomic():
        return len(Event.objects.select_for_update(skip_locked=True, no_key=True))


@pytest.mark.django_db(transaction=True)
class TestDryRun:
    """Reports the same as the import and blocks nobody."""

    def test_does_not_wait_when_everything_is_locked(self, nfl: League) -> None:
        imported(*rows(4))
        with transaction.atomic():
            skybox_import_locked()
            for model in (Event, Team, Venue):
                assert len(model.objects.select_for_update())
            (result,) = at_once(lambda: imported(*rows(5), dry_run=True))
        assert isinstance(result, ImportResult), result
        assert result.updated == ROWS

    def test_runs_where_postgresql_refuses_locks_and_writes(self, nfl: League, monkeypatch: pytest.MonkeyPatch) -> None:
        imported(*rows(4))
        stored, refused = skybox_chunk.ChunkImporter._stored, []

        def try_both(*arguments: Any) -> Any:
            for attempt in (lambda: len(Event.objects.select_for_update()), lambda: Event.objects.update(name="x")):
                with pytest.raises(InternalError, match="read-only transaction"), transaction.atomic():
                    attempt()
                refused.append(attempt)
            return stored(*arguments)

        monkeypatch.setattr(skybox_chunk.ChunkImporter, "_stored", try_both)
        imported(*rows(5), dry_run=True)
        assert len(refused) == 4
        assert not Event.objects.filter(name="x").exists()

    def test_shows_what_the_import_does(self, nfl: League) -> None:
        imported(*rows(4)[:100])
        heard: dict[bool, list[RowOutcome]] = {True: [], False: []}
        for dry_run, outcomes in heard.items():
            imported(
                *rows(5), skybox_row(id=9, date="x"), skybox_row(id=5_000), on_row=outcomes.append, dry_run=dry_run
            )
        assert heard[True] == heard[False]

    def test_keeps_nobody_from_writing_afterwards(self) -> None:
        """Its transaction may be part of another one, such as that of an idempotent request."""
        with transaction.atomic():
            with read_only():
                assert not Event.objects.exists()
            LeagueFactory()
        assert League.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestImport:
    """Locks the events of one chunk at a time."""

    def free_while_the_second_chunk_is_written(self, monkeypatch: pytest.MonkeyPatch) -> list[object]:
        report, free = skybox_chunk.imported_dates_report, []

        def look(**words: Any) -> None:
            free.extend(at_once(free_events))
            report(**words)

        monkeypatch.setattr(skybox_chunk, "imported_dates_report", look)
        return free

    def test_holds_no_event_of_another_chunk(self, nfl: League, monkeypatch: pytest.MonkeyPatch) -> None:
        imported(*rows(4))
        free = self.free_while_the_second_chunk_is_written(monkeypatch)
        imported(*rows(5))
        assert free == [2, CHUNK_ROWS]

    def test_would_hold_them_all_in_one_transaction(self, nfl: League, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: what it was before."""
        imported(*rows(4))
        free = self.free_while_the_second_chunk_is_written(monkeypatch)
        with transaction.atomic():
            imported(*rows(5))
        assert free == [2, 0]


@pytest.mark.django_db(transaction=True)
class TestTwoConfirmations:
    def test_import_once_and_one_is_refused(self, nfl: League) -> None:
        upload = event_import_preview(
            uploaded_by=UserFactory(),
            file=skybox_export(*rows(4)),
            file_name="export.json",
            league=nfl,
            season_name="2025",
            create_teams=True,
            replacements="",
            now=timezone.now(),
        )
        apply = lambda: event_import_apply(event_import_id=upload.id, now=timezone.now())  # noqa: E731
        results = at_once(apply, apply)
        assert {type(result) for result in results} == {EventImport, EventImportAlreadyApplied}, results
        assert Event.objects.count() == ROWS

    def test_of_one_that_was_stopped_import_the_rest(self, nfl: League, monkeypatch: pytest.MonkeyPatch) -> None:
        upload = event_import_preview(
            uploaded_by=UserFactory(),
            file=skybox_export(*rows(4)),
            file_name="export.json",
            league=nfl,
            season_name="2025",
            create_teams=True,
            replacements="",
            now=timezone.now(),
        )
        report, chunks = skybox_chunk.imported_dates_report, []

        def stop_in_the_second_chunk(**words: Any) -> None:
            chunks.append(report(**words))
            if len(chunks) == 2:
                raise DatabaseError("gone")

        monkeypatch.setattr(skybox_chunk, "imported_dates_report", stop_in_the_second_chunk)
        with pytest.raises(DatabaseError):
            event_import_apply(event_import_id=upload.id, now=timezone.now())
        upload.refresh_from_db()
        assert (upload.status, Event.objects.count()) == ("previewed", CHUNK_ROWS)
        applied = event_import_apply(event_import_id=upload.id, now=timezone.now())
        assert (applied.status, applied.counts["unchanged"], applied.counts["created"]) == ("applied", CHUNK_ROWS, 2)


# League, season, teams, venues, who is at home where names do not say it.
BEFORE = 5
# Savepoint and its release, import's lock, teams, venues, events' locks, what is stored, what is written; what the feed
# has said, and says now.
CHUNK = 10
# Of a chunk with known events: the differences that are open.
KNOWN = 1
# Savepoint and its release, lock, what is there.
LABELS = 4
# Savepoint and its release, lock, what was missing, what is missing, what is to be reported.
END = 6
QUERIES = BEFORE + CHUNK + KNOWN + LABELS + END
# New events get labels.
LABELLED = 1
# What depends on events that a chunk changes, or may change: listings and sales.
USES = 2
# Of a chunk with changed dates: the changes, and the messages about them.
TOLD = 2
FILLER = {
    "performerId": 920026,
    "performer": {"id": 920026, "name": "Team 1", "category": {"id": 930001, "name": "NFL Football"}},
    "keywords": "team one team two " * 10,
    "notes": "n" * 300,
    "tags": None,
    "vividSeatsEventUrl": "https://www.vividseats.com/event/9000001",
}


def season_rows(count: int, *, hour: int = 20) -> list[dict[str, object]]:
    """Return games of 30 teams in 30 venues."""
    return [
        skybox_row(
            id=number + 1,
            name=f"Team {number % 30} at Team {(number + 1) % 30} (Note {number})",
            date=f"2025-{1 + number % 12:02}-{1 + number % 28:02}T{hour}:20:00",
            venue=skybox_venue(id=number % 30 + 1, name=f"Arena {number % 30}"),
            **FILLER,
        )
        for number in range(count)
    ]


@pytest.mark.django_db
class TestQueries:
    """How many statements an import takes."""

    def test_do_not_grow_with_the_rows_of_a_chunk(self) -> None:
        LeagueFactory(code="NFL")
        imported(*season_rows(30))
        counts = {
            "created": [
                queries_of(lambda: imported(*season_rows(60))),
                queries_of(lambda: imported(*season_rows(240))),
            ],
            "updated": [
                queries_of(lambda: imported(*season_rows(30, hour=19))),
                queries_of(lambda: imported(*season_rows(240, hour=18))),
            ],
        }
        assert counts == {"created": [QUERIES + LABELLED] * 2, "updated": [QUERIES + TOLD + USES] * 2}

    def test_are_the_same_for_each_further_chunk(self) -> None:
        LeagueFactory(code="NFL")
        imported(*season_rows(30))
        assert queries_of(lambda: imported(*season_rows(3 * CHUNK_ROWS))) == QUERIES + LABELLED + 2 * CHUNK

    def test_are_one_for_the_events_of_all_venues_that_the_file_puts_into_another_zone(self) -> None:
        """No event is written then, and nothing that the feed says."""
        LeagueFactory(code="NFL")
        imported(*season_rows(30))
        Venue.objects.update(timezone="America/Chicago")
        assert queries_of(lambda: imported(*season_rows(30))) == QUERIES - 2 + 1 + USES


@pytest.mark.django_db(transaction=True)
class TestLargeFile:
    """S3-41: a file far larger than any season."""

    def test_needs_no_more_memory_than_a_small_one(self, tmp_path: Path) -> None:
        """The large file is 10 MB, and would be more than 50 as Python objects. Of a row, its id and game stay."""
        LeagueFactory(code="NFL")
        peaks = []
        for count in (2 * CHUNK_ROWS, 10_000):
            with (tmp_path / "export.json").open("w", encoding="utf-8") as file:
                json.dump({"rows": season_rows(count), "rowCount": count}, file)
            done = run_command(
                *("import_skybox_events", "export.json", "--league", "NFL", "--season", "2025"),
                *("--create-teams", "--json", "--report", "report.csv"),
                folder=tmp_path,
            )
            assert done.returncode == 0, done.stderr
            assert Event.objects.count() == count
            peaks.append(peak_megabytes(tmp_path))
        print(*(f"{peak:.0f} MiB" for peak in peaks))  # shown by pytest -s
        assert peaks[1] - peaks[0] < 25


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    """Two imports at the same moment."""

    def test_create_every_event_once(self) -> None:
        LeagueFactory(code="NFL")

        def run(_: int) -> ImportResult:
            try:
                return imported(*season_rows(272))
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(run, range(2)))
        assert sorted((result.created, result.unchanged) for result in results) == [(0, 272), (272, 0)]
        assert Event.objects.count() == 272

    def test_take_turns(self) -> None:
        """The second one waits for the first one's lock before it looks at anything."""
        LeagueFactory(code="NFL")
        started, ended = Signal(), Signal()

        def run() -> ImportResult:
            started.set()
            try:
                return imported(*season_rows(5))
            finally:
                ended.set()
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                skybox_import_locked()
                future = pool.submit(run)
                assert started.wait(120)
                assert not ended.wait(0.5)
            assert future.result(30).created == 5
