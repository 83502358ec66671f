"""Messages to staff about invariants that broke, stay broken or hold again."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from apps.common.slack_blocks import Words, actions, context, header, link, sections, words
from apps.monitoring.rules import duration_text

BROKEN: Final = ":rotating_light:"
MENDED: Final = ":white_check_mark:"


def alarm_words(
    *,
    title: str,
    sentence: str,
    is_failing: bool,
    is_change: bool,
    found: int,
    ids: Sequence[str],
    error: str,
    since: datetime,
    now: datetime,
    admin_url: str,
) -> Words:
    """Return the message about an invariant. Texts and ids are our own, so nothing is escaped.

    `since` and `now` are UTC, `is_change` is False for a failure that persists.
    """
    lasted = duration_text(now - since)
    if not is_failing:
        emoji, title = MENDED, f"Fixed: {title}"
        lines = [f"It was broken for {lasted}."]
    else:
        number = "the check itself fails" if error else f"{found:,} found"
        emoji, title = BROKEN, f"{'Broken' if is_change else 'Still broken'}: {title} ({number})"
        lines = [] if is_change else [f"For {lasted} so far."]
        if error:
            lines.append(f"`{error}`")
        if ids:
            rest = found - len(ids)
            more = [f"and {rest:,} more"] if rest > 0 else []
            lines.append("\n".join([*(f"`{one}`" for one in ids), *more]))
    blocks = [
        header(f"{emoji} {title}"),
        *sections(lines),
        context(f"It should be: {sentence}"),
        *actions([link("Open the admin", admin_url)] if admin_url else []),
    ]
    return words(title, blocks)
