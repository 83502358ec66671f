"""What an import did: row by row, in sum, and as the row report, one CSV line for every row of the file."""

import csv
import gzip
import io
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any, Final, TextIO
from uuid import UUID

from apps.catalog.rules.event_facts import EventFacts, changes_in_words
from apps.catalog.rules.skybox_rows import SidesQuestion
from apps.catalog.rules.skybox_text import RowDoubtful, RowRefused, RowSkipped
from apps.catalog.services.event_uses import EventUses, event_uses
from apps.common.csv_safety import safe_cell
from apps.common.text import counted

COLUMNS: Final = (
    *("row", "skybox_event_id", "name", "outcome", "code", "detail", "changes"),
    *("start", "venue", "away_team", "home_team", "open_listings", "sales"),
)


class Outcome(StrEnum):
    """What became of one row; the values are the names of the counts."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    DOUBTFUL = "doubtful"
    REJECTED = "rejected"
    # Not a row: an event that the file should have.
    MISSING = "missing"


def outcome_of(refusal: RowRefused) -> Outcome:
    """Return what becomes of a row that is not imported."""
    if isinstance(refusal, RowSkipped):
        return Outcome.SKIPPED
    return Outcome.DOUBTFUL if isinstance(refusal, RowDoubtful) else Outcome.REJECTED


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """One row. `row` counts from 0 in file order; `code` and `detail` are empty when there is nothing to say.

    `row` is None for an event that the file lacks. `event_id` is the existing event. `facts` are what the row says, as
    far as it can be read; `before` is what an update changed. `uses` are what depends on the event, and `question` is
    what staff can answer so that the row is imported.
    """

    row: int | None
    skybox_event_id: int | None
    name: str
    outcome: Outcome
    code: str = ""
    detail: str = ""
    event_id: UUID | None = None
    facts: EventFacts | None = None
    before: EventFacts | None = None
    uses: EventUses | None = None
    question: SidesQuestion | None = None

    @property
    def changes(self) -> str:
        """What changed, a line each: `Venue: Citi Field → Yankee Stadium`; for a new event its name, if that did."""
        if self.facts is not None and self.before is not None:
            return "\n".join(changes_in_words(self.before, self.facts))
        if self.facts is not None and self.outcome == Outcome.CREATED and self.facts.name != self.name:
            return f"Name: {self.name} → {self.facts.name}"
        return ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to look at: a row that was not imported, or only with a doubt; `row` is None for the whole file."""

    row: int | None
    skybox_event_id: int | None
    code: str
    detail: str


@dataclass(frozen=True, slots=True)
class MissingEvent:
    """An event that the file should have and lacks; `starts` in local words, `successor` the same game on a new day."""

    event_id: UUID
    skybox_event_id: int
    label: str
    starts: str
    uses: EventUses
    successor: str

    @property
    def uses_words(self) -> str:
        """What depends on it."""
        return f"{counted(self.uses.open_listings, 'open listing')}, {counted(self.uses.sales, 'sale')}"

    @property
    def detail(self) -> str:
        """What has to be decided."""
        successor = f" It may have become {self.successor}." if self.successor else ""
        return f"The file no longer has {self.label} ({self.starts}): {self.uses_words}.{successor}"

    def as_row(self) -> RowOutcome:
        """Return the line of the report."""
        words = "missing_from_feed", self.detail
        key = self.event_id
        return RowOutcome(None, self.skybox_event_id, self.label, Outcome.MISSING, *words, event_id=key, uses=self.uses)


@dataclass
class ImportResult:
    """The counts, which always sum to `rows`, every problem in file order, and what the file should have and lacks.

    `new_season` is the season with its league (`NFL 2025`) if the import creates it.
    """

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    doubtful: int = 0
    rejected: int = 0
    problems: list[Problem] = field(default_factory=list)
    missing: list[MissingEvent] = field(default_factory=list)
    new_season: str = ""

    @property
    def new_season_note(self) -> str:
        """A sentence by which a misspelt season is noticed."""
        return f"{self.new_season} is a new season."

    def add(self, outcome: RowOutcome) -> None:
        """Count one row."""
        if outcome.row is not None:
            self.rows += 1
            setattr(self, outcome.outcome, getattr(self, outcome.outcome) + 1)
        if outcome.code:
            self.problems.append(Problem(outcome.row, outcome.skybox_event_id, outcome.code, outcome.detail))

    def counts(self) -> dict[str, int]:
        """Return the numbers alone."""
        numbers = {**vars(self), Outcome.MISSING: len(self.missing)}
        return {str(name): numbers[name] for name in ("rows", *Outcome)}

    def as_json(self) -> dict[str, Any]:
        """Return counts and problems as `--json` prints them."""
        return {**self.counts(), "problems": [asdict(problem) for problem in self.problems]}


def with_uses(outcomes: Sequence[RowOutcome]) -> list[RowOutcome]:
    """Return rows with what depends on their events, except for unchanged ones."""
    wanted = {row.event_id for row in outcomes if row.event_id and (row.outcome != Outcome.UNCHANGED or row.code)}
    uses = event_uses(wanted)
    return [replace(row, uses=uses[row.event_id]) if row.event_id in wanted else row for row in outcomes]


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
