"""Messages, notices and mail preferences."""

from apps.notifications.models.mail import MailOptOut
from apps.notifications.models.notices import Notice
from apps.notifications.models.outbox import OutboxMessage
from apps.notifications.models.slack import SlackChannel, SlackMessage

__all__ = ["MailOptOut", "Notice", "OutboxMessage", "SlackChannel", "SlackMessage"]
