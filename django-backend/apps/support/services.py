"""Receives messages of the contact form, notifies support, and records answers."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.common.acts import Act
from apps.common.database import deleted_in_batches
from apps.common.listeners import Message
from apps.notifications.api import address_mail_send, outbox_put, slack_put
from apps.support.locks import unanswered_locked
from apps.support.messages import MAIL_TEMPLATE, contact_mail_context, contact_words
from apps.support.models import ContactMessage
from apps.support.topics import ContactMessageReceived

RETENTION: Final = timedelta(days=365)
PURGE_BATCH: Final = 1_000


@transaction.atomic
def contact_message_receive(
    *, user_id: UUID | None, name: str, email: str, subject: str, message: str, trap: str, now: datetime
) -> ContactMessage | None:
    """Store a message and notify support, by mail if SUPPORT_EMAIL is set and in Slack: all or nothing.

    `trap` is a field that people do not see. A program that fills it in gets the usual answer, and nothing is stored:
    None is returned.
    """
    if trap.strip():
        return None
    contact = ContactMessage(user_id=user_id, name=name, email=email, subject=subject, message=message, received_at=now)
    contact.save(force_insert=True)
    if settings.SUPPORT_EMAIL:
        received = ContactMessageReceived(contact_message_id=contact.id)
        outbox_put(payload=received, aggregate_key=f"contact:{contact.id}", now=now)
    words = contact_words(contact)
    slack_put(channel=settings.STT_NOTIFICATIONS_CHANNEL_ID, text=words.text, blocks=words.blocks, now=now)
    return contact


def contact_message_mail(
    *,
    message: Message[ContactMessageReceived],
    now: datetime,  # noqa: ARG001 - what handlers are called with
) -> None:
    """Mail a message to support, with the sender's address to reply to; nothing if it is deleted by now.

    Raises:
        MessageUndeliverable: the mail server refuses support's address for good.
        DeliveryDelayed, OSError, SMTPException, AnymailError: not now.
    """
    contact = ContactMessage.objects.filter(id=message.payload.contact_message_id).first()
    if contact is None or not settings.SUPPORT_EMAIL:
        return
    address_mail_send(
        to=settings.SUPPORT_EMAIL,
        reply_to=contact.email,
        template=MAIL_TEMPLATE,
        context=contact_mail_context(contact),
        message_id=message.id,
    )


@transaction.atomic
def contact_messages_answer(*, message_ids: Collection[UUID], act: Act) -> int:
    """Record that messages were answered, by whom and when; return how many were not answered before."""
    waiting = unanswered_locked(message_ids)
    ContactMessage.objects.filter(id__in=[contact.id for contact in waiting]).update(
        answered_at=act.at, answered_by=act.actor_id
    )
    return len(waiting)


def contact_messages_purge(*, now: datetime) -> int:
    """Delete messages that are a year old, answered or not, in batches; return how many."""
    old = ContactMessage.objects.filter(received_at__lte=now - RETENTION).order_by("received_at")
    return deleted_in_batches(old, size=PURGE_BATCH)
