"""Building blocks of Slack messages: escaped texts, lines, fields, links.

Limits are Slack's: https://docs.slack.dev/reference/block-kit/blocks
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from itertools import accumulate
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

from apps.common.characters import TURNING

MAX_SECTION: Final = 3_000
MAX_HEADER: Final = 150
MAX_FIELD: Final = 1_000  # Slack takes twice as much
MAX_TEXT: Final = 3_000
# Slack refuses a message whose blocks are too long all together (msg_blocks_too_long), without a number; people report
# refusals from 11,341 characters on: https://github.com/slackapi/bolt-js/issues/2867.
MAX_MESSAGE: Final = 10_000
# The emoji of a word between colons.
_EMOJI: Final = re.compile(r":(?=[\w+'-]+:)")


@dataclass(frozen=True)
class Words:
    """A message as Slack takes it: text for notifications and screen readers, blocks for eyes."""

    text: str
    blocks: list[dict[str, Any]]


def bare(text: str) -> str:
    """Return text of other people for a place without markup, such as a title: one line, no emoji by name.

    Characters that reverse the direction of writing are removed: with one of them in a name, the rest of the line would
    be read backwards.
    """
    return _EMOJI.sub(":\u200b", " ".join(TURNING.sub("", text).split()))


def escaped(text: str) -> str:
    """Return text of other people so that Slack shows it letter by letter.

    Slack interprets three characters: https://docs.slack.dev/messaging/formatting-message-text#escaping. A zero-width
    character separates marks of bold, italic and code from the words, so that nobody's name formats the message. What
    `bare` removes is removed here, too.
    """
    text = escape(bare(text), quote=False)
    for mark in "*_~`":
        text = text.replace(mark, f"\u200b{mark}\u200b")
    return text


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
    """Return escaped text as a block element; `verbatim`, or Slack would turn bare addresses and names into links."""
    return MarkdownTextObject(text=text, verbatim=True)


def header(text: str) -> Block:
    """Return a title; plain text without markup."""
    return HeaderBlock(text=PlainTextObject(text=cut(" ".join(text.split()), MAX_HEADER), emoji=True))


def fields(values: Mapping[str, str]) -> Block:
    """Return pairs of a name and an escaped text, two in a line."""
    return SectionBlock(fields=[markdown(cut(f"*{name}*\n{value}", MAX_FIELD)) for name, value in values.items()])


def sections(lines: Iterable[str]) -> list[Block]:
    """Return escaped lines, as many to a section as fit."""
    texts: list[str] = []
    for line in lines:
        short = cut(line, MAX_SECTION)
        if texts and len(texts[-1]) + 1 + len(short) <= MAX_SECTION:
            texts[-1] += f"\n{short}"
        else:
            texts.append(short)
    return [SectionBlock(text=markdown(text)) for text in texts]


def context(text: str) -> Block:
    """Return a small line of escaped text."""
    return ContextBlock(elements=[markdown(cut(text, MAX_TEXT))])


def link(text: str, url: str) -> LinkButtonElement:
    """Return a button that opens an address; Slack reports the press, and nothing follows."""
    return LinkButtonElement(text=text, url=url, action_id="link.open")


def actions(elements: Sequence[ButtonElement | LinkButtonElement]) -> list[Block]:
    """Return the buttons in a row; nothing for none."""
    return [ActionsBlock(elements=list(elements))] if elements else []


def fitting(lines: Sequence[str], room: int) -> list[str]:
    """Return as many of the first lines as fit into `room` characters."""
    ends = accumulate(len(line) + 1 for line in lines)
    return [line for line, end in zip(lines, ends, strict=True) if end <= room]


def length_of(blocks: Iterable[Block]) -> int:
    """Return how many characters of a message the blocks take."""
    return sum(len(text["text"]) for block in blocks for text in _texts(block.to_dict()))


def words(text: str, blocks: Iterable[Block]) -> Words:
    """Return a message; the blocks are checked against Slack's limits by its own models.

    Callers with long lists fit them in by themselves and count what is left out; here the longest texts are only cut,
    so that Slack accepts the message.

    Raises:
        SlackObjectFormationError: a block is too long or has too much in it.
    """
    shown = [block.to_dict() for block in blocks]
    texts = [text for block in shown for text in _texts(block)]
    while (excess := sum(len(found["text"]) for found in texts) - MAX_MESSAGE) > 0:
        longest = max(texts, key=lambda found: len(found["text"]))
        length = len(longest["text"])
        longest["text"] = cut(longest["text"], max(length - excess, length // 2))
    return Words(text=cut(text, MAX_TEXT), blocks=shown)


def _texts(found: Any) -> list[dict[str, Any]]:
    """Return the text objects in a block, wherever they stand."""
    if isinstance(found, list):
        return [text for item in found for text in _texts(item)]
    if isinstance(found, dict):
        own = [found] if isinstance(found.get("text"), str) else []
        return own + [text for value in found.values() for text in _texts(value)]
    return []
