"""Account mails (verification, new password) through the outbox.

Their links are as good as a password, so the text is deleted as soon as the mail is sent or can no longer be sent, at
the latest when its links expire. Until then the admin does not show it.
"""

from datetime import datetime, timedelta
from typing import Final

from django.core.mail import EmailMultiAlternatives
from django.core.mail.utils import DNS_NAME
from django.db import transaction

from apps.common.listeners import Message
from apps.notifications.errors import MessageUndeliverable
from apps.notifications.models import OutboxMessage
from apps.notifications.services.mail import mail_hand_over
from apps.notifications.services.outbox import outbox_put
from apps.notifications.topics import AccountMail

# As long as the links in these mails are valid.
GOOD_FOR: Final = timedelta(days=3)
# What is left of a mail that was not sent: "Retry now" must not mistake it for a sent one.
_UNSENT: Final = AccountMail(forgotten="not sent")
_SENT: Final = AccountMail()


@transaction.atomic
def account_mail_put(*, user_key: str, email: EmailMultiAlternatives, now: datetime) -> OutboxMessage:
    """Put an account mail into the outbox; `user_key` says whose it is, without an address.

    It goes to its own recipient, which may not be the user's address yet.
    """
    html = next((str(content) for content, mimetype in email.alternatives if mimetype == "text/html"), "")
    mail = AccountMail(to=email.to[0], subject=str(email.subject), text=str(email.body), html=html)
    return outbox_put(payload=mail, aggregate_key=user_key, now=now)


def account_mail_deliver(*, message: Message[AccountMail], now: datetime) -> None:
    """Send the mail, then delete its text; without a text it is not sent again.

    Raises:
        MessageUndeliverable: the address is refused for good, the links have expired, or the text is deleted already.
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
    """Delete the text of mails that were given up and whose links have expired. Return how many."""
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
