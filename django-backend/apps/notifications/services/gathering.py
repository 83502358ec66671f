"""Gathers messages that belong together, so that a burst of events is told once.

What waits is rows of the outbox, nothing else: no list in a cache, no timer for each event. Whoever sweeps finds the
groups that are due, and one transaction turns the rows of a group into what tells them and marks them delivered. So
each event is told by exactly one message, whatever dies when.
"""

import logging
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol, cast

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from apps.notifications.errors import MessageUndeliverable
from apps.notifications.locks import outbox_group_claimed
from apps.notifications.models import OutboxMessage
from apps.notifications.rules import LARGE_GROUP, LONGEST_GATHERING, MAX_ATTEMPTS, retry_delay
from apps.notifications.selectors import outbox_groups_due
from apps.notifications.services.failures import dead_tell, told

logger = logging.getLogger(__name__)
GROUPS_PER_SWEEP: Final = 200


class Gatherer(Protocol):
    """Turns the messages of one group into what tells them; called inside the transaction that marks them."""

    def __call__(self, *, messages: Sequence[OutboxMessage], now: datetime) -> None:
        """Tell `messages`, oldest first."""


def outbox_gather(*, now: datetime) -> int:
    """Gather every group that is due; return how many messages were gathered. One group cannot stop the others."""
    quiet = timedelta(seconds=settings.OUTBOX_GATHERING_SECONDS)
    longest = max(quiet, LONGEST_GATHERING)
    gathered = 0
    for topic, key in outbox_groups_due(now=now, quiet=quiet, longest=longest, limit=GROUPS_PER_SWEEP):
        gathered += _gather(topic, key, now)
    return gathered


def _gather(topic: str, key: str, now: datetime) -> int:
    messages: list[OutboxMessage] = []
    try:
        with transaction.atomic():
            messages = outbox_group_claimed(topic=topic, aggregate_key=key, now=now, limit=LARGE_GROUP)
            if messages:
                cast("Gatherer", import_string(settings.OUTBOX_GATHERERS[topic]))(messages=messages, now=now)
                rows = OutboxMessage.objects.filter(id__in=[message.id for message in messages])
                rows.update(delivered_at=now, last_error="")
    except Exception as error:  # noqa: BLE001 - whatever it is, the messages stay and the other groups go on
        _fail(messages, error, now)
        return 0
    return len(messages)


@transaction.atomic
def _fail(messages: Sequence[OutboxMessage], error: Exception, now: datetime) -> None:
    reason = told(error)
    jitter = random.random()  # noqa: S311 - no secret; one for all, so that they come back together as one message
    for message in messages:
        attempts = message.attempts + 1
        is_dead = isinstance(error, MessageUndeliverable) or attempts >= MAX_ATTEMPTS
        delay = retry_delay(attempts=attempts, jitter=jitter)
        # Another gatherer may have told it, or failed with it too, since our transaction was rolled back.
        ours = OutboxMessage.objects.filter(
            id=message.id, delivered_at__isnull=True, dead_at__isnull=True, attempts=message.attempts
        )
        ended = ours.update(
            attempts=attempts,
            last_error=reason,
            available_at=now + delay,
            dead_at=now if is_dead else None,
        )
        if ended and is_dead:
            dead_tell(messages=[message], now=now)
    if messages:
        logger.warning("Outbox: %s messages of %s were not gathered: %s", len(messages), messages[0].topic, reason)
