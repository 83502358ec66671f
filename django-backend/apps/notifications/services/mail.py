"""Mails through the outbox: who puts one names user, template and context, the handler writes and sends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.contrib.auth import get_user_model
from django.core.mail import EmailMultiAlternatives
from django.core.mail.utils import DNS_NAME

from apps.notifications.errors import MessageUndeliverable
from apps.notifications.messages import mail_text
from apps.notifications.models import OutboxMessage
from apps.notifications.services.outbox import NewMessage, outbox_put_many

MAIL_TOPIC: Final = "mail"


@dataclass(frozen=True, kw_only=True)
class NewMail:
    """A mail to put: `context` is JSON, in the words that the template shows."""

    user_id: UUID
    template: str
    context: dict[str, Any]


def mail_put_many(*, mails: Iterable[NewMail], now: datetime) -> list[OutboxMessage]:
    """Put mails into the running transaction, in one INSERT; each goes to the address that the user has by then.

    Raises:
        TransactionManagementError: there is no transaction.
    """
    messages = [
        NewMessage(
            topic=MAIL_TOPIC,
            aggregate_key=f"user:{mail.user_id}",
            payload={"user_id": str(mail.user_id), "template": mail.template, "context": mail.context},
        )
        for mail in mails
    ]
    return outbox_put_many(messages=messages, now=now)


def mail_deliver(*, message: OutboxMessage, now: datetime) -> None:  # noqa: ARG001 - what handlers are called with
    """Send a mail that was put as such; errors are those of `mail_send`."""
    mail_send(mail=NewMail(**message.payload), message_id=message.id)


def mail_send(*, mail: NewMail, message_id: UUID) -> None:
    """Send a mail for the message `message_id` of the outbox.

    A repeated one has the Message-ID of the first, by which mail programs show it once.

    Raises:
        MessageUndeliverable: the user is gone or switched off, or there is no such template.
        OSError, SMTPException: the mail server is not there or does not take the mail now.
    """
    user = get_user_model().objects.filter(id=mail.user_id, is_active=True).first()
    if user is None:
        raise MessageUndeliverable("There is no such active user.")
    words = mail_text(template=mail.template, context={**mail.context, "name": user.get_full_name()})
    email = EmailMultiAlternatives(
        words.subject, words.text, to=[user.email], headers={"Message-ID": f"<{message_id}@{DNS_NAME}>"}
    )
    email.attach_alternative(words.html, "text/html")
    email.send()
