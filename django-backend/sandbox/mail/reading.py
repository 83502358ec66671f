"""What people see of a mail, read from its bytes; no input makes it fail."""

import codecs
import email
import re
from contextlib import suppress
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import Message
from email.utils import collapse_rfc2231_value
from typing import Final

# Encodings of host names. They take seconds for a few hundred kilobytes, and no mail is written in them.
_SLOW: Final = {"idna", "punycode"}
LINK: Final = re.compile(r"https?://[^\s<>\"]+(?<![.,;:!?)])")


@dataclass(frozen=True)
class Attachment:
    """A file in a mail; `kind` is its media type, `content` what the file would hold."""

    name: str
    kind: str
    content: bytes


@dataclass(frozen=True)
class Contents:
    """A mail as people read it; a missing part is empty."""

    headers: dict[str, str]
    text: str
    html: str
    attachments: tuple[Attachment, ...]

    @property
    def subject(self) -> str:
        """The subject, or a placeholder if there is none."""
        return self.headers.get("Subject") or "(no subject)"


def contents(raw: bytes) -> Contents:
    """Read a mail; what cannot be decoded is shown with replacement characters, what cannot be taken apart as text."""
    try:
        return _contents(raw)
    except RecursionError:  # parts nested too deeply
        return Contents({}, raw.decode("utf-8", "replace"), "", ())


def _contents(raw: bytes) -> Contents:
    message = email.message_from_bytes(raw)
    bodies = {"text/plain": "", "text/html": ""}
    attachments: list[Attachment] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        kind, name = part.get_content_type(), _file_name(part)
        if not name and part.get_content_disposition() != "attachment" and bodies.get(kind) == "":
            bodies[kind] = _text(part)
        else:
            attachments.append(Attachment(name or f"part-{len(attachments) + 1}", kind, _content(part)))
    headers = {name: _header(message, name) for name in ("Subject", "From", "To", "Cc", "Reply-To", "Date")}
    return Contents(
        headers={name: value for name, value in headers.items() if value},
        text=bodies["text/plain"],
        html=bodies["text/html"],
        attachments=tuple(attachments),
    )


def links(text: str) -> list[str]:
    """Return the addresses in a text, in their order."""
    return LINK.findall(text)


def _header(message: Message, name: str) -> str:
    value = str(message.get(name, ""))
    with suppress(ValueError, LookupError):  # encoded wrongly, or in an unknown encoding
        value = str(make_header([(piece, coding and _quick(coding)) for piece, coding in decode_header(value)]))
    return printable(value)


def _file_name(part: Message) -> str:
    found = part.get_param("filename", None, "content-disposition") or part.get_param("name") or ""
    if isinstance(found, tuple):
        with suppress(LookupError):
            found = (_quick(found[0] or "us-ascii"), *found[1:])
    return printable(collapse_rfc2231_value(found))


def _content(part: Message) -> bytes:
    try:
        content = part.get_payload(decode=True)
    except (ValueError, LookupError):
        content = None
    return content if isinstance(content, bytes) else b""


def _text(part: Message) -> str:
    try:
        text = _content(part).decode(_quick(str(part.get_param("charset", "utf-8"))), "replace")
    except (LookupError, ValueError):
        text = _content(part).decode("utf-8", "replace")
    return text.encode("utf-8", "replace").decode()


def _quick(coding: str) -> str:
    return "utf-8" if codecs.lookup(coding).name in _SLOW else coding


def printable(text: str) -> str:
    """Return one line without characters that a terminal or a page could interpret as commands."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in " ".join(text.split()))
