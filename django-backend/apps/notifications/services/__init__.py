"""The outbox for everybody above: put a message, or a mail, into the transaction of what happened."""

from apps.notifications.services.mail import NewMail, address_mail_send, mail_put_many, mail_send
from apps.notifications.services.outbox import NewMessage, outbox_put, outbox_put_many
from apps.notifications.services.slack import slack_change, slack_put

__all__ = [
    "NewMail", "NewMessage", "address_mail_send", "mail_put_many", "mail_send", "outbox_put", "outbox_put_many",
    "slack_change", "slack_put",
]  # fmt: skip
