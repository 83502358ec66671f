"""Claims and locks of delivery; the one place that says who delivers what."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import connection

from apps.notifications.models import OutboxMessage, SlackMessage
from apps.notifications.rules import LEASE, MAX_ATTEMPTS

WORN_OUT: Final = "Each attempt ended without a word: the process was killed or the answer never came."
# One statement, so one transaction: a crash after it leaves the lease, a crash in it nothing. A message whose last
# attempt was never reported is buried here, so that one that kills its worker does not come back for ever.
_CLAIM: Final = """
WITH due AS MATERIALIZED (
    SELECT id FROM notifications_outboxmessage
    WHERE delivered_at IS NULL AND dead_at IS NULL AND topic = ANY(%(topics)s) AND available_at <= %(now)s
        AND (claimed_at IS NULL OR claimed_at <= %(lease_over)s)
    ORDER BY available_at, id
    LIMIT %(limit)s
    FOR UPDATE SKIP LOCKED
)
UPDATE notifications_outboxmessage AS message SET
    claimed_at = CASE WHEN attempts < %(max_attempts)s THEN %(now)s END,
    attempts = LEAST(attempts + 1, %(max_attempts)s),
    dead_at = CASE WHEN attempts < %(max_attempts)s THEN NULL ELSE %(now)s END,
    last_error = CASE WHEN attempts < %(max_attempts)s THEN last_error ELSE %(worn_out)s END
FROM due WHERE message.id = due.id
RETURNING message.*
"""
_SLOT: Final = """
INSERT INTO notifications_slackchannel AS channel (id, next_at)
VALUES (%(channel)s, %(now)s + make_interval(secs => %(seconds)s))
ON CONFLICT (id) DO UPDATE SET next_at = GREATEST(channel.next_at, %(now)s) + make_interval(secs => %(seconds)s)
RETURNING next_at - make_interval(secs => %(seconds)s)
"""


def outbox_group_claimed(*, topic: str, aggregate_key: str, now: datetime, limit: int) -> list[OutboxMessage]:
    """Lock the waiting messages of one group, up to `limit`, and return them, oldest first.

    The race: two gatherers at once. The second one passes by what the first one has, and once that has committed it is
    delivered and no longer here. A crash takes the locks away with the transaction, and nothing was done.
    """
    waiting = OutboxMessage.objects.select_for_update(skip_locked=True).filter(
        topic=topic,
        aggregate_key=aggregate_key,
        delivered_at__isnull=True,
        dead_at__isnull=True,
        available_at__lte=now,
    )
    return list(waiting.order_by("created_at", "id")[:limit])


def slack_message_locked(message_id: UUID) -> SlackMessage | None:
    """Return a Slack message under its row lock, None when there is none.

    The race: two deliverers of one message, because it was changed while it was being posted, post it twice. Each takes
    this lock, notes in the row that it is sending, and lets go before it speaks to Slack; the second one sees the note.
    """
    return SlackMessage.objects.select_for_update().filter(id=message_id).first()


def slack_slot_reserved(*, channel: str, now: datetime, interval: timedelta) -> datetime:
    """Return when (UTC) the next message may go to the channel, and move the time on; one statement.

    The race: two deliverers post to one channel in the same second. The second one waits for the row and gets the slot
    after that of the first.
    """
    with connection.cursor() as cursor:
        cursor.execute(_SLOT, {"channel": channel, "now": now, "seconds": interval.total_seconds()})
        slot: datetime = cursor.fetchone()[0]
    return slot


def outbox_claimed(*, topics: Collection[str], now: datetime, limit: int) -> list[OutboxMessage]:
    """Claim up to `limit` due messages of the topics and return them, oldest first; those just buried have `dead_at`.

    The race: two deliverers at once. Each skips the rows that the other is claiming, and sees those that it has claimed
    as claimed. A claim ends with the delivery, with a failure, or with the lease when nobody is heard of again.
    """
    claimed = OutboxMessage.objects.raw(
        _CLAIM,
        {
            "topics": list(topics),
            "now": now,
            "lease_over": now - LEASE,
            "limit": limit,
            "max_attempts": MAX_ATTEMPTS,
            "worn_out": WORN_OUT,
        },
    )
    return sorted(claimed, key=lambda message: (message.available_at, message.id))
