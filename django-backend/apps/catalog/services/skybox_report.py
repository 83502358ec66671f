"""The row report of an import: one CSV line for every row of the file, written while the import runs."""

import csv
from typing import Final, TextIO

from apps.catalog.services.skybox_result import RowOutcome
from apps.common.csv_safety import safe_cell

COLUMNS: Final = ("row", "skybox_event_id", "name", "outcome", "code", "detail", "changes")


class RowReport:
    """Writes rows to a text stream that was opened with `newline=""`; nothing is kept in memory."""

    def __init__(self, stream: TextIO) -> None:
        self._writer = csv.writer(stream)
        self._writer.writerow(COLUMNS)

    def add(self, outcome: RowOutcome) -> None:
        """Write one row."""
        values = (getattr(outcome, column) for column in COLUMNS)
        self._writer.writerow(["" if value is None else safe_cell(str(value)) for value in values])
