"""Claims and locks of delivery: the only place that decides who delivers what."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Q

from apps.notifications.models import OutboxMessage, SlackMessage
from apps.notifications.rules import ALONE_AFTER, LEASE, LONGEST_CLAIM, MAX_ATTEMPTS

WORN_OUT: Final = "Every attempt ended silently: the process was killed or the answer never came."
# One statement, so one transaction: a crash after it leaves the lease, a crash during it nothing. A message whose last
# attempt was never reported is given up here, so that one that kills its worker does not come back for ever. Topics
# take turns: the oldest of each, then the second oldest of each. Ten thousand mails that wait for a mail server delay
# neither password mails nor Slack. Each topic is read in index order, so a backlog costs nothing.
_CLAIM: Final = """
WITH due AS MATERIALIZED (
    SELECT id FROM (
        SELECT waiting.id, available_at, row_number() OVER (PARTITION BY topic ORDER BY available_at, id) AS turn
        FROM unnest(%(topics)s::text[]) AS topics (topic) CROSS JOIN LATERAL (
            SELECT id, available_at FROM notifications_outboxmessage AS message
            WHERE delivered_at IS NULL AND dead_at IS NULL AND message.topic = topics.topic AND available_at <= %(now)s
                AND (claimed_at IS NULL OR COALESCE(lease_until, claimed_at + %(longest_claim)s) <= %(now)s)
            ORDER BY available_at, id
            LIMIT %(limit)s
            FOR UPDATE SKIP LOCKED
        ) AS waiting
    ) AS locked
    ORDER BY turn, available_at, id
    LIMIT %(limit)s
)
UPDATE notifications_outboxmessage AS message SET
    claimed_at = CASE WHEN attempts < %(max_attempts)s THEN %(now)s END,
    lease_until = CASE WHEN attempts < %(max_attempts)s THEN %(lease_until)s END,
    attempts = LEAST(attempts + 1, %(max_attempts)s),
    dead_at = CASE WHEN attempts < %(max_attempts)s THEN NULL ELSE %(now)s END,
    last_error = CASE WHEN attempts < %(max_attempts)s THEN last_error ELSE %(worn_out)s END
