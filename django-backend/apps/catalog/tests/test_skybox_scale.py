"""The import under load: queries, memory, two at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event as Signal

import pytest
from django.db import connection, transaction

from apps.catalog.locks import skybox_import_locked
from apps.catalog.models import Event, Venue
from apps.catalog.services.skybox_import import CHUNK_ROWS
from apps.catalog.services.skybox_result import ImportResult
from apps.catalog.testing import stories
from apps.catalog.testing.factories import LeagueFactory
from apps.catalog.testing.stories import skybox_row, skybox_venue
from apps.catalog.tests.skybox_processes import peak_megabytes, run_command
from apps.common.testing.queries import queries_of

# League, season, teams, venues, who is at home where names do not say it.
BEFORE = 5
# Savepoint and its release, import's lock, teams, venues, events' locks, what is stored, what is written; what the feed
# has said, and says now.
CHUNK = 10
# Of a chunk with known events: the differences that are open.
KNOWN = 1
# Savepoint and its release, lock, what is there.
LABELS = 4
# Savepoint and its release, lock, what was missing, what is missing, what is to be told.
END = 6
QUERIES = BEFORE + CHUNK + KNOWN + LABELS + END
# New events get labels.
LABELLED = 1
# What hangs on events that a chunk changes, or may: listings and sales.
USES = 2
# Of a chunk with changed dates: the changes, and the messages that tell them.
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


imported = partial(stories.imported, create_teams=True)


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
