"""What can go wrong with mails to buyers, and with the CRM."""

from datetime import timedelta

from apps.common.errors import DomainError


class OrderHasNoMail(DomainError, code="order_has_no_mail", says="No mail about this order has been written yet."):
    """There is nothing to send again."""


class OrderMailNotLost(
    DomainError, code="order_mail_not_lost", says="Only a mail that failed or could not be delivered is sent again."
):
    """The mail was sent, or is about to be."""


class TooManyMails(DomainError, code="too_many_mails", status=429):
    """The mails of an order were sent again as often as it is allowed for now."""

    def __init__(self, *, wait: timedelta) -> None:
        super().__init__("The mail was sent again several times. Look into your spam folder, or try again later.")
        self.retry_after_seconds = max(1, int(wait.total_seconds()))


class CrmUnanswered(DomainError, code="crm_unanswered", status=503):
    """HubSpot does not answer, has a failure, or refuses our token: the contact is not stored."""

    def __init__(self, detail: str, *, retry_after_seconds: int | None = None) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds
