"""The stored results as rows of the health check, in two light queries."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import DatabaseError, ProgrammingError
from django.db.migrations.recorder import MigrationRecorder

from apps.common.replica import has_replica, replica_lag_seconds
from apps.monitoring.enums import CheckState
from apps.monitoring.models import BEAT, Heartbeat, InvariantResult
from apps.monitoring.rules import BEAT_LIFE, FIRST_GRACE, REPLICA_LAG, RESULT_LIFE, duration_text
from apps.monitoring.selectors.invariants import INVARIANTS, BeatRuns, Invariant, MigrationsAreApplied

REPLICA_TITLE: Final = "Replica"
NOT_YET: Final = "Not checked yet."


@dataclass(frozen=True)
class HealthRow:
    """A row of the health check; `seconds` is how long the last check took."""

    title: str
    state: CheckState
    detail: str = ""
    seconds: float = 0.0


def health_rows(*, now: datetime) -> list[HealthRow]:
    """Return a row for each invariant at its last check; beat's heartbeat and a replica are read now.

    An invariant that was never checked is unknown during the first hour after the migration, and a failure from then
    on; so is a result that is older than an hour.
    """
    try:
        results = {result.name: result for result in InvariantResult.objects.all()}
        beat_at = Heartbeat.objects.filter(id=BEAT).values_list("at", flat=True).first()
        first = None if results and beat_at else _tables_made_at()
    except ProgrammingError:  # the tables are missing
        return [_without_tables(invariant) for invariant in INVARIANTS]
    except DatabaseError:
        return [HealthRow(item.title, CheckState.UNKNOWN, "The database does not answer.") for item in INVARIANTS]
    is_new = first is None or now - first <= FIRST_GRACE
    rows = [_replica_row()] if has_replica() else []
    for invariant in INVARIANTS:
        result = results.get(invariant.name)
        if isinstance(invariant, BeatRuns):
            rows.append(_beat_row(beat_at, is_new=is_new, now=now))
        elif result is None:
            # If others have results, it is an invariant of a new release: the next run checks it.
            state = CheckState.UNKNOWN if results or is_new else CheckState.FAILING
            rows.append(HealthRow(invariant.title, state, NOT_YET))
        else:
            rows.append(_row(invariant, result, now))
    return rows


def _row(invariant: Invariant, result: InvariantResult, now: datetime) -> HealthRow:
    if now - result.checked_at > RESULT_LIFE:
        detail = f"Not checked since {result.checked_at.isoformat(timespec='seconds')}."
        return HealthRow(invariant.title, CheckState.FAILING, detail, result.seconds)
    state = CheckState(result.state)
    detail = ""
    if state is CheckState.FAILING:
        since = result.since.isoformat(timespec="seconds")
        what = "The check itself fails" if result.error else f"{result.found:,} found"
        detail = f"{what} since {since}. It should be: {invariant.sentence}"
    return HealthRow(invariant.title, state, detail, result.seconds)


def _replica_row() -> HealthRow:
    try:
        lag = replica_lag_seconds()
    except DatabaseError:
        return HealthRow(REPLICA_TITLE, CheckState.FAILING, "It does not answer; the primary answers instead.")
    if lag > REPLICA_LAG.total_seconds():
        detail = f"It is {duration_text(timedelta(seconds=lag))} behind; the primary answers instead."
        return HealthRow(REPLICA_TITLE, CheckState.FAILING, detail)
    return HealthRow(REPLICA_TITLE, CheckState.WORKING)


def _beat_row(beat_at: datetime | None, *, is_new: bool, now: datetime) -> HealthRow:
    if beat_at is None:
        state = CheckState.UNKNOWN if is_new else CheckState.FAILING
        return HealthRow(BeatRuns.title, state, "It has not run yet.")
    if now - beat_at > BEAT_LIFE:
        detail = f"It last ran at {beat_at.isoformat(timespec='seconds')}."
        return HealthRow(BeatRuns.title, CheckState.FAILING, detail)
    return HealthRow(BeatRuns.title, CheckState.WORKING)


def _without_tables(invariant: Invariant) -> HealthRow:
    if isinstance(invariant, MigrationsAreApplied):
        return HealthRow(invariant.title, CheckState.FAILING, "The tables of this release are missing.")
    return HealthRow(invariant.title, CheckState.UNKNOWN, NOT_YET)


def _tables_made_at() -> datetime | None:
    applied = MigrationRecorder.Migration.objects.filter(app="monitoring").order_by("applied")
    return applied.values_list("applied", flat=True).first()
