"""Records that beat runs, and requests a missed check."""

from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import Max

from apps.common.jobs import enqueue_on_commit
from apps.monitoring.models import BEAT, Heartbeat, InvariantResult
from apps.monitoring.rules import CHECK_OVERDUE

CHECK_TASK: Final = "monitoring.check_invariants"


def heartbeat_note(*, now: datetime) -> None:
    """Record that beat has had a task run at `now` (UTC)."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(id=BEAT, at=now)], update_conflicts=True, unique_fields=["id"], update_fields=["at"]
    )


@transaction.atomic
def beat_note(*, now: datetime) -> bool:
    """Record the heartbeat and request a check if the last one is too long ago; return whether it was requested.

    So a product that starts, for the first time or after a night, is checked within two minutes.
    """
    heartbeat_note(now=now)
    last = InvariantResult.objects.aggregate(last=Max("checked_at"))["last"]
    if last and now - last <= CHECK_OVERDUE:
        return False
    enqueue_on_commit(CHECK_TASK)
    return True
