"""What other apps may use of notifications: the outbox, mails, notices, messages and calls to Slack."""

from apps.notifications.errors import MessageUndeliverable, SlackRefused
from apps.notifications.gateways import UNREACHABLE, command_answer, ephemeral_post, own_team, user_profile, view_open
from apps.notifications.locks import slack_message_locked
from apps.notifications.selectors import outbox_in_state
from apps.notifications.services.failures import failure_words
from apps.notifications.services.mail import Attachment, address_mail_send
from apps.notifications.services.notices import NewNotice, NoticeWords, people_notify
from apps.notifications.services.outbox import NewMessage, outbox_put, outbox_put_many, outbox_retry
from apps.notifications.services.slack import slack_change, slack_put
from apps.notifications.topics import MessageDead

__all__ = [
    "UNREACHABLE", "Attachment", "MessageDead", "MessageUndeliverable", "NewMessage", "NewNotice", "NoticeWords",
    "SlackRefused", "address_mail_send", "command_answer", "ephemeral_post", "failure_words", "outbox_in_state",
    "outbox_put", "outbox_put_many", "outbox_retry", "own_team", "people_notify", "slack_change",
    "slack_message_locked", "slack_put", "user_profile", "view_open",
]  # fmt: skip
