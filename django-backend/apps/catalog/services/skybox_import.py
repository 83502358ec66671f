"""Imports the events of a SkyBox export into one season."""

from collections.abc import Callable
from datetime import datetime
from itertools import islice
from typing import BinaryIO, Final

from django.db import DatabaseError, IntegrityError
from django.utils import timezone

from apps.catalog.errors import CatalogueChangedMeanwhile, LeagueUnknown, SeasonNameRefused, SkyBoxFileRefused
from apps.catalog.models import League, Season
from apps.catalog.rules.skybox_replacements import NO_REPLACEMENTS, Replacements
from apps.catalog.rules.skybox_rows import looks_like_row
from apps.catalog.rules.skybox_text import NOT_STORABLE, single_spaced
from apps.catalog.services.event_labels import event_labels_keep
from apps.catalog.services.skybox_catalogue import ImportCatalogue
from apps.catalog.services.skybox_chunk import ChunkImporter
from apps.catalog.services.skybox_file import skybox_export_open
from apps.catalog.services.skybox_result import ImportResult, Problem, RowOutcome, with_uses
from apps.common.database import is_busy
from apps.common.text import counted

CHUNK_ROWS: Final = 250
MAX_SEASON_NAME: Final = 50


def skybox_events_import(
    *,
    file: BinaryIO,
    league_code: str,
    season_name: str,
    create_teams: bool = False,
    replacements: Replacements = NO_REPLACEMENTS,
    dry_run: bool = False,
    on_row: Callable[[RowOutcome], None] = lambda _: None,
    on_progress: Callable[[int], None] = lambda _: None,
    now: datetime | None = None,
) -> ImportResult:
    """Import an export into the events of a season.

    Good rows are imported, others reported. Memory does not grow with the file, except for one small object per
    problem. Statuses set by staff are never touched, and no event is deleted. A changed date is recorded in the event's
    changes and sent through the outbox. What staff have changed stays; events that the file should have and lacks are
    named.

    Each chunk of rows is one transaction, and two imports take turns chunk by chunk. If an import is stopped between
    chunks, what `on_row` got is imported; the next import does the rest. A dry run makes the same decisions without
    writing or locking.

    `file` must be seekable. Once a chunk is committed, `on_progress` gets the number of bytes read and `on_row` each of
    its rows in file order; at the end `on_row` gets what the file lacks. `now` (UTC) is the time of the changes, by
    default the current time.

    Raises:
        LeagueUnknown: there is no league of that code.
        SeasonNameRefused: the season's name is empty or too long.
        SkyBoxFileRefused: the file is no SkyBox export, or not complete; nothing was imported.
        CatalogueChangedMeanwhile: somebody created the same team, venue or season at the same moment, or locked what
            a chunk needs for too long.
    """
    now = now or timezone.now()
    league = _league(league_code)
    name = _season_name(season_name)
    export = skybox_export_open(file=file)
    importer = ChunkImporter(
        season=Season.objects.filter(league=league, name__iexact=name).first() or Season(league=league, name=name),
        catalogue=ImportCatalogue(league=league, create_teams=create_teams),
        replacements=replacements,
        now=now,
        dry_run=dry_run,
    )
    result = ImportResult()
    looks_like_export = False
    try:
        rows = export.rows()
        while chunk := list(islice(rows, CHUNK_ROWS)):
            looks_like_export = looks_like_export or any(looks_like_row(raw) for raw in chunk)
            outcomes = with_uses(importer.take(chunk))
            on_progress(export.file.tell())  # before `on_row`, whose failure must not hide that the chunk is committed
            for outcome in outcomes:
                result.add(outcome)
                on_row(outcome)
        is_complete = export.row_count in {None, result.rows}
        result.new_season = importer.new_season
        if not importer.is_new_season:
            result.missing = importer.missing(is_complete=is_complete)
            for event in result.missing:
                result.add(event.as_row())
                on_row(event.as_row())
    except DatabaseError as error:
        if not (isinstance(error, IntegrityError) or is_busy(error)):
            raise
        raise CatalogueChangedMeanwhile(
            "Others are changing the same events, teams, venues or seasons. Import the file again: what was imported so"
            " far stays as it is."
        ) from error
    finally:
        if not dry_run:
            event_labels_keep(season_id=importer.season.id)
    if result.rows and not looks_like_export:
        raise SkyBoxFileRefused("The file is not a SkyBox export: no row is an object with id and date.")
    if not is_complete:
        held = counted(result.rows, "row")
        detail = (
            f"The file says rowCount {export.row_count} and holds {held}: the export may be incomplete, so events that"
            " it lacks are not reported."
        )
        result.problems.append(Problem(None, None, "row_count_mismatch", detail))
    return result


def _league(code: str) -> League:
    league = League.objects.filter(code__iexact=code.strip()).first()
    if league is None:
        known = ", ".join(League.objects.values_list("code", flat=True)) or "none"
        raise LeagueUnknown(f"There is no league {code!r}. Choose from: {known}.", attr="league")
    return league


def _season_name(text: str) -> str:
    name = single_spaced(text)
    if not name or len(name) > MAX_SEASON_NAME or NOT_STORABLE.search(name):
        raise SeasonNameRefused(f"A season's name has 1 to {MAX_SEASON_NAME} characters.", attr="season_name")
    return name
