"""Reads of the outbox."""

from datetime import datetime

from django.conf import settings
from django.db.models import Min, Q, QuerySet

from apps.notifications.enums import MessageState
from apps.notifications.models import OutboxMessage

_OPEN = Q(delivered_at__isnull=True, dead_at__isnull=True)
_BY_STATE = {
    MessageState.WAITING: _OPEN & Q(claimed_at__isnull=True, last_error=""),
    MessageState.CLAIMED: _OPEN & Q(claimed_at__isnull=False),
    MessageState.FAILED: _OPEN & Q(claimed_at__isnull=True) & ~Q(last_error=""),
    MessageState.DEAD: Q(dead_at__isnull=False),
    MessageState.DELIVERED: Q(delivered_at__isnull=False),
}


def outbox_in_state(messages: QuerySet[OutboxMessage], state: MessageState) -> QuerySet[OutboxMessage]:
    """Return those of `messages` whose `state` is this one."""
    return messages.filter(_BY_STATE[state])


def outbox_oldest_due(*, now: datetime) -> datetime | None:
    """Return since when (UTC) the longest waiting message of a handled topic is due; None when nothing waits.

    A message that nobody has delivered for minutes says that no worker does; for the health check.
    """
    due = OutboxMessage.objects.filter(_OPEN, topic__in=list(settings.OUTBOX_HANDLERS), available_at__lte=now)
    oldest: datetime | None = due.aggregate(oldest=Min("available_at"))["oldest"]
    return oldest
