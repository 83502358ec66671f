"""The lock of one invariant's result."""

from datetime import datetime

from apps.monitoring.models import InvariantResult


def invariant_result_locked(name: str, *, now: datetime) -> InvariantResult:
    """Lock the result of an invariant and return it, a new one of unknown state if there was none.

    The race: two runs find the same change and each would notify staff. The second one waits here and sees what the
    first one wrote. The row is created first, because a missing row cannot be locked.
    """
    InvariantResult.objects.bulk_create([InvariantResult(name=name, since=now, checked_at=now)], ignore_conflicts=True)
    return InvariantResult.objects.select_for_update().get(name=name)
