"""What is to be told, to whom, and what became of it."""

from apps.notifications.models.mail import MailOptOut
from apps.notifications.models.notices import Notice
from apps.notifications.models.outbox import OutboxMessage
from apps.notifications.models.slack import SlackChannel, SlackMessage

__all__ = ["MailOptOut", "Notice", "OutboxMessage", "SlackChannel", "SlackMessage"]
