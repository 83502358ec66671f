"""The last step of every mail: hands it to the mail server or to Mailgun and interprets a refusal."""

from smtplib import SMTPRecipientsRefused
from typing import Final

from anymail.exceptions import AnymailRequestsAPIError
from django.core.mail import EmailMessage

from apps.notifications.errors import DeliveryDelayed, MessageUndeliverable

SMTP_PERMANENT: Final = 500
TOO_MANY_REQUESTS: Final = 429
# A longer Retry-After is a mistake.
LONGEST_WAIT_SECONDS: Final = 24 * 60 * 60


def mail_hand_over(email: EmailMessage) -> None:
    """Send a mail by the transport of the settings, or raise an error that says why not.

    Raises:
        MessageUndeliverable: the mail server refuses the address for good.
        DeliveryDelayed: Mailgun asks us to wait.
        OSError, SMTPException, AnymailError: the transport is not there or does not take the mail now.
    """
    try:
        email.send()
    except SMTPRecipientsRefused as error:
        if all(code >= SMTP_PERMANENT for code, _ in error.recipients.values()):
            raise MessageUndeliverable("The mail server refuses the address for good.") from error
        raise
    except AnymailRequestsAPIError as error:
        seconds = _seconds_asked(error)
        if seconds is not None:
            raise DeliveryDelayed("Mailgun asks to wait.", retry_after_seconds=seconds) from error
        raise


def _seconds_asked(error: AnymailRequestsAPIError) -> int | None:
    if error.status_code != TOO_MANY_REQUESTS:
        return None
    text = error.response.headers.get("Retry-After", "")
    # A date instead of seconds, or nothing: our own back-off is as good.
    return min(int(text), LONGEST_WAIT_SECONDS) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004
