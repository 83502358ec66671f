"""What messages in Slack are put together from: texts that it cannot misread, lines, fields, links.

Limits are Slack's: https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
    LinkButtonElement,
    MarkdownTextObject,
    PlainTextObject,
    SectionBlock,
)

MAX_SECTION: Final = 3_000
MAX_HEADER: Final = 150
MAX_FIELD: Final = 2_000
MAX_TEXT: Final = 3_000


@dataclass(frozen=True)
class Words:
    """A message as Slack takes it: text for notifications and screen readers, blocks for eyes."""

    text: str
    blocks: list[dict[str, Any]]


def escaped(text: str) -> str:
    """Return words of other people as Slack shows them letter by letter.

    Slack reads three characters: https://docs.slack.dev/messaging/formatting-message-text#escaping. The marks of bold,
    italic, code and the like are kept apart from the words by a character of no width, so that nobody's name formats
    the message; links and mentions need the first three.
    """
    for sign, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(sign, entity)
    for mark in "*_~`":
        text = text.replace(mark, f"\u200b{mark}\u200b")
    return " ".join(text.split())


def cut(text: str, length: int) -> str:
    """Return the text, shortened to `length` characters with an ellipsis; never in the middle of an entity."""
    if len(text) <= length:
        return text
    short = text[: length - 1]
    entity = short.rfind("&")
    if entity > short.rfind(";"):
        short = short[:entity]
    return f"{short}…"


def clock_text(at: datetime) -> str:
    """Return a time (UTC) for sentences that only one reader sees: `2026-11-21 07:30 UTC`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def time_text(at: datetime) -> str:
    """Return a time that Slack shows in the reader's own zone, UTC where it cannot."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{clock_text(at)}>"


def markdown(text: str) -> MarkdownTextObject:
    """Return words that are escaped already; `verbatim`, or Slack would make links of bare addresses and names."""
    return MarkdownTextObject(text=text, verbatim=True)


def header(text: str) -> Block:
    """Return a title; plain text, so nothing in it is read as a mark."""
    return HeaderBlock(text=PlainTextObject(text=cut(" ".join(text.split()), MAX_HEADER), emoji=True))


def fields(values: Mapping[str, str]) -> Block:
    """Return pairs of a name and a text that is escaped already, two in a line."""
    return SectionBlock(fields=[markdown(cut(f"*{name}*\n{value}", MAX_FIELD)) for name, value in values.items()])


def sections(lines: Iterable[str]) -> list[Block]:
    """Return lines that are escaped already, as many to a section as it takes."""
    texts: list[str] = []
    for line in lines:
        short = cut(line, MAX_SECTION)
        if texts and len(texts[-1]) + 1 + len(short) <= MAX_SECTION:
            texts[-1] += f"\n{short}"
        else:
            texts.append(short)
    return [SectionBlock(text=markdown(text)) for text in texts]


def context(text: str) -> Block:
    """Return a small line; escaped already."""
    return ContextBlock(elements=[markdown(cut(text, MAX_TEXT))])


def link(text: str, url: str) -> LinkButtonElement:
    """Return a button that opens an address; Slack tells us that it was pressed, and nothing follows."""
    return LinkButtonElement(text=text, url=url, action_id="link.open")


def actions(elements: Sequence[ButtonElement | LinkButtonElement]) -> list[Block]:
    """Return the buttons in a row; nothing for none."""
    return [ActionsBlock(elements=list(elements))] if elements else []


def words(text: str, blocks: Iterable[Block]) -> Words:
    """Return a message; the blocks are checked against Slack's limits by its own models.

    Raises:
        SlackObjectFormationError: a block is too long or has too much in it.
    """
    return Words(text=cut(text, MAX_TEXT), blocks=[block.to_dict() for block in blocks])
