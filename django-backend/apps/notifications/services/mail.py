"""Mails: the caller names user, template and context; the handler of the outbox writes and sends them."""

from collections.abc import Iterable
from datetime import datetime
from smtplib import SMTPRecipientsRefused
from typing import Any, Final
from uuid import UUID

from anymail.exceptions import AnymailRequestsAPIError
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.core.mail.utils import DNS_NAME

from apps.common.listeners import Message
from apps.notifications.errors import DeliveryDelayed, MessageUndeliverable
from apps.notifications.messages import mail_text
from apps.notifications.models import OutboxMessage
from apps.notifications.services.mail_preferences import unsubscribe_url
from apps.notifications.services.outbox import NewMessage, outbox_put_many
from apps.notifications.topics import NewMail

SMTP_PERMANENT: Final = 500
TOO_MANY_REQUESTS: Final = 429
# A longer Retry-After is a mistake.
LONGEST_WAIT_SECONDS: Final = 24 * 60 * 60
# Plain SQL: for each mail, compiling the queries takes longer than answering them.
_RECIPIENT: Final = """
SELECT id, email, first_name, last_name, EXISTS (
    SELECT FROM notifications_mailoptout AS off WHERE off.user_id = users_user.id AND off.kind = %(kind)s
) AS opted_out
FROM users_user WHERE id = %(user_id)s AND is_active
"""


def mail_hand_over(email: EmailMessage) -> None:
    """Send a mail by the transport of the settings, or raise an error that says why not.

    Raises:
        MessageUndeliverable: the mail server refuses the address for good.
        DeliveryDelayed: Mailgun asks us to wait.
        OSError, SMTPException, AnymailError: the transport is not there or does not take the mail now.
    """
    try:
        email.send()
    except SMTPRecipientsRefused as error:
        if all(code >= SMTP_PERMANENT for code, _ in error.recipients.values()):
            raise MessageUndeliverable("The mail server refuses the address for good.") from error
        raise
    except AnymailRequestsAPIError as error:
        seconds = _seconds_asked(error)
        if seconds is not None:
            raise DeliveryDelayed("Mailgun asks to wait.", retry_after_seconds=seconds) from error
        raise


def _seconds_asked(error: AnymailRequestsAPIError) -> int | None:
    if error.status_code != TOO_MANY_REQUESTS:
        return None
    text = error.response.headers.get("Retry-After", "")
    # A date instead of seconds, or nothing: our own back-off is as good.
    return min(int(text), LONGEST_WAIT_SECONDS) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004


def mail_put_many(*, mails: Iterable[NewMail], now: datetime) -> list[OutboxMessage]:
    """Put mails into the running transaction, in one INSERT; each goes to the user's address at the time of sending.

    Raises:
        TransactionManagementError: there is no transaction.
    """
    messages = [NewMessage(payload=mail, aggregate_key=f"user:{mail.user_id}") for mail in mails]
    return outbox_put_many(messages=messages, now=now)


def mail_deliver(*, message: Message[NewMail], now: datetime) -> None:  # noqa: ARG001 - what handlers are called with
    """Send a mail from the outbox, unless the user has switched its kind off by now.

    A repeated one has the Message-ID of the first, so that mail programs show it once.

    Raises:
        MessageUndeliverable: the user is gone or switched off, there is no such template, or the mail server refuses
            the address for good.
        DeliveryDelayed, OSError, SMTPException, AnymailError: the mail server is not there or does not take it now.
    """
    mail = message.payload
    found = get_user_model().objects.raw(_RECIPIENT, {"user_id": mail.user_id, "kind": mail.kind})
    if not found:
        raise MessageUndeliverable("There is no such active user.")
    user = found[0]
    if user.opted_out:
        return
    headers, words = {"Message-ID": f"<{message.id}@{DNS_NAME}>"}, {"name": user.get_full_name()}
    if mail.kind:
        link = unsubscribe_url(user_id=mail.user_id, kind=mail.kind)
        headers |= {"List-Unsubscribe": f"<{link}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
        words |= {"unsubscribe_url": link, "kind": mail.kind.label.lower()}
    _hand_over(to=user.email, template=mail.template, context=mail.context | words, headers=headers)


def address_mail_send(*, to: str, reply_to: str, template: str, context: dict[str, Any], message_id: UUID) -> None:
    """Send a mail for an outbox message to an address that is not a user's, such as support's.

    Replies go to `reply_to`. For handlers of other apps, which know what the mail says.

    Raises:
        MessageUndeliverable: there is no such template, or the mail server refuses the address for good.
        DeliveryDelayed, OSError, SMTPException, AnymailError: the mail server is not there or does not take it now.
    """
    headers = {"Message-ID": f"<{message_id}@{DNS_NAME}>"}
    _hand_over(to=to, template=template, context=context, headers=headers, reply_to=[reply_to])


def _hand_over(
    *, to: str, template: str, context: dict[str, Any], headers: dict[str, str], reply_to: list[str] | None = None
) -> None:
    text = mail_text(template=template, context=context)
    email = EmailMultiAlternatives(text.subject, text.text, to=[to], headers=headers, reply_to=reply_to)
    email.attach_alternative(text.html, "text/html")
    mail_hand_over(email)
