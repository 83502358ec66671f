"""Reads of the outbox and of notices."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Min, Q, QuerySet

from apps.common.listeners import listener_names
from apps.notifications.enums import MessageState, NoticeKind
from apps.notifications.locks import outbox_free
from apps.notifications.models import MailOptOut, Notice, OutboxMessage
from apps.notifications.rules import LARGE_GROUP

_OPEN = Q(delivered_at__isnull=True, dead_at__isnull=True)
_BY_STATE = {
    MessageState.WAITING: _OPEN & Q(claimed_at__isnull=True, last_error=""),
    MessageState.CLAIMED: _OPEN & Q(claimed_at__isnull=False),
    MessageState.FAILED: _OPEN & Q(claimed_at__isnull=True) & ~Q(last_error=""),
    MessageState.DEAD: Q(dead_at__isnull=False, looked_after_at__isnull=True),
    MessageState.LOOKED_AFTER: Q(dead_at__isnull=False, looked_after_at__isnull=False),
    MessageState.DELIVERED: Q(delivered_at__isnull=False),
}


def outbox_in_state(messages: QuerySet[OutboxMessage], state: MessageState) -> QuerySet[OutboxMessage]:
    """Return those of `messages` whose `state` is this one."""
    return messages.filter(_BY_STATE[state])


def outbox_groups_due(*, now: datetime, quiet: timedelta, longest: timedelta, limit: int) -> list[tuple[str, str]]:
    """Return topic and key of the groups to gather now, the longest waiting first.

    A group is due when nothing new came for `quiet`, when its first message has waited for `longest`, or when it is
    large. Claimed messages do not count until the lease is over.
    """
    topics = listener_names(gathers=True)
    waiting = OutboxMessage.objects.filter(_OPEN, outbox_free(now=now), topic__in=topics, available_at__lte=now)
    groups = waiting.order_by().values("topic", "aggregate_key")
    groups = groups.annotate(first=Min("created_at"), last=Max("created_at"), size=Count("id"))
    due = groups.filter(Q(last__lte=now - quiet) | Q(first__lte=now - longest) | Q(size__gte=LARGE_GROUP))
    return list(due.order_by("first").values_list("topic", "aggregate_key")[:limit])


def notices_of(*, user_id: UUID) -> QuerySet[Notice]:
    """Return the user's own notices; staff see only their own here, too."""
    return Notice.objects.filter(user=user_id)


def notice_counts(*, user_id: UUID) -> dict[str, int]:
    """Return how many notices of the user are `unread` and how many are `read`."""
    unread = Count("id", filter=Q(read_at__isnull=True))
    counts: dict[str, int] = notices_of(user_id=user_id).aggregate(unread=unread, read=Count("id") - unread)
    return counts


def mail_preferences_of(*, user_id: UUID) -> dict[str, bool]:
    """Return every kind of mail and whether the user gets it."""
    off = set(MailOptOut.objects.filter(user=user_id).values_list("kind", flat=True))
    return {kind.value: kind.value not in off for kind in NoticeKind}
