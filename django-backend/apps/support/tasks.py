"""Housekeeping on a timer; the schedule is CELERY_BEAT_SCHEDULE."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.support.services import contact_messages_purge


@shared_task(name="support.purge_contact_messages")
def purge_contact_messages(**kwargs: Any) -> int:
    """Delete messages of the contact form that are a year old."""
    return contact_messages_purge(now=timezone.now())
