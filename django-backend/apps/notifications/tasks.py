"""The outbox on a timer and right after a commit; the schedule is CELERY_BEAT_SCHEDULE."""

import time
from typing import Any, Final

from celery import shared_task
from django.utils import timezone

from apps.notifications.services.account_mail import account_mails_forget
from apps.notifications.services.delivery import outbox_deliver
from apps.notifications.services.gathering import outbox_gather
from apps.notifications.services.notices import notices_purge
from apps.notifications.services.outbox import outbox_adopt, outbox_awake, outbox_purge

BATCH: Final = 20
# The queue is fair: who has delivered for this long lets the next task come, and the next sweep goes on from there.
MAX_SECONDS: Final = 30


def _deliver(until: float) -> int:
    """Deliver small batches until nothing is due, or the time is over."""
    delivered = 0
    while time.monotonic() < until:
        result = outbox_deliver(now=timezone.now(), limit=BATCH)
        delivered += result.delivered
        if result.claimed < BATCH or result.released:
            break
    return delivered


@shared_task(name="notifications.deliver_outbox")
def deliver_outbox(**kwargs: Any) -> int:
    """Deliver what is due, gather what belongs together, deliver that too; return how many were delivered.

    Delivery comes first: a group that kills its worker each time it is gathered keeps nothing else back.
    """
    until = time.monotonic() + MAX_SECONDS
    outbox_awake()
    outbox_adopt(now=timezone.now())
    delivered = _deliver(until)
    if outbox_gather(now=timezone.now()):
        delivered += _deliver(until)
    return delivered


@shared_task(name="notifications.purge_outbox")
def purge_outbox(**kwargs: Any) -> int:
    """Delete messages that were delivered a month ago, and the words of account mails whose links are over."""
    account_mails_forget(now=timezone.now())
    return outbox_purge(now=timezone.now())


@shared_task(name="notifications.purge_notices")
def purge_notices(**kwargs: Any) -> int:
    """Delete notices that are half a year old."""
    return notices_purge(now=timezone.now())
