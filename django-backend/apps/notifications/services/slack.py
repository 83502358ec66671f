"""Brings messages to Slack and keeps them up to date.

A row of SlackMessage says what should be shown; an outbox message says that Slack does not show it yet. Delivery
compares the two versions and posts or updates, so a message that was changed ten times meanwhile is sent once.
"""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F

from apps.common.listeners import Message
from apps.notifications.errors import (
    DeliveryDelayed,
    DeliveryPostponed,
    MessageUndeliverable,
    SlackRefused,
    SlackUnanswered,
)
from apps.notifications.gateways import UNREACHABLE, message_post, message_update
from apps.notifications.locks import slack_message_locked, slack_slot_reserved
from apps.notifications.models import OutboxMessage, SlackChannel, SlackMessage
from apps.notifications.rules import SLACK_LEASE, SLACK_OUTAGE, SLACK_RETRY
from apps.notifications.services.outbox import outbox_put
from apps.notifications.topics import SlackChanged

logger = logging.getLogger(__name__)
LONGEST_PAUSE: Final = timedelta(seconds=3)
_DELETED: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed"})
_AGAIN: Final = {
    "type": "context",
    "elements": [
        {
            "type": "mrkdwn",
            "text": ":repeat: Posted again: the answer to an earlier attempt was lost, so this may be a duplicate.",
        }
    ],
}


def slack_put(
    *,
    channel: str,
    text: str,
    blocks: Sequence[Mapping[str, Any]],
    now: datetime,
    tells_dead: bool = False,
    after: SlackMessage | None = None,
) -> SlackMessage:
    """Put a message for a channel into the running transaction; it is posted after the commit.

    `tells_dead` marks a report of messages that were given up: nothing is reported when it is given up itself. With
    `after` it waits until Slack shows that message or that message is given up.

    Raises:
        TransactionManagementError: there is no transaction.
    """
    message = SlackMessage(channel=channel, text=text, blocks=list(blocks), created_at=now)
    message.save(force_insert=True)
    _deliver_later(message.id, now, tells_dead=tells_dead, after=after)
    return message


def slack_change(*, message: SlackMessage, text: str, blocks: Sequence[Mapping[str, Any]], now: datetime) -> bool:
    """Change what a message shows; return whether that is a change.

    Raises:
        TransactionManagementError: there is no transaction.
    """
    if (message.text, message.blocks) == (text, list(blocks)):
        return False
    SlackMessage.objects.filter(id=message.id).update(text=text, blocks=list(blocks), version=F("version") + 1)
    _deliver_later(message.id, now, tells_dead=False)
    return True


def slack_deliver(
    *, message: Message[SlackChanged], now: datetime, pause: Callable[[float], None] = time.sleep
) -> None:  # the handler of the outbox
    """Bring Slack up to date with a message; nothing happens when it is already.

    Raises:
        DeliveryPostponed: the channel is busy, or somebody else is sending this message.
        DeliveryDelayed: Slack asks to wait; the whole channel waits then.
        MessageUndeliverable, SlackRefused, SlackUnanswered: see `gateways`.
    """
    message_id = message.payload.slack_message_id
    known = SlackMessage.objects.filter(id=message_id).first()
    if known is None or known.gone_at or known.version == known.synced_version:
        return
    if not (settings.STT_NOTIFICATIONS_BOT_API_TOKEN and known.channel):  # nothing is sent and nothing fails
        _log(known, now)
        return
    _await_predecessor(message.payload.after)
    _await_turn(known.channel, now, pause)
    taken = _take(message_id, now)
    if taken is None:
        return
    try:
        _send(taken, now)
    except DeliveryDelayed as error:
        _settle(taken, outcome_unknown=False)
        _rest(taken.channel, now + timedelta(seconds=error.retry_after_seconds or 1))
        raise
    except SlackUnanswered:
        _settle(taken, outcome_unknown=not taken.ts)
        _rest(taken.channel, now + SLACK_OUTAGE)
        raise
    except (SlackRefused, MessageUndeliverable) as error:
        _settle(taken, outcome_unknown=False)
        if isinstance(error, SlackRefused) and error.reason == UNREACHABLE:
            _rest(taken.channel, now + SLACK_OUTAGE)
        raise


