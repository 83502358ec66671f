"""The pages: the list of mails, and one mail. Text of a mail is escaped, its HTML stays in a frame without rights."""

from datetime import UTC, datetime
from html import escape
from typing import Final

from sandbox.mail.reading import LINK, Contents
from sandbox.mail.store import Mail

_PAGE: Final = """<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>{title}</title>
  <link rel="icon" href="/static/icon.svg" type="image/svg+xml">
  <link rel="stylesheet" href="/static/app.css">
  <script src="/static/app.js" defer></script>
</head>
<body>
  <a class="skip" href="#content">Skip to content</a>
  <header><a class="brand" href="/">Local mailbox</a> <span>Mail stops here; nothing is delivered.</span></header>
  <main id="content" tabindex="-1">{main}</main>
</body>
</html>
"""
# A link opens a new page: the frame itself may not load anything.
_FRAME_RIGHTS: Final = "allow-popups allow-popups-to-escape-sandbox"
FRAME_POLICY: Final = (
    f"sandbox {_FRAME_RIGHTS}; default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


def list_page(mails: list[Mail]) -> str:
    """Return the page of all mails, newest first; its script adds new ones."""
    newest = mails[0].id if mails else 0
    rows = "".join(
        f'<li><a href="/mails/{mail.id}"><strong>{escape(mail.subject)}</strong>'
        f"<span>{escape(', '.join(mail.recipients))}</span>{_time(mail)}</a></li>"
        for mail in mails
    )
    empty = "" if mails else "<p>No mail yet. It appears here as soon as some is sent.</p>"
    delete = '<button type="button" id="delete">Delete all</button>' if mails else ""
    main = (
        f'<div class="top"><h1>Mails</h1>{delete}</div><p id="notice" role="status"></p>'
        f'<div id="list" data-newest="{newest}">{empty}<ul class="mails">{rows}</ul></div>'
    )
    return _PAGE.format(title="Local mailbox", main=main)


def mail_page(mail: Mail, read: Contents) -> str:
    """Return the page of one mail: its headers, HTML, text, attachments and source."""
    facts = {"Delivered to": ", ".join(mail.recipients)} | {
        name: value for name, value in read.headers.items() if name != "Subject"
    }
    parts = ["<dl>", *(f"<dt>{name}</dt><dd>{escape(value)}</dd>" for name, value in facts.items()), "</dl>"]
    if read.html:
        parts.append(
            f'<h2>HTML</h2><iframe title="The mail as HTML" sandbox="{_FRAME_RIGHTS}" src="/mails/{mail.id}/html">'
            "</iframe>"
        )
    if read.text:
        parts.append(f'<h2>Text</h2><pre class="text">{_linked(read.text)}</pre>')
    if read.attachments:
        items = (
            f'<li><a href="/mails/{mail.id}/attachments/{number}">{escape(found.name)}</a> '
            f"({escape(found.kind)}, {len(found.content):,} bytes)</li>"
            for number, found in enumerate(read.attachments)
        )
        parts.append(f"<h2>Attachments</h2><ul>{''.join(items)}</ul>")
    parts.append(f'<p><a href="/mails/{mail.id}/source">Source</a> ({mail.size:,} bytes), received {_time(mail)}</p>')
    main = f'<p><a href="/">All mails</a></p><h1>{escape(mail.subject)}</h1>{"".join(parts)}'
    return _PAGE.format(title=f"{escape(mail.subject)} · Local mailbox", main=main)


def framed(html: str) -> str:
    """Return the HTML of a mail for its frame, with links that open a new page."""
    head = html.lower().find("<head>")
    place = head + len("<head>") if head >= 0 else 0
    return f'{html[:place]}<base target="_blank">{html[place:]}'


def _linked(text: str) -> str:
    parts, end = [], 0
    for found in LINK.finditer(text):
        address = escape(found.group())
        parts += [
            escape(text[end : found.start()]),
            f'<a href="{address}" target="_blank" rel="noopener">{address}</a>',
        ]
        end = found.end()
    return "".join([*parts, escape(text[end:])])


def _time(mail: Mail) -> str:
    at = datetime.fromtimestamp(mail.at, UTC)
    return f'<time datetime="{at.isoformat(timespec="seconds")}">{at:%-d %B %Y, %H:%M:%S} UTC</time>'
