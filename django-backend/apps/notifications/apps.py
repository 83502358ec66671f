"""Messages that must not be lost: the outbox and its delivery."""

from django.apps import AppConfig
from django.core.checks import register


class NotificationsConfig(AppConfig):
    """Row 2 of the design: higher apps send messages; this app imports none of them."""

    name = "apps.notifications"

    def ready(self) -> None:
        """Deliver what the outbox carries of its own; check that each topic has a listener."""
        from apps.common.hooks import account_mail_put  # noqa: PLC0415 - models first
        from apps.common.listeners import check_topics, listen  # noqa: PLC0415
        from apps.notifications.services import account_mail, mail, slack  # noqa: PLC0415
        from apps.notifications.topics import AccountMail, NewMail, SlackChanged  # noqa: PLC0415

        register(check_topics)
        listen(NewMail, mail.mail_deliver)
        listen(AccountMail, account_mail.account_mail_deliver)
        account_mail_put.fill(account_mail.account_mail_put)
        listen(SlackChanged, slack.slack_deliver)
