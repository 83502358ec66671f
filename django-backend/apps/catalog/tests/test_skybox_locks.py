"""Imports and their dry runs beside other transactions."""

from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, InternalError, transaction
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
from apps.catalog.testing.stories import skybox_export, skybox_row
from apps.common.database import read_only
from apps.common.testing.threads import at_once
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)
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


class TestDryRun:
    """Tells the same as the import and is in nobody's way."""

    def test_does_not_wait_for_who_has_locked_everything(self, nfl: League) -> None:
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

    def test_tells_what_the_import_does(self, nfl: League) -> None:
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


class TestImport:
    """Locks the events of one chunk at a time."""

    def free_while_the_second_chunk_is_written(self, monkeypatch: pytest.MonkeyPatch) -> list[object]:
        tell, free = skybox_chunk.imported_dates_report, []

        def look(**words: Any) -> None:
            free.extend(at_once(free_events))
            tell(**words)

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


class TestTwoConfirmations:
    def test_import_once_and_one_is_told(self, nfl: League) -> None:
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
        tell, chunks = skybox_chunk.imported_dates_report, []

        def stop_in_the_second_chunk(**words: Any) -> None:
            chunks.append(tell(**words))
            if len(chunks) == 2:
                raise DatabaseError("gone")

        monkeypatch.setattr(skybox_chunk, "imported_dates_report", stop_in_the_second_chunk)
        with pytest.raises(DatabaseError):
            event_import_apply(event_import_id=upload.id, now=timezone.now())
        upload.refresh_from_db()
        assert (upload.status, Event.objects.count()) == ("previewed", CHUNK_ROWS)
        applied = event_import_apply(event_import_id=upload.id, now=timezone.now())
        assert (applied.status, applied.counts["unchanged"], applied.counts["created"]) == ("applied", CHUNK_ROWS, 2)
