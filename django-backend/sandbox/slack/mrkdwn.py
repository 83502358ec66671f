"""Slack's mrkdwn as HTML that is always safe: every character that reaches the page passes `literal`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from html import escape

from sandbox.slack.emoji import EMOJI

# Inside a style, links and code are taken as wholes, so that an underscore in a URL ends no italics.
_INSIDE = r"(?:<[^<>\n]*>|`[^`\n]*`|[^{0}\n<`])+?"
_STYLE = r"(?<![\w{0}]){0}(?=\S)(?P<{1}>" + _INSIDE + r")(?<=\S){0}(?![\w{0}])"
_INLINE = re.compile(
    "|".join(
        (
            r"`(?P<code>[^`\n]+)`",
            r"<(?P<angle>[^<>\n]+)>",
            r":(?P<emoji>[a-z0-9_+-]+):",
            r"(?P<url>https?://(?:(?!&[lg]t;)[^\s<>|`*])*(?!&[lg]t;)[^\s<>|`*_~.,;:!?)\]'\"])",
            _STYLE.format(r"\*", "strong"),
            _STYLE.format("_", "em"),
            _STYLE.format("~", "s"),
        )
    )
)
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
_FENCE = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_QUOTE = re.compile(r"^(?:&gt;|>) ?", re.MULTILINE)
_DATE = re.compile(r"!date\^(?P<ts>-?\d{1,12})\^(?P<format>[^^|]*)(?:\^(?P<link>[^|]*))?(?:\|(?P<fallback>.*))?")
_DATE_TOKEN = re.compile(r"\{(\w+)\}")
_LINKS = ("https://", "http://", "mailto:", "tel:")
_BROADCASTS = {"here", "channel", "everyone"}
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}
_TEENS, _SUFFIXES = range(11, 14), {1: "st", 2: "nd", 3: "rd"}


@dataclass(frozen=True)
class Scene:
    """What rendering depends on besides the text: names by id, the time (UTC) and the reader's zone."""

    names: Mapping[str, str] = field(default_factory=dict)
    now: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    zone: tzinfo = UTC


def literal(text: str) -> str:
    """Return text as HTML that shows these very characters; only Slack's three entities are read."""
    return escape(re.sub("&(?:lt|gt|amp);", lambda found: _ENTITIES[found[0]], text))


def plain(text: str, *, emoji: bool = True) -> str:
    """Return the text of a plain_text object as HTML."""
    html = literal(text)
    if emoji:
        html = _EMOJI.sub(lambda found: _emoji(found[1]) or found[0], html)
    return html.replace("\n", "<br>")


def unmarked(text: str) -> str:
    """Return the text of a plain_text object for attributes and options, which hold no elements."""
    return _EMOJI.sub(lambda found: EMOJI.get(found[1], found[0]), literal(text)).replace("\n", " ")


def _emoji(name: str) -> str | None:
    """Return an emoji by name; it keeps its name for machines without a font for emojis."""
    glyph = EMOJI.get(name)
    return f'<span class="emoji" data-name=":{name}:">{glyph}</span>' if glyph else None


def mrkdwn(text: str, scene: Scene) -> str:
    """Return the text of a mrkdwn object, or of a message, as HTML."""
    parts = _FENCE.split(text)
    for place, part in enumerate(parts):
        if place % 2:
            parts[place] = f"<pre><code>{_code(part, scene)}</code></pre>"
        else:
            parts[place] = _paragraphs(part.strip("\n") if len(parts) > 1 else part, scene)
    return "".join(parts)


def _paragraphs(text: str, scene: Scene) -> str:
    """Return lines joined by breaks; adjacent quoted lines become one quotation."""
    html, quoted = "", False
    for number, line in enumerate(text.split("\n") if text else []):
        is_quote = _QUOTE.match(line) is not None
        if is_quote != quoted:
            html += "<blockquote>" if is_quote else "</blockquote>"
        elif number:
            html += "<br>"
        html += _inline(_QUOTE.sub("", line) if is_quote else line, scene)
        quoted = is_quote
    return html + ("</blockquote>" if quoted else "")


