"""Makes messages to staff and keeps them up to date with the database."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.common.slack_blocks import Words
from apps.notifications.api import outbox_put, slack_change, slack_message_locked, slack_put
from apps.triage.enums import TriageKind
from apps.triage.messages.listings import WAITING, listings_words
from apps.triage.messages.season_tickets import season_ticket_words
from apps.triage.models import TriageMessage
from apps.triage.selectors import DECIDED_KINDS, listings_shown, messages_about, season_ticket_shown
from apps.triage.topics import TriageShown


@transaction.atomic
def triage_show(
    *,
    kind: TriageKind,
    object_ids: Sequence[UUID],
    source_key: str,
    now: datetime,
    holder_id: UUID | None = None,
    words: Words | None = None,
) -> TriageMessage | None:
    """Make a message to staff; None if there is one from this source already.

    Messages that staff decide about are made from the objects; `words` is the text of others.
    """
    if TriageMessage.objects.filter(source_key=source_key).exists():
        return None
    message = TriageMessage(kind=kind, object_ids=list(object_ids), source_key=source_key, holder_id=holder_id)
    shown = words or triage_words(message, now=now)
    message.slack_message = slack_put(
        channel=settings.STT_NOTIFICATIONS_CHANNEL_ID,
        text=shown.text,
        blocks=shown.blocks,
        now=now,
        tells_dead=kind is TriageKind.DEAD,
    )
    message.save(force_insert=True)
    if words is None:
        # Whoever decides before our commit finds no message to refresh; see `triage_shown_check`.
        shown_now = TriageShown(triage_message_id=message.id)
        outbox_put(payload=shown_now, aggregate_key=f"triage:{message.id}", now=now)
    return message


def triage_refresh(*, object_ids: Collection[UUID], now: datetime) -> int:
    """Bring the messages about these listings or season tickets up to date; return how many changed."""
    return sum(triage_refresh_one(message=message, now=now) for message in messages_about(object_ids=object_ids))


@transaction.atomic
def triage_refresh_one(*, message: TriageMessage, now: datetime) -> bool:
    """Bring one message up to date; return whether it changed. One without a decision stays as it is.

    The race: two decisions about one message do not see each other's, and the older text would be written last. With
    the lock, the second reads what the first decided.
    """
    locked = slack_message_locked(message.slack_message_id) if message.kind in DECIDED_KINDS else None
    if locked is None:
        return False
    shown = triage_words(message, now=now)
    return slack_change(message=locked, text=shown.text, blocks=shown.blocks, now=now)


def triage_words(message: TriageMessage, *, now: datetime) -> Words:
    """Return the present text of a message that staff decide about.

    Raises:
        ValueError: messages of this kind need no decision and are never made again.
    """
    if message.kind == TriageKind.SEASON_TICKET:
        return season_ticket_words(season_ticket_shown(message))
    if message.kind in WAITING:
        return listings_words(listings_shown(message, now=now))
    raise ValueError(f"a message of the kind {message.kind} needs no decision")
