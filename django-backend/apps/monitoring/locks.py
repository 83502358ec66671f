"""The lock of one invariant's result."""

from datetime import datetime

from apps.monitoring.models import InvariantResult


def invariant_result_locked(name: str, *, now: datetime) -> InvariantResult:
    """Lock the result of an invariant and return it, a new one of unknown state if there was none; two queries.

    The race: two runs that find the same change, of which each would tell staff. The second one waits here and finds
    what the first one wrote. A row is made first, because one that is not there cannot be locked.
    """
    InvariantResult.objects.bulk_create([InvariantResult(name=name, since=now, checked_at=now)], ignore_conflicts=True)
    return InvariantResult.objects.select_for_update().get(name=name)
