"""The outbox on a timer and right after a commit; the schedule is CELERY_BEAT_SCHEDULE."""

from typing import Any, Final

from celery import shared_task
from django.utils import timezone

from apps.notifications.services.delivery import outbox_deliver
from apps.notifications.services.outbox import outbox_purge

BATCH: Final = 20
MAX_BATCHES: Final = 50


@shared_task(name="notifications.deliver_outbox")
def deliver_outbox(**kwargs: Any) -> int:
    """Deliver what is due, a small batch at a time; return how many messages. The next sweep goes on from there."""
    delivered = 0
    for _ in range(MAX_BATCHES):
        result = outbox_deliver(now=timezone.now(), limit=BATCH)
        delivered += result.delivered
        if result.claimed < BATCH or result.released:
            break
    return delivered


@shared_task(name="notifications.purge_outbox")
def purge_outbox(**kwargs: Any) -> int:
    """Delete messages that were delivered a month ago."""
    return outbox_purge(now=timezone.now())
