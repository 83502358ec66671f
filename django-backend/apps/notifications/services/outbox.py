"""Puts messages into the outbox, retries dead ones, deletes delivered ones."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.core.cache import cache
from django.db import transaction
from django.db.models import Q

from apps.common.database import deleted_in_batches
from apps.common.jobs import enqueue_on_commit
from apps.common.listeners import LISTENERS, names_of
from apps.common.topics import Topic
from apps.notifications.enums import MessageState
from apps.notifications.locks import orphans_locked
from apps.notifications.models import OutboxMessage
from apps.notifications.selectors import outbox_in_state

DELIVER_TASK: Final = "notifications.deliver_outbox"
WOKEN: Final = "outbox:woken"
SWEEP_SECONDS: Final = 5  # of beat
RETENTION: Final = timedelta(days=30)
PURGE_BATCH: Final = 5_000


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A message to put; without `available_at` (UTC) it is due at once."""

    payload: Topic
    aggregate_key: str
    available_at: datetime | None = None


def outbox_put(
    *, payload: Topic, aggregate_key: str, now: datetime, available_at: datetime | None = None
) -> OutboxMessage:
    """Put one message into the running transaction; it is delivered after the commit, and never if that fails.

    Raises:
        TransactionManagementError: there is no transaction, so one of message and change could be lost.
    """
    message = NewMessage(payload=payload, aggregate_key=aggregate_key, available_at=available_at)
    return outbox_put_many(messages=[message], now=now)[0]


def outbox_put_many(*, messages: Iterable[NewMessage], now: datetime) -> list[OutboxMessage]:
    """Put messages into the running transaction, in one INSERT.

    A topic with several listeners is put once for each, so that each is called, retried and given up on its own.

    Raises:
        TransactionManagementError: there is no transaction, so messages or changes could be lost.
    """
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("A message needs the transaction of its change.")
    rows = [
        OutboxMessage(
            topic=name,
            aggregate_key=message.aggregate_key,
            payload=message.payload.as_json(),
            created_at=now,
            available_at=message.available_at or now,
        )
        for message in messages
        for name in names_of(message.payload.name)
    ]
    if rows:
        OutboxMessage.objects.bulk_create(rows)
    # The sweep gathers, after a quiet time, and nobody delivers what has no listener.
    alone = {name for name, listener in LISTENERS.items() if not listener.gathers}
    if any(row.available_at <= now and row.topic in alone for row in rows):
        transaction.on_commit(_wake, robust=True)
    return rows


def _wake() -> None:
    """Have a worker deliver at once, unless one was asked and has not begun: it will see this commit as well.

    Only sooner than the sweep, which finds whatever is lost here.
    """
    if cache.add(WOKEN, value=True, timeout=SWEEP_SECONDS):
        enqueue_on_commit(DELIVER_TASK)


def outbox_awake() -> None:
    """Note that a worker begins to deliver; call it before it reads, so that no commit falls in between."""
    cache.delete(WOKEN)


@transaction.atomic
def outbox_adopt(*, now: datetime) -> int:
    """Give messages that were put without a listener to the present listeners; return how many there were.

    This includes what processes of the previous version put during a deployment. A topic with a handler of its own
    stays with it; a listener that joins others gets what is put from then on.
    """
    orphaned = {name.partition(":")[0] for name in LISTENERS} - LISTENERS.keys()
    found = orphans_locked(topics=orphaned, limit=PURGE_BATCH)
    if not found:
        return 0
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            topic=topic,
            aggregate_key=message.aggregate_key,
            payload=message.payload,
            created_at=message.created_at,
            available_at=max(message.available_at, now),
        )
        for message in found
        for topic in names_of(message.topic)
    )
    OutboxMessage.objects.filter(id__in=[message.id for message in found]).delete()
    return len(found)


@transaction.atomic
def outbox_retry(*, message_ids: Collection[UUID], now: datetime) -> int:
    """Make dead and failed messages due at once, with all their attempts again; return how many there were.

    Delivered messages and those that are being delivered stay as they are.
    """
    retried = OutboxMessage.objects.filter(
        Q(dead_at__isnull=False) | ~Q(last_error=""),
        id__in=message_ids,
        delivered_at__isnull=True,
        claimed_at__isnull=True,
    ).update(dead_at=None, looked_after_at=None, attempts=0, available_at=now)
    if retried:
        transaction.on_commit(_wake, robust=True)
    return retried


def outbox_look_after(*, message_ids: Collection[UUID], now: datetime) -> int:
    """Note that dead messages may stay dead; return how many were not marked before.

    Nothing is deleted; they can still be retried.
    """
    dead = outbox_in_state(OutboxMessage.objects.filter(id__in=message_ids), MessageState.DEAD)
    return dead.update(looked_after_at=now)


def outbox_purge(*, now: datetime) -> int:
    """Delete messages that were delivered before the retention, in batches; return how many."""
    old = OutboxMessage.objects.filter(delivered_at__lte=now - RETENTION).order_by("delivered_at")
    return deleted_in_batches(old, size=PURGE_BATCH)