FROM due WHERE message.id = due.id
RETURNING message.*
"""
# One of each for every message that is delivered: compiling them takes longer than running them.
_RENEW: Final = """
UPDATE notifications_outboxmessage SET lease_until = %(until)s
WHERE id = ANY(%(ids)s::uuid[]) AND claimed_at = ANY(%(claims)s)
"""
_DELIVERED: Final = """
UPDATE notifications_outboxmessage SET claimed_at = NULL, lease_until = NULL, delivered_at = %(now)s, last_error = ''
WHERE id = %(id)s AND claimed_at = %(claimed_at)s
"""
_SLOT: Final = """
INSERT INTO notifications_slackchannel AS channel (id, next_at)
VALUES (%(channel)s, %(now)s + make_interval(secs => %(seconds)s))
ON CONFLICT (id) DO UPDATE SET next_at = GREATEST(channel.next_at, %(now)s) + make_interval(secs => %(seconds)s)
RETURNING next_at - make_interval(secs => %(seconds)s)
"""


def outbox_free(*, now: datetime) -> Q:
    """Return the condition for messages that are unclaimed, or whose deliverer is presumed dead.

    The previous release claims without `lease_until`, for five minutes.
    """
    old_claim = Q(lease_until__isnull=True, claimed_at__lte=now - LONGEST_CLAIM)
    return Q(claimed_at__isnull=True) | Q(lease_until__lte=now) | old_claim


def outbox_renewed(*, messages: Collection[OutboxMessage], now: datetime) -> int:
    """Renew the lease of messages that were claimed together; return how many still belong to the caller.

    The race: the lease ran out and another deliverer claims. The second of the two statements finds the row changed and
    leaves it alone.
    """
    ids, claims = [str(message.id) for message in messages], [message.claimed_at for message in messages]
    with connection.cursor() as cursor:
        cursor.execute(_RENEW, {"until": now + LEASE, "ids": ids, "claims": claims})
        return int(cursor.rowcount)


def outbox_delivered(*, message: OutboxMessage, now: datetime) -> None:
    """Mark a claimed message as delivered.

    The race is that of `outbox_renewed`: if the lease ran out, another deliverer is responsible for the message.
    """
    with connection.cursor() as cursor:
        cursor.execute(_DELIVERED, {"now": now, "id": message.id, "claimed_at": message.claimed_at})


def outbox_group_claimed(*, topic: str, aggregate_key: str, now: datetime, limit: int) -> list[OutboxMessage]:
    """Claim the waiting messages of one group, up to `limit`; return them, oldest first. Dead ones have `dead_at`.

    The claim counts the attempt and is committed before gathering, so that a message that kills its worker is given up
    in the end. A message that has failed `ALONE_AFTER` times is claimed alone, so that it delays neither its group nor
    other groups while the lease runs.

    The race: two gatherers at once. The second one skips what the first one is claiming.
    """
    waiting = OutboxMessage.objects.select_for_update(skip_locked=True).filter(
        outbox_free(now=now),
        topic=topic,
        aggregate_key=aggregate_key,
        delivered_at__isnull=True,
        dead_at__isnull=True,
        available_at__lte=now,
    )
    messages = list(waiting.order_by("created_at", "id")[:limit])
    alone = [message for message in messages if message.attempts >= ALONE_AFTER]
    messages = alone[:1] or messages
    for message in messages:
        if message.attempts < MAX_ATTEMPTS:
            message.attempts, message.claimed_at, message.lease_until = message.attempts + 1, now, now + LEASE
        else:
            message.claimed_at, message.lease_until = None, None
            message.dead_at, message.last_error = now, WORN_OUT
    OutboxMessage.objects.bulk_update(messages, ["attempts", "claimed_at", "lease_until", "dead_at", "last_error"])
    return messages


def orphans_locked(*, topics: Collection[str], limit: int) -> list[OutboxMessage]:
    """Return undelivered messages of these topics under their row locks, oldest first.

    The race: two sweeps at once would give one message to its listeners twice. The second one skips locked rows.
    """
    waiting = OutboxMessage.objects.select_for_update(skip_locked=True).filter(
        topic__in=topics, delivered_at__isnull=True, dead_at__isnull=True
    )
    return list(waiting.order_by("id")[:limit])


def slack_message_locked(message_id: UUID) -> SlackMessage | None:
    """Return a Slack message under its row lock, None when there is none.

    The race: a message is changed while it is being posted, and two deliverers post it. Each takes this lock, records
    in the row that it is sending, and releases the lock before it calls Slack; the second one sees the record.
    """
    return SlackMessage.objects.select_for_update().filter(id=message_id).first()


def slack_slot_reserved(*, channel: str, now: datetime, interval: timedelta) -> datetime:
    """Return when (UTC) the next message may go to the channel, and advance that time; one statement.

    The race: two deliverers post to one channel in the same second. The second one waits for the row and gets the slot
    after that of the first.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SLOT, {"channel": channel, "now": now, "seconds": interval.total_seconds()})
        slot: datetime = cursor.fetchone()[0]
    return slot


def outbox_claimed(*, topics: Collection[str], now: datetime, limit: int) -> list[OutboxMessage]:
    """Claim up to `limit` due messages of the topics, which take turns; those just given up have `dead_at`.

    They are returned oldest first.

    The race: two deliverers at once. Each skips the rows that the other is claiming or has claimed. A claim ends with
    the delivery, with a failure, or when the lease expires.
    """
    claimed = OutboxMessage.objects.raw(
        _CLAIM,
        {
            "topics": list(topics),
            "now": now,
            "lease_until": now + LEASE,
            "longest_claim": LONGEST_CLAIM,
            "limit": limit,
            "max_attempts": MAX_ATTEMPTS,
            "worn_out": WORN_OUT,
        },
    )
    return sorted(claimed, key=lambda message: (message.available_at, message.id))
