"""The report for Slack, in as many messages as its limits require, and for a terminal.

Limits are Slack's: https://docs.slack.dev/reference/block-kit/blocks
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from slack_sdk.models.blocks import (
    Block,
    DividerBlock,
    HeaderBlock,
    PlainTextObject,
)

from apps.common.slack_blocks import MAX_MESSAGE, Words, context, escaped, length_of, sections
from apps.reports.rules import ClosedBy, Issue, Report, RepositoryReport

TITLE: Final = "Weekly GitHub Issues Report"
MAX_BLOCKS: Final = 50
MAX_WORDS: Final = 250
# Header, week and the block that is to be added; the first two and what a message continues are short.
_HEAD: Final = 3
_HEAD_LENGTH: Final = 500


@dataclass(frozen=True)
class _Placed:
    """A block and its heading, repeated when a message begins with the block; empty for a new section."""

    block: Block
    within: str = ""


def report_words(report: Report) -> list[Words]:
    """Return the messages of a report, in their order; there is at least one."""
    parts = _parts(block for found in report.repositories for block in _repository_blocks(found, report.zone))
    return [_part(report, body, number, len(parts)) for number, body in enumerate(parts, 1)]


def report_text(report: Report) -> str:
    """Return the report as lines for a terminal."""
    lines = [f"{TITLE}, {_week_text(report)}"]
    for found in report.repositories:
        lines += ["", f"{found.name}: {_problem_or_counts(found)}"]
        if found.oldest:
            oldest = found.oldest
            lines.append(f"  oldest open: #{oldest.number} {_line(oldest.title)} ({oldest.url})")
        for group in found.closed_by:
            lines.append(f"  {_line(group.name)} ({len(group.issues)})")
            lines += [f"    #{issue.number} {_line(issue.title)} ({issue.url})" for issue in group.issues]
    return "\n".join(lines)


def _part(report: Report, body: Sequence[Block], number: int, total: int) -> Words:
    of = f" ({number} of {total})" if total > 1 else ""
    head = [HeaderBlock(text=PlainTextObject(text=f"{TITLE}{of}")), context(_week_text(report))]
    counts = f"{sum(found.closed for found in report.repositories):,} closed"
    blocks = [block.to_dict() for block in [*head, *body]]
    return Words(text=f"{TITLE}{of}, {report.week.name}: {counts}", blocks=blocks)


def _parts(bodies: Iterable[_Placed]) -> list[list[Block]]:
    """Distribute the blocks over as few messages as possible; a divider never begins or ends one."""
    parts: list[list[Block]] = [[]]
    length = 0
    for placed in bodies:
        block = placed.block
        more = length_of([block])
        if len(parts[-1]) + _HEAD > MAX_BLOCKS or length + more > MAX_MESSAGE - _HEAD_LENGTH:
            parts.append([context(f"{placed.within}, continued")] if placed.within else [])
            length = 0
        if not isinstance(block, DividerBlock) or parts[-1]:
            parts[-1].append(block)
            length += more
    for part in parts:
        if part and isinstance(part[-1], DividerBlock):
            part.pop()
    return parts


def _repository_blocks(found: RepositoryReport, zone: ZoneInfo) -> list[_Placed]:
    warning = ":warning: " if found.problem else ""
    lines = [f"*{_link(found.url, found.name)}*", f"{warning}{_problem_or_counts(found)}"]
    if found.oldest:
        since = _day_text(found.oldest.created_at, zone)
        lines.append(f"Open longest: {_issue_text(found.oldest)}, since {since}")
    head = [_Placed(block) for block in (DividerBlock(), *sections(lines))]
    return head + [placed for group in found.closed_by for placed in _group_blocks(group, _escaped(found.name))]


def _group_blocks(group: ClosedBy, repository: str) -> list[_Placed]:
    title = f"*{_escaped(group.name)}* · {len(group.issues):,}"
    first, *others = sections([title, *[f"• {_issue_text(issue)}" for issue in group.issues]])
    within = f"{repository} · {_escaped(group.name)}"
    return [_Placed(first, repository), *[_Placed(block, within) for block in others]]


def _problem_or_counts(found: RepositoryReport) -> str:
    if found.problem:
        return str(found.problem.label)
    return f"{found.closed:,} closed · {found.opened:,} opened · {found.still_open:,} still open"


def _issue_text(issue: Issue) -> str:
    return _link(issue.url, f"#{issue.number} {issue.title}")


def _link(url: str, text: str) -> str:
    """Return a link, or only the text if Slack cannot read the address."""
    good = url.startswith(("https://", "http://")) and not set(url) & set("<>| \n")
    return f"<{url.replace('&', '&amp;')}|{_escaped(text)}>" if good else _escaped(text)


def _week_text(report: Report) -> str:
    start, end = (at.astimezone(report.zone) for at in (report.week.start, report.week.end))
    return f"{report.week.name}: {_clock_text(start)} to {_clock_text(end)} ({report.zone.key})"


def _clock_text(at: datetime) -> str:
    return f"{at:%a} {at.day} {at:%b %Y %H:%M}"


def _day_text(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local.day} {local:%b %Y}"


def _escaped(text: str) -> str:
    """Return text from GitHub, shortened and escaped for Slack."""
    text = _line(text)
    return escaped(text if len(text) <= MAX_WORDS else f"{text[: MAX_WORDS - 1]}…")


def _line(text: str) -> str:
    """Return a text in one line, without terminal control characters."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
