"""The row report of an import: one CSV line for every row of the file, written while the import runs."""

import csv
import gzip
import io
from collections.abc import Iterator
from typing import Any, Final, TextIO

from apps.catalog.services.skybox_result import RowOutcome
from apps.common.csv_safety import safe_cell

COLUMNS: Final = (
    *("row", "skybox_event_id", "name", "outcome", "code", "detail", "changes"),
    *("start", "venue", "away_team", "home_team", "open_listings", "sales"),
)


class RowReport:
    """Writes rows to a text stream that was opened with `newline=""`; nothing is kept in memory."""

    def __init__(self, stream: TextIO) -> None:
        self._writer = csv.writer(stream)
        self._writer.writerow(COLUMNS)

    def add(self, outcome: RowOutcome) -> None:
        """Write one row."""
        values = (_value(outcome, column) for column in COLUMNS)
        self._writer.writerow(["" if value is None else safe_cell(str(value)) for value in values])


def report_lines(report: bytes | memoryview) -> Iterator[dict[str, str]]:
    """Yield the lines of a stored report (gzip), by column; cells as they were written."""
    with gzip.open(io.BytesIO(report), "rt", encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)


def _value(outcome: RowOutcome, column: str) -> Any:
    """Return the value of a column: of the row, else of its facts, else of the uses of its event."""
    parts = (outcome, outcome.facts, outcome.uses)
    return next((getattr(part, column) for part in parts if hasattr(part, column)), None)
