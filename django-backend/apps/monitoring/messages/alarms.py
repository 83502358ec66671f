"""Messages to staff about invariants that broke, stay broken or hold again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from apps.common.slack_blocks import Words, actions, context, header, link, sections, words
from apps.monitoring.rules import duration_text

BROKEN: Final = ":rotating_light:"
MENDED: Final = ":white_check_mark:"


@dataclass(frozen=True)
class Alarm:
    """An alarm about an invariant: `since` and `now` are UTC, `is_change` is False for a failure that persists."""

    title: str
    sentence: str
    is_failing: bool
    is_change: bool
    found: int
    ids: list[str]
    error: str
    since: datetime
    now: datetime
    admin_url: str


def alarm_words(alarm: Alarm) -> Words:
    """Return the message about an invariant. Texts and ids are our own, so nothing is escaped."""
    lasted = duration_text(alarm.now - alarm.since)
    if not alarm.is_failing:
        title = f"Fixed: {alarm.title}"
        lines = [f"It was broken for {lasted}."]
    else:
        number = "the check itself fails" if alarm.error else f"{alarm.found:,} found"
        title = f"{'Broken' if alarm.is_change else 'Still broken'}: {alarm.title} ({number})"
        lines = _failing_lines(alarm, lasted)
    emoji = BROKEN if alarm.is_failing else MENDED
    blocks = [
        header(f"{emoji} {title}"),
        *sections(lines),
        context(f"It should be: {alarm.sentence}"),
        *actions([link("Open the admin", alarm.admin_url)] if alarm.admin_url else []),
    ]
    return words(title, blocks)


def _failing_lines(alarm: Alarm, lasted: str) -> list[str]:
    lines = [] if alarm.is_change else [f"For {lasted} so far."]
    if alarm.error:
        lines.append(f"`{alarm.error}`")
    if alarm.ids:
        rest = alarm.found - len(alarm.ids)
        more = [f"and {rest:,} more"] if rest > 0 else []
        lines.append("\n".join([*(f"`{found}`" for found in alarm.ids), *more]))
    return lines
