"""What the outbox carries of its own: mails, changes of Slack messages, messages that were given up."""

from typing import Any
from uuid import UUID

from apps.common.topics import Topic
from apps.notifications.enums import NoticeKind


class NewMail(Topic, name="mail"):
    """A mail to put: `context` is JSON, in the words that the template shows; a mail of a kind can be switched off."""

    user_id: UUID
    template: str
    context: dict[str, Any]
    kind: NoticeKind | None = None


class AccountMail(Topic, name="account_mail"):
    """A written mail of an account. Once it is sent nothing of it is left; `forgotten` says that it was not sent."""

    to: str = ""
    subject: str = ""
    text: str = ""
    html: str | None = None
    forgotten: str = ""


class SlackChanged(Topic, name="slack"):
    """Slack does not show a message as it is to be.

    It waits for the message `after`. `tells_dead` marks what reports messages that were given up: nothing more is
    reported when it is given up itself.
    """

    slack_message_id: UUID
    after: UUID | None = None
    tells_dead: bool = False


class MessageDead(Topic, name="outbox.dead"):
    """A message of the outbox was given up."""

    message_id: UUID
