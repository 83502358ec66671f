"""A message of the contact form in Slack and in the mail to support."""

from typing import Any, Final

from apps.common.slack_blocks import Words, context, cut, escaped, header, sections, words
from apps.support.models import ContactMessage

MAIL_TEMPLATE: Final = "support/contact_message"
MAX_SHOWN: Final = 1_500


def contact_words(contact: ContactMessage) -> Words:
    """Return the message to staff. Its text contains no names: without a Slack token it goes to the log."""
    shown = [
        f"*{escaped(contact.subject)}*",
        escaped(contact.name),
        # An escaped character may take five; the text is cut before escaping, so entities stay whole.
        cut(escaped(contact.message), MAX_SHOWN),
    ]
    foot = "The whole message and the address are in the admin under Contact messages."
    blocks = [header(":envelope: New contact message"), *sections(shown), context(foot)]
    return words(f"New contact message {contact.id}", blocks)


def contact_mail_context(contact: ContactMessage) -> dict[str, Any]:
    """Return the context of the mail to support."""
    return {
        "contact_id": str(contact.id),
        "sender": contact.name,
        "sender_email": contact.email,
        "contact_subject": contact.subject,
        "contact_message": contact.message,
        "has_account": contact.user_id is not None,
    }
