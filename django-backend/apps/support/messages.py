"""How a message of the contact form stands in Slack and in the mail to support."""

from dataclasses import dataclass
from typing import Any, Final

from slack_sdk.models.blocks import ContextBlock, HeaderBlock, MarkdownTextObject, PlainTextObject, SectionBlock

from apps.common.text import slack_escaped
from apps.support.models import ContactMessage

MAIL_TEMPLATE: Final = "contact_message"
# A section takes 3,000 characters, and `&` is five of them.
MAX_SHOWN: Final = 590


@dataclass(frozen=True)
class Words:
    """A message as Slack takes it: text for notifications and screen readers, blocks for eyes."""

    text: str
    blocks: list[dict[str, Any]]


def contact_words(contact: ContactMessage) -> Words:
    """Return the message to staff. Its text names nobody: without a Slack token it goes to the log."""
    parts = [
        HeaderBlock(text=PlainTextObject(text=":envelope: New contact message", emoji=True)),
        SectionBlock(text=_markdown(f"*{slack_escaped(contact.subject)}*\n{slack_escaped(contact.name)}")),
        SectionBlock(text=_markdown(slack_escaped(contact.message[:MAX_SHOWN]))),
        ContextBlock(elements=[_markdown(_foot(contact))]),
    ]
    return Words(text=f"New contact message {contact.id}", blocks=[part.to_dict() for part in parts])


def contact_mail_context(contact: ContactMessage) -> dict[str, Any]:
    """Return what the mail to support shows."""
    return {
        "contact_id": str(contact.id),
        "sender": contact.name,
        "sender_email": contact.email,
        "contact_subject": contact.subject,
        "contact_message": contact.message,
        "has_account": contact.user_id is not None,
    }


def _foot(contact: ContactMessage) -> str:
    more = "" if len(contact.message) <= MAX_SHOWN else "There is more of it. "
    return f"{more}Address and answer: in the admin, Contact messages."


def _markdown(text: str) -> MarkdownTextObject:
    # `verbatim`, or Slack would make links of bare addresses and names.
    return MarkdownTextObject(text=text or " ", verbatim=True)
