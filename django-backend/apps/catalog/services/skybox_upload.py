"""The import in steps, as the admin page does it: upload and preview, choose who is at home, confirm."""

import gzip
import hashlib
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, BinaryIO, Final, cast
from uuid import UUID

from django.db import transaction

from apps.catalog.enums import EventImportStatus
from apps.catalog.errors import EventImportAlreadyApplied, EventImportPreviewStale
from apps.catalog.locks import event_import_locked
from apps.catalog.models import EventImport, League
from apps.catalog.rules.skybox_replacements import parse_replacements
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.services.skybox_questions import Questions, answered, name_readings_keep
from apps.catalog.services.skybox_result import ImportResult, RowOutcome, RowReport
from apps.users.models import User

UNCONFIRMED_FOR: Final = timedelta(days=7)
RESULT: Final = ("counts", "report", "questions", "updated_at")


def event_import_preview(
    *,
    uploaded_by: User,
    file: BinaryIO,
    file_name: str,
    league: League,
    season_name: str,
    create_teams: bool,
    replacements: str,
    now: datetime,
) -> EventImport:
    """Preview an uploaded export without saving any event, and keep the upload with the result.

    Raises:
        SkyBoxFileRefused, ReplacementsRefused, SeasonNameRefused, CatalogueChangedMeanwhile: as the import itself; the
            upload is then not kept.
    """
    payload, sha256 = _packed(file)
    event_import = EventImport(
        uploaded_by=uploaded_by,
        league=league,
        season_name=season_name,
        create_teams=create_teams,
        replacements=replacements,
        file_name=file_name[-255:],
        payload=payload,
        payload_sha256=sha256,
    )
    _preview(event_import, now)
    event_import.save(force_insert=True)
    return event_import


def event_import_answer(
    *, event_import_id: UUID, preview: str, homes: Mapping[str, Sequence[str]], chosen_by: User, now: datetime
) -> EventImport:
    """Remember who is at home in names that do not say it, and preview the upload again.

    `homes` has the chosen side, `one` or `other`, for each number of a question on the page; `preview` is the
    `preview_version` of that page. The choice applies to every file of the league from now on.

    Raises:
        EventImport.DoesNotExist: there is no such upload. EventImportAlreadyApplied: it was confirmed before, or
        meanwhile; in the second case the choice is kept. EventImportPreviewStale: the page shows an earlier preview.
        NameReadingRefused: nothing was chosen, an unknown question, both sides, or another side than somebody else
        chose. SkyBoxFileRefused, CatalogueChangedMeanwhile: as the import itself; the choice is kept.
    """
    event_import = EventImport.objects.select_related("league").get(pk=event_import_id)
    _require_previewed(event_import)
    if preview != preview_version(event_import):
        raise EventImportPreviewStale("The preview has changed since this page was loaded. Choose again.")
    chosen = answered(event_import.questions, homes)
    name_readings_keep(league=event_import.league, homes=chosen, chosen_by=chosen_by)
    _preview_again(event_import, now)
    return event_import


def is_overtaken(event_import: EventImport) -> bool:
    """Return whether another file of the season was imported in the admin after the preview of an upload."""
    others = EventImport.objects.filter(
        league=event_import.league_id,
        season_name__iexact=event_import.season_name,
        applied_at__gt=event_import.previewed_at,
    )
    return others.exclude(pk=event_import.pk).exists()


def preview_version(event_import: EventImport) -> str:
    """Return a version that differs between previews of an upload."""
    return event_import.previewed_at.isoformat()


