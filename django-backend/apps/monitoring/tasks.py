"""Periodic checks; the schedule is CELERY_BEAT_SCHEDULE."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.monitoring.services.heartbeat import beat_note
from apps.monitoring.services.invariants import invariants_check


@shared_task(name="monitoring.note_beat")
def note_beat(**kwargs: Any) -> bool:
    """Record that beat, broker and worker run; return whether an overdue check was requested."""
    return beat_note(now=timezone.now())


@shared_task(name="monitoring.check_invariants")
def check_invariants(**kwargs: Any) -> int:
    """Check the invariants; return how many are broken."""
    return sum(checked.is_failing for checked in invariants_check(now=timezone.now(), by_beat=True))