def _deliver_later(message_id: UUID, now: datetime, *, tells_dead: bool, after: SlackMessage | None = None) -> None:
    change = SlackChanged(slack_message_id=message_id, after=after.id if after else None, tells_dead=tells_dead)
    outbox_put(payload=change, aggregate_key=f"slack:{message_id}", now=now)


def _log(message: SlackMessage, now: datetime) -> None:
    # Names of holders stay out of production's logs; the admin shows the words there.
    text = message.text if settings.DEBUG else f"message {message.id}"
    logger.info("Slack is not set up; for channel %s: %s", message.channel or "(none)", text)
    SlackMessage.objects.filter(id=message.id).update(logged_at=now, synced_version=message.version)


def _await_predecessor(message_id: UUID | None) -> None:
    """Keep messages that belong together in their order, whoever delivers them and whatever fails meanwhile."""
    if message_id is None or not SlackMessage.objects.filter(id=message_id, synced_version=0, gone_at=None).exists():
        return
    given_up = OutboxMessage.objects.filter(aggregate_key=f"slack:{message_id}", dead_at__isnull=False)
    if not given_up.exists():
        raise DeliveryPostponed("The message before it is not there yet.", delay=SLACK_RETRY)


def _rest(channel: str, until: datetime) -> None:
    """Make the whole channel wait: one message finds out that Slack does not answer, not each one for ten seconds."""
    SlackChannel.objects.filter(id=channel, next_at__lt=until).update(next_at=until)


def _await_turn(channel: str, now: datetime, pause: Callable[[float], None]) -> None:
    """Keep to the pace of the channel: wait here for a short time, come back after a longer one."""
    busy = SlackChannel.objects.filter(id=channel, next_at__gt=now + LONGEST_PAUSE).first()
    if busy:
        raise DeliveryPostponed("The channel is busy.", delay=busy.next_at - now)
    slot = slack_slot_reserved(
        channel=channel, now=now, interval=timedelta(seconds=settings.SLACK_SECONDS_BETWEEN_MESSAGES)
    )
    if slot > now:
        pause((slot - now).total_seconds())


@transaction.atomic
def _take(message_id: UUID, now: datetime) -> SlackMessage | None:
    """Record that we send the message; return it, or None when Slack shows it by now.

    The record is committed before Slack is called. An old record means that its process died, perhaps after Slack had
    accepted the message.
    """
    taken = slack_message_locked(message_id)
    if taken is None or taken.gone_at or taken.version == taken.synced_version:
        return None
    if taken.sending_since and taken.sending_since > now - SLACK_LEASE:
        raise DeliveryPostponed("Somebody else is sending this message.", delay=SLACK_RETRY)
    if not taken.ts and (taken.outcome_unknown or taken.sending_since):
        taken.possible_duplicate = True
    taken.sending_since = now
    taken.save(update_fields=["sending_since", "possible_duplicate"])
    return taken


def _send(taken: SlackMessage, now: datetime) -> None:
    blocks = [*taken.blocks, _AGAIN] if taken.possible_duplicate else taken.blocks
    if taken.ts:
        gone_at = None
        try:
            message_update(channel=taken.channel, ts=taken.ts, text=taken.text, blocks=blocks)
        except SlackRefused as error:
            if error.reason not in _DELETED:
                raise
            gone_at = now  # Somebody has deleted it there. Its subject is still in the admin and in the digest.
        _settle(taken, synced_version=taken.version, gone_at=gone_at)
        return
    ts = message_post(
        channel=taken.channel,
        text=taken.text,
        blocks=blocks,
        metadata={"event_type": "stt_message", "event_payload": {"id": str(taken.id)}},
    )
    _settle(taken, ts=ts, posted_at=now, synced_version=taken.version, outcome_unknown=False)


def _settle(taken: SlackMessage, **fields: object) -> None:
    # Only while the note is ours: if the lease ran out after all, somebody else answers for the message.
    ours = SlackMessage.objects.filter(id=taken.id, sending_since=taken.sending_since)
    ours.update(sending_since=None, **fields)
