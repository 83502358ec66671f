"""Gathers messages that belong together, so that a burst of events makes one message.

Waiting messages are rows of the outbox, nothing else: no list in a cache, no timer for each event. A sweep finds the
groups that are due and claims their rows, which counts the attempt; then one transaction turns the rows into one
message and marks them delivered. So each event is in exactly one message, whatever crashes when, and a message that
kills its worker is given up in the end.
"""

import logging
import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from apps.common.listeners import LISTENERS, received
from apps.notifications import rules
from apps.notifications.errors import MessageUndeliverable
from apps.notifications.locks import outbox_group_claimed
from apps.notifications.models import OutboxMessage
from apps.notifications.selectors import outbox_groups_due
from apps.notifications.services.failures import dead_report, failure_words

logger = logging.getLogger(__name__)
GROUPS_PER_SWEEP: Final = 200


def outbox_gather(*, now: datetime, clock: Callable[[], float] = time.monotonic) -> int:
    """Gather every group that is due; return how many messages were gathered. One group cannot stop the others.

    `clock` counts seconds: what has not started within `BUSY_SECONDS` is left for the next sweep.
    """
    begun = clock()
    quiet = timedelta(seconds=settings.OUTBOX_GATHERING_SECONDS)
    longest = max(quiet, rules.LONGEST_GATHERING)
    gathered = 0
    for topic, key in outbox_groups_due(now=now, quiet=quiet, longest=longest, limit=GROUPS_PER_SWEEP):
        while (elapsed := clock() - begun) <= rules.BUSY_SECONDS:
            messages = _claim(topic, key, now + timedelta(seconds=int(elapsed)))
            gathered += _gather([message for message in messages if not message.dead_at], now)
            if not messages or messages[0].attempts <= rules.ALONE_AFTER:
                break  # otherwise they were claimed one by one, and the next one may succeed
    return gathered


@transaction.atomic
def _claim(topic: str, key: str, now: datetime) -> list[OutboxMessage]:
    messages = outbox_group_claimed(topic=topic, aggregate_key=key, now=now, limit=rules.LARGE_GROUP)
    dead_report(messages=[message for message in messages if message.dead_at], now=now)
    return messages


def _gather(messages: Sequence[OutboxMessage], now: datetime) -> int:
    """Gather claimed messages and mark them, in one transaction; return how many."""
    if not messages:
        return 0
    try:
        with transaction.atomic():
            ended = _ours(messages).update(claimed_at=None, lease_until=None, delivered_at=now, last_error="")
            if is_ours := ended == len(messages):
                function = LISTENERS[messages[0].topic].function
                function(messages=[received(message) for message in messages], now=now)
            else:  # the lease was over and somebody else has claimed them
                transaction.set_rollback(True)
    except Exception as error:  # noqa: BLE001 - whatever it is, the messages stay and the other groups go on
        _fail(messages, error, now)
        return 0
    return len(messages) if is_ours else 0


@transaction.atomic
def _fail(messages: Sequence[OutboxMessage], error: Exception, now: datetime) -> None:
    reason = failure_words(error)
    jitter = random.random()  # noqa: S311 - no secret; one for all, so that they come back together as one message
    for message in messages:
        is_dead = isinstance(error, MessageUndeliverable) or message.attempts >= rules.MAX_ATTEMPTS
        ended = _ours([message]).update(
            claimed_at=None,
            lease_until=None,
            last_error=reason,
            available_at=now + rules.retry_delay(attempts=message.attempts, jitter=jitter),
            dead_at=now if is_dead else None,
        )
        if ended and is_dead:
            dead_report(messages=[message], now=now)
    logger.warning("Outbox: %s messages of %s were not gathered: %s", len(messages), messages[0].topic, reason)


def _ours(messages: Sequence[OutboxMessage]) -> QuerySet[OutboxMessage]:
    # Only while the claim is ours: if the lease ran out after all, another gatherer is responsible for the messages.
    ids = [message.id for message in messages]
    return OutboxMessage.objects.filter(id__in=ids, claimed_at=messages[0].claimed_at, delivered_at__isnull=True)
