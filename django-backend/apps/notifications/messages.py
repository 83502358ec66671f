"""The text of mails, from the templates of `templates/emails/`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.template import TemplateDoesNotExist
from django.template.loader import render_to_string

from apps.notifications.errors import MessageUndeliverable


@dataclass(frozen=True)
class MailText:
    """One mail as people read it, with and without layout."""

    subject: str
    text: str
    html: str


def mail_text(*, template: str, context: Mapping[str, Any]) -> MailText:
    """Render `<template>.html`, `.txt` and `_subject.txt`; only the first one is HTML and escapes.

    Raises:
        MessageUndeliverable: there is no such template.
    """
    try:
        subject = render_to_string(f"emails/{template}_subject.txt", dict(context))
        text = render_to_string(f"emails/{template}.txt", dict(context))
        html = render_to_string(f"emails/{template}.html", {**context, "subject": _one_line(subject)})
    except TemplateDoesNotExist as error:
        raise MessageUndeliverable(f"There is no mail template {template!r}.") from error
    paragraphs = re.sub(r"\n{3,}", "\n\n", text.strip()) + "\n"  # conditions in templates leave empty lines
    return MailText(subject=_one_line(subject), text=paragraphs, html=html)


def _one_line(text: str) -> str:
    return " ".join(text.split())
