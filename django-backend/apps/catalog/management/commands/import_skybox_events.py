"""Imports the events of a SkyBox export: docs/get_events_data.md says how to get one."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EISDIR
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, reset_queries
from tqdm import tqdm

from apps.catalog.rules.skybox_replacements import NO_REPLACEMENTS, parse_replacements
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.services.skybox_result import ImportResult, RowReport
from apps.common.database import is_unreachable
from apps.common.errors import DomainError
from apps.common.text import counted

REFUSED: Final = 2
INTERRUPTED: Final = 130
SHOWN_PROBLEMS: Final = 20


class Command(BaseCommand):
    """`manage.py import_skybox_events FILE --league NFL --season 2025`."""

    help = (
        "Import the events of a SkyBox export (JSON) into a season. Exit code 0: the file was processed, doubtful and"
        " rejected rows are reported; 2: the file or an option was refused, or the import stopped half-way, as the"
        " sentence says."
    )

    _has_imported = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE", help="the export, JSON")
        parser.add_argument("--league", required=True, help="code of the league, such as NFL")
        parser.add_argument("--season", required=True, help="name of the season, created when it is new: 2025, 2025-26")
        parser.add_argument("--create-teams", action="store_true", help="create teams that the league does not know")
        parser.add_argument("--replacements", metavar="FILE", help='JSON {"column": {"regex": "new text"}}')
        parser.add_argument("--dry-run", action="store_true", help="report what an import would do, save nothing")
        parser.add_argument("--report", metavar="FILE.csv", help="write one CSV line for every row")
        parser.add_argument("--json", action="store_true", help="print counts and problems as JSON, rows from 0")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = self._import(options)
        except DomainError as refusal:
            raise CommandError(str(refusal), returncode=REFUSED) from None
        except OSError as error:
            what = (error.strerror or str(error)).rstrip(".")
            reason = f"{error.filename}: {what}" if error.filename else what
            raise CommandError(f"{self._extent()}: {reason}.", returncode=REFUSED) from None
        except DatabaseError as error:
            if is_unreachable(error):
                raise  # manage.py reports it; a commit in progress may or may not have succeeded
            reason = str(error).strip().split("\n", 1)[0]
            raise CommandError(f"{self._extent()}. The database says: {reason}", returncode=REFUSED) from None
        except KeyboardInterrupt:
            raise CommandError(f"{self._extent()}: it was interrupted.", returncode=INTERRUPTED) from None
        if options["json"]:
            self.stdout.write(json.dumps(result.as_json()))
        else:
            self.stdout.write("\n".join(_sentences(result, dry_run=options["dry_run"])))

    def _import(self, options: dict[str, Any]) -> ImportResult:
        replacements = NO_REPLACEMENTS
        if (path := options["replacements"]) is not None:
            replacements = parse_replacements(Path(path).read_text(encoding="utf-8-sig", errors="replace"))
        with Path(options["file"]).open("rb") as file, _report(options["report"]) as report, _progress(file) as bar:

            def on_progress(position: int) -> None:
                self._has_imported = not options["dry_run"]
                bar.update(position - bar.n)
                reset_queries()  # with DEBUG, Django keeps the text of every statement

            return skybox_events_import(
                file=file,
                league_code=options["league"],
                season_name=options["season"],
                create_teams=options["create_teams"],
                replacements=replacements,
                dry_run=options["dry_run"],
                on_row=report.add if report else lambda _: None,
                on_progress=on_progress,
            )

    def _extent(self) -> str:
        """Return how far a stopped import has come."""
        if not self._has_imported:
            return "Nothing was imported"
        return "The import stopped half-way (import the file again: rows that are there stay as they are)"


@contextmanager
def _report(path: str | None) -> Iterator[RowReport | None]:
    """Yield a report that is moved to `path` only if the import succeeds."""
    if path is None:
        yield None
        return
    target = Path(path)
    if target.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR), path)
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        with unfinished.open("w", encoding="utf-8-sig", newline="") as stream:
            yield RowReport(stream)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)


def _progress(file: BinaryIO) -> "tqdm[NoReturn]":
    """Return a progress bar over the bytes of the file; it shows on a terminal only."""
    return tqdm(total=os.fstat(file.fileno()).st_size, unit="B", unit_scale=True, disable=None, file=sys.stderr)


def _sentences(result: ImportResult, *, dry_run: bool) -> Iterator[str]:
    counts = result.counts()
    rows = counts.pop("rows")
    yield f"{counted(rows, 'row')}: {', '.join(f'{number} {name}' for name, number in counts.items())}."
    if result.new_season:
        yield result.new_season_note
    for problem in result.problems[:SHOWN_PROBLEMS]:
        where = "File" if problem.row is None else f"Row {problem.row}"
        event = f" (SkyBox {problem.skybox_event_id})" if problem.skybox_event_id else ""
        yield f"{where}{event}: {problem.code}: {problem.detail}"
    if len(result.problems) > SHOWN_PROBLEMS:
        yield f"… and {len(result.problems) - SHOWN_PROBLEMS} more; --report FILE.csv or --json lists them all."
    if dry_run:
        yield "Dry run: nothing was saved."
