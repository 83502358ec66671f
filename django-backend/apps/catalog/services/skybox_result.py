"""What an import did: row by row and in sum."""

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from apps.catalog.rules.skybox_text import RowDoubtful, RowRefused, RowSkipped


class Outcome(StrEnum):
    """What became of one row; the values are the names of the counts."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    DOUBTFUL = "doubtful"
    REJECTED = "rejected"


def outcome_of(refusal: RowRefused) -> Outcome:
    """Return what becomes of a row that is not imported."""
    if isinstance(refusal, RowSkipped):
        return Outcome.SKIPPED
    return Outcome.DOUBTFUL if isinstance(refusal, RowDoubtful) else Outcome.REJECTED


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """One row. `row` counts from 0 in file order; `code` and `detail` are empty when there is nothing to say.

    `changes` tells an update in words: `starts_at: 2025-12-28T18:00:00+00:00 → 2025-12-27T21:30:00+00:00`.
    """

    row: int
    skybox_event_id: int | None
    name: str
    outcome: Outcome
    code: str = ""
    detail: str = ""
    changes: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something to look at: a row that was not imported, or was with a doubt; `row` is None for the whole file."""

    row: int | None
    skybox_event_id: int | None
    code: str
    detail: str


@dataclass
class ImportResult:
    """The counts, which always sum to `rows`, and every problem in file order."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    unchanged: int = 0
    skipped: int = 0
    doubtful: int = 0
    rejected: int = 0
    problems: list[Problem] = field(default_factory=list)

    def add(self, outcome: RowOutcome) -> None:
        """Count one row."""
        self.rows += 1
        setattr(self, outcome.outcome, getattr(self, outcome.outcome) + 1)
        if outcome.code:
            self.problems.append(Problem(outcome.row, outcome.skybox_event_id, outcome.code, outcome.detail))

    def counts(self) -> dict[str, int]:
        """Return the numbers alone."""
        return {str(name): getattr(self, name) for name in ("rows", *Outcome)}

    def as_json(self) -> dict[str, Any]:
        """Return counts and problems as `--json` prints them."""
        return {**self.counts(), "problems": [asdict(problem) for problem in self.problems]}
