"""Puts messages into the outbox, retries dead ones, deletes delivered ones."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from apps.common.jobs import enqueue_on_commit
from apps.notifications.enums import MessageState
from apps.notifications.locks import orphans_locked
from apps.notifications.models import OutboxMessage
from apps.notifications.selectors import outbox_in_state

DELIVER_TASK: Final = "notifications.deliver_outbox"
RETENTION: Final = timedelta(days=30)
PURGE_BATCH: Final = 5_000


@dataclass(frozen=True, kw_only=True)
class NewMessage:
    """A message to put: the payload is JSON, preferably ids; without `available_at` (UTC) it is due at once."""

    topic: str
    aggregate_key: str
    payload: dict[str, Any]
    available_at: datetime | None = None


def outbox_put(
    *, topic: str, aggregate_key: str, payload: dict[str, Any], now: datetime, available_at: datetime | None = None
) -> OutboxMessage:
    """Put one message into the running transaction; it is delivered after the commit, and never if that fails.

    Raises:
        TransactionManagementError: there is no transaction, so one of message and change could be lost.
    """
    message = NewMessage(topic=topic, aggregate_key=aggregate_key, payload=payload, available_at=available_at)
    return outbox_put_many(messages=[message], now=now)[0]


def topics_of(topic: str) -> list[str]:
    """Return what a topic is stored as: itself if it has a handler, and `topic:listener` for each of the listeners.

    A topic without a listener is stored as itself and waits until it has one; see `outbox_adopt`.
    """
    known = [*settings.OUTBOX_HANDLERS, *settings.OUTBOX_GATHERERS]
    return [name for name in known if name == topic or name.startswith(f"{topic}:")] or [topic]


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
            topic=topic,
            aggregate_key=message.aggregate_key,
            payload=message.payload,
            created_at=now,
            available_at=message.available_at or now,
        )
        for message in messages
        for topic in topics_of(message.topic)
    ]
    if rows:
        OutboxMessage.objects.bulk_create(rows)
        # Only sooner than the sweep, which finds whatever is lost here.
        enqueue_on_commit(DELIVER_TASK)
    return rows


@transaction.atomic
def outbox_adopt(*, now: datetime) -> int:
    """Give messages that were put without a listener to the present listeners; return how many there were.

    This includes what processes of the previous version put during a deployment. A topic with a handler of its own
    stays with it; a listener that joins others gets what is put from then on.
    """
    known = {*settings.OUTBOX_HANDLERS, *settings.OUTBOX_GATHERERS}
    orphaned = {name.partition(":")[0] for name in known} - known
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
        for topic in topics_of(message.topic)
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
        enqueue_on_commit(DELIVER_TASK)
    return retried


def outbox_look_after(*, message_ids: Collection[UUID], now: datetime) -> int:
    """Note that dead messages may stay dead; return how many were not marked before.

    Nothing is deleted; they can still be retried.
    """
    dead = outbox_in_state(OutboxMessage.objects.filter(id__in=message_ids), MessageState.DEAD)
    return dead.update(looked_after_at=now)


def outbox_purge(*, now: datetime) -> int:
    """Delete messages that were delivered before the retention, in batches; return how many."""
    purged = 0
    while True:
        old = OutboxMessage.objects.filter(delivered_at__lte=now - RETENTION).order_by("delivered_at")
        batch = list(old.values_list("id", flat=True)[:PURGE_BATCH])
        if not batch:
            return purged
        purged += OutboxMessage.objects.filter(id__in=batch).delete()[0]
