"""The claim of messages; the one place that says who delivers what."""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from apps.notifications.models import OutboxMessage
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
