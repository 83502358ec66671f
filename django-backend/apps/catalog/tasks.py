"""The catalogue on a timer; the schedule is CELERY_BEAT_SCHEDULE."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.catalog.services.skybox_upload import event_imports_purge


@shared_task(name="catalog.purge_event_imports")
def purge_event_imports(**kwargs: Any) -> int:
    """Delete uploads that nobody confirmed within a week."""
    return event_imports_purge(now=timezone.now())
