"""Delivers what is due in the outbox, each message by the handler of its topic."""

import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from apps.common.errors import DomainError
from apps.common.listeners import LISTENERS, listener_names, received
from apps.notifications.errors import DeliveryPostponed, MessageUndeliverable
from apps.notifications.locks import outbox_claimed, outbox_delivered, outbox_renewed
from apps.notifications.models import OutboxMessage
from apps.notifications.rules import BUSY_SECONDS, MAX_ATTEMPTS, retry_delay
from apps.notifications.services.failures import dead_report, failure_words
from apps.notifications.services.leases import leases_kept

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Delivered:
    """What became of the claimed messages.

    It was not the turn of those `postponed`; `released` ones were left untouched because time was up, or because
    somebody else had claimed them.
    """

    claimed: int = 0
    delivered: int = 0
    failed: int = 0
    dead: int = 0
    postponed: int = 0
    released: int = 0


def outbox_deliver(*, now: datetime, limit: int, clock: Callable[[], float] = time.monotonic) -> Delivered:
    """Claim up to `limit` due messages and deliver them one by one.

    Topics without a handler wait until they have one. A failure is retried later; after `MAX_ATTEMPTS` the message is
    dead. The claims are renewed until all is done. `clock` counts seconds: what has not started within half of the
    longest claim is given back, so that nobody else takes it over while it is delivered.
    """
    begun = clock()
    with transaction.atomic():
        messages = outbox_claimed(topics=listener_names(gathers=False), now=now, limit=limit)
        dead_report(messages=[message for message in messages if message.dead_at], now=now)
    if not messages:
        return Delivered()
    counts = dict.fromkeys(("delivered", "failed", "dead", "postponed", "released"), 0)
    with leases_kept(messages=messages, now=now):
        for message in messages:
            elapsed = clock() - begun
            if message.dead_at:  # given up by the claim: no attempt is left
                outcome = "dead"
            elif elapsed > BUSY_SECONDS:
                _end(message, attempts=message.attempts - 1)
                outcome = "released"
            else:
                # Handlers pause and wait, so the last message needs a later time than the first.
                outcome = _deliver(message, now + timedelta(seconds=int(elapsed)))
            counts[outcome] += 1
    return Delivered(claimed=len(messages), **counts)


def _deliver(message: OutboxMessage, now: datetime) -> str:
    if not outbox_renewed(messages=[message], now=now):
        return "released"  # this process was stopped for longer than the lease, and another one has taken over
    try:
        LISTENERS[message.topic].function(message=received(message), now=now)
    except Exception as error:  # noqa: BLE001 - whatever it is, the message stays and the others go on
        return _fail(message, error, now)
    outbox_delivered(message=message, now=now)
    return "delivered"


def _fail(message: OutboxMessage, error: Exception, now: datetime) -> str:
    if isinstance(error, DeliveryPostponed):
        _end(message, attempts=message.attempts - 1, available_at=now + error.delay)
        return "postponed"
    is_dead = isinstance(error, MessageUndeliverable) or message.attempts >= MAX_ATTEMPTS
    asked = error.retry_after_seconds if isinstance(error, DomainError) else None
    delay = retry_delay(attempts=message.attempts, jitter=random.random(), asked_seconds=asked)  # noqa: S311 - no secret
    reason = failure_words(error)
    logger.warning("Outbox message %s (%s), attempt %s: %s", message.id, message.topic, message.attempts, reason)
    with transaction.atomic():
        _end(message, last_error=reason, available_at=now + delay, dead_at=now if is_dead else None)
        if is_dead:
            dead_report(messages=[message], now=now)
    return "dead" if is_dead else "failed"


def _end(message: OutboxMessage, **fields: object) -> None:
    # Only while the claim is ours: if the lease ran out after all, another deliverer is responsible for the message.
    ours = OutboxMessage.objects.filter(id=message.id, claimed_at=message.claimed_at)
    ours.update(claimed_at=None, lease_until=None, **fields)