def _inline(text: str, scene: Scene) -> str:
    html, end = "", 0
    for found in _INLINE.finditer(text):
        html += literal(text[end : found.start()]) + _token(found, scene)
        end = found.end()
    return html + literal(text[end:])


def _token(found: re.Match[str], scene: Scene) -> str:
    kind, inside = str(found.lastgroup), found[str(found.lastgroup)]
    if kind == "code":
        return f"<code>{_code(inside, scene)}</code>"
    if kind == "angle":
        return _angle(inside, scene)
    if kind == "emoji":
        return _emoji(inside) or literal(found[0])
    if kind == "url":
        return _link(inside, literal(inside))
    return f"<{kind}>{_inline(inside, scene)}</{kind}>"


def _code(text: str, scene: Scene) -> str:
    """Return code, in which Slack still reads links and mentions but no styles."""
    html, end = "", 0
    for found in re.finditer(r"<([^<>\n]+)>", text):
        html += literal(text[end : found.start()]) + _angle(found[1], scene)
        end = found.end()
    return html + literal(text[end:])


def _angle(inside: str, scene: Scene) -> str:
    """Return what is between angle brackets: a mention, a date, a link, or just these characters."""
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        return _date(inside, scene)
    if target[0] == "@":
        return _mention("@" + (scene.names.get(target[1:]) or label or target[1:]))
    if target[0] == "#":
        return _mention("#" + (label or scene.names.get(target[1:]) or target[1:]))
    if target[0] == "!":
        return _mention("@" + target[1:] if target[1:] in _BROADCASTS else label or target)
    if target.startswith(_LINKS):
        return _link(target, plain(label) if label else literal(target.removeprefix("mailto:")))
    return literal(f"<{inside}>")


def _mention(text: str) -> str:
    return f'<span class="mention">{literal(text)}</span>'


def _link(target: str, html: str) -> str:
    return f'<a href="{literal(target)}" target="_blank" rel="noopener noreferrer">{html}</a>'


def _date(inside: str, scene: Scene) -> str:
    found = _DATE.fullmatch(inside)
    if found is None:
        return literal(f"<{inside}>")
    try:
        moment = datetime.fromtimestamp(int(found["ts"]), UTC).astimezone(scene.zone)
    except (OverflowError, ValueError, OSError):
        return literal(found["fallback"] or inside)
    text = _DATE_TOKEN.sub(lambda token: _date_part(token[1], moment, scene) or token[0], found["format"])
    html = f'<time datetime="{moment.isoformat()}" title="{literal(found["fallback"] or "")}">{literal(text)}</time>'
    link = found["link"] or ""
    return _link(link, html) if link.startswith(_LINKS) else html


def _date_part(token: str, moment: datetime, scene: Scene) -> str | None:
    """Return one `{token}` of Slack's date format, None for an unknown one."""
    if token.endswith("_pretty"):
        today = scene.now.astimezone(scene.zone).date()
        days = {today - timedelta(1): "yesterday", today: "today", today + timedelta(1): "tomorrow"}
        token, near = token.removesuffix("_pretty"), days.get(moment.date())
        if near:
            return near
    suffix = "th" if moment.day in _TEENS else _SUFFIXES.get(moment.day % 10, "th")
    clock = f"{moment.hour % 12 or 12}:{moment:%M}"
    parts = {
        "date_num": f"{moment:%Y-%m-%d}",
        "date": f"{moment:%B} {moment.day}{suffix}, {moment.year}",
        "date_short": f"{moment:%b} {moment.day}, {moment.year}",
        "date_long": f"{moment:%A, %B} {moment.day}{suffix}, {moment.year}",
        "time": f"{clock} {moment:%p}",
        "time_secs": f"{clock}:{moment:%S} {moment:%p}",
        "ago": _ago(scene.now - moment),
    }
    return parts.get(token)


def _ago(since: timedelta) -> str:
    minutes = int(abs(since.total_seconds()) // 60)
    for length, unit in ((24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes >= length:
            many = minutes // length
            text = f"{many} {unit}{'' if many == 1 else 's'}"
            return f"{text} ago" if since > timedelta(0) else f"in {text}"
    return "just now"
