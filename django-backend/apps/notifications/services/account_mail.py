"""Mails of accounts (verification, new password) through the outbox.

Their links are as good as a password, so nothing of them stays: the text is forgotten as soon as the mail is sent or
can never be, at the latest when its links are over, and the admin does not show it before.
"""

from datetime import datetime, timedelta
from typing import Final

from django.core.mail import EmailMultiAlternatives
from django.core.mail.utils import DNS_NAME
from django.db import transaction

from apps.common.listeners import Message
from apps.notifications.errors import MessageUndeliverable
from apps.notifications.models import OutboxMessage
from apps.notifications.services.mail_transport import mail_hand_over
from apps.notifications.services.outbox import outbox_put
from apps.notifications.topics import AccountMail

# As long as the links in these mails are good.
GOOD_FOR: Final = timedelta(days=3)
# What is left of a mail that was not sent: "Retry now" must not take it for one that was.
_UNSENT: Final = AccountMail(forgotten="not sent")
_SENT: Final = AccountMail()


@transaction.atomic
def account_mail_put(*, user_key: str, email: EmailMultiAlternatives, now: datetime) -> OutboxMessage:
    """Put a written mail of an account into the outbox; `user_key` says whose it is, without an address.

    It goes to the address that it was written for, which may not be the user's yet.
    """
    html = next((str(content) for content, mimetype in email.alternatives if mimetype == "text/html"), "")
    mail = AccountMail(to=email.to[0], subject=str(email.subject), text=str(email.body), html=html)
    return outbox_put(payload=mail, aggregate_key=user_key, now=now)


def account_mail_deliver(*, message: Message[AccountMail], now: datetime) -> None:
    """Send the mail, then forget what it said. What was sent and not marked has no words left and is not sent again.

    Raises:
        MessageUndeliverable: the address is refused for good, the links are over, or the words are forgotten already.
        DeliveryDelayed, OSError, SMTPException, AnymailError: not now.
    """
    if message.payload == _SENT:
        return
    try:
        _send(message, now)
    except MessageUndeliverable:
        _forget(message, _UNSENT)
        raise
    _forget(message, _SENT)


def account_mails_forget(*, now: datetime) -> int:
    """Forget the words of mails that nobody will send any more: given up, with links that are over. Return how many."""
    old = OutboxMessage.objects.filter(topic=AccountMail.name, created_at__lt=now - GOOD_FOR, payload__has_key="text")
    return old.filter(delivered_at__isnull=True).update(payload=_UNSENT.as_json())


def _send(message: Message[AccountMail], now: datetime) -> None:
    mail, headers = message.payload, {"Message-ID": f"<{message.id}@{DNS_NAME}>"}
    if mail == _UNSENT or now - message.created_at > GOOD_FOR:
        raise MessageUndeliverable("The links in this mail have expired.")
    email = EmailMultiAlternatives(mail.subject, mail.text, to=[mail.to], headers=headers)
    if mail.html:
        email.attach_alternative(mail.html, "text/html")
    mail_hand_over(email)


def _forget(message: Message[AccountMail], rest: AccountMail) -> None:
    OutboxMessage.objects.filter(id=message.id).update(payload=rest.as_json())
