"""Housekeeping on a timer; the schedule is CELERY_BEAT_SCHEDULE."""

from typing import Any

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from apps.common import idempotency


@shared_task(name="common.purge_idempotency_records")
def purge_idempotency_records(**kwargs: Any) -> int:
    """Remove stored answers after 24 hours."""
    return idempotency.purge_expired(now=timezone.now())


@shared_task(name="common.clear_expired_sessions")
def clear_expired_sessions(**kwargs: Any) -> None:
    """Remove expired sessions, which Django never does by itself."""
    call_command("clearsessions")
