"""What can go wrong when a message is delivered."""

from datetime import timedelta

from apps.common.errors import DomainError


class MessageUndeliverable(DomainError, code="message_undeliverable"):
    """No later attempt can deliver the message: it is given up at once, for people to look into."""


class DeliveryDelayed(DomainError, code="delivery_delayed", status=503):
    """The other side asks us to wait."""

    def __init__(self, detail: str, *, retry_after_seconds: int) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class NoticeNotFound(DomainError, code="notice_not_found", status=404, says="There is no such notice."):
    """The user has no such notice; the same error for a notice of somebody else."""


class DeliveryPostponed(DomainError, code="delivery_postponed", status=503):
    """It is not this message's turn yet; no attempt was made or counted."""

    def __init__(self, detail: str, *, delay: timedelta) -> None:
        super().__init__(detail)
        self.delay = delay


class SlackUnanswered(DomainError, code="slack_unanswered", status=503):
    """Slack did not answer, or had an internal failure: whether it did what was asked is unknown."""


class SlackRefused(DomainError, code="slack_refused", status=503):
    """Slack refused; `reason` is its own code for why."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Slack refuses: {reason}.")
        self.reason = reason
        self.code = f"slack_refused:{reason}"[:60]


class MailLinkInvalid(DomainError, code="mail_link_invalid", status=404, says="This link is not valid."):
    """The link was not signed by us, or its user is gone."""