def event_import_apply(*, event_import_id: UUID, now: datetime) -> EventImport:
    """Import a previewed upload, once; counts and report become those of the import.

    One that is stopped half-way stays as previewed: confirmed again, it imports the rest.

    Raises:
        EventImport.DoesNotExist: there is no such upload.
        EventImportAlreadyApplied: it was confirmed before, or meanwhile.
        EventImportPreviewStale: another file was imported since the preview, which is made again.
        ReplacementsRefused, SkyBoxFileRefused, CatalogueChangedMeanwhile: as the import itself.
    """
    event_import = EventImport.objects.get(pk=event_import_id)
    _require_previewed(event_import)
    if is_overtaken(event_import):
        _preview_again(event_import, now)
        raise EventImportPreviewStale(
            "Another file of the season has been imported since this preview; nothing was saved. The preview below is a"
            " new one: confirm it if this file is right."
        )
    _run(event_import, dry_run=False)
    with transaction.atomic():
        _require_previewed(event_import_locked(event_import_id))
        event_import.status = EventImportStatus.APPLIED
        event_import.applied_at = now
        event_import.save(update_fields=[*RESULT, "status", "applied_at"])
    return event_import


def event_imports_purge(*, now: datetime) -> int:
    """Delete uploads that were previewed a week ago and never applied; return how many.

    Applied ones stay as evidence of what they did.
    """
    forgotten = EventImport.objects.filter(status=EventImportStatus.PREVIEWED, previewed_at__lte=now - UNCONFIRMED_FOR)
    return forgotten.delete()[0]


def _preview(event_import: EventImport, now: datetime) -> None:
    _run(event_import, dry_run=True)
    event_import.previewed_at = now


def _preview_again(event_import: EventImport, now: datetime) -> None:
    _preview(event_import, now)
    with transaction.atomic():
        _require_previewed(event_import_locked(event_import.id))
        event_import.save(update_fields=[*RESULT, "previewed_at"])


def _require_previewed(event_import: EventImport) -> None:
    if event_import.status == EventImportStatus.APPLIED:
        since = event_import.applied_at
        at = f" at {since.isoformat(timespec='seconds')}" if since else ""
        raise EventImportAlreadyApplied(f"This import was confirmed before{at}; it was not applied again.")


def event_import_report(*, event_import: EventImport) -> bytes:
    """Return the row report of an upload as CSV in UTF-8."""
    return gzip.decompress(event_import.report)


def _run(event_import: EventImport, *, dry_run: bool) -> None:
    """Run the import of an upload and set its counts, report and questions, unsaved."""
    questions = Questions()
    with _packed_report() as (report, packed), gzip.open(io.BytesIO(event_import.payload)) as file:

        def on_row(outcome: RowOutcome) -> None:
            report(outcome)
            questions.add(outcome)

        result = skybox_events_import(
            file=cast("BinaryIO", file),
            league_code=event_import.league.code,
            season_name=event_import.season_name,
            create_teams=event_import.create_teams,
            replacements=parse_replacements(event_import.replacements),
            dry_run=dry_run,
            on_row=on_row,
        )
    event_import.report = packed.getvalue()
    event_import.counts = _counts(result)
    event_import.questions = questions.as_json(league=event_import.league)


def _counts(result: ImportResult) -> dict[str, Any]:
    """Return what is kept besides the report: the numbers, a new season, and the problems that belong to no row."""
    notes = [result.new_season_note] if result.new_season else []
    notes += [problem.detail for problem in result.problems if (problem.row, problem.skybox_event_id) == (None, None)]
    return {**result.counts(), "notes": notes}


def _packed(file: BinaryIO) -> tuple[bytes, str]:
    """Return the file's content, gzip, and the SHA-256 of the content."""
    packed, digest = io.BytesIO(), hashlib.sha256()
    file.seek(0)
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as stream:
        while block := file.read(1 << 20):
            digest.update(block)
            stream.write(block)
    return packed.getvalue(), digest.hexdigest()


@contextmanager
def _packed_report() -> Iterator[tuple[Callable[[RowOutcome], None], io.BytesIO]]:
    """Give a writer of rows and the buffer that holds the gzip report once the block has ended."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as stream,
        io.TextIOWrapper(stream, encoding="utf-8", newline="") as text,
    ):
        yield RowReport(text).add, packed
