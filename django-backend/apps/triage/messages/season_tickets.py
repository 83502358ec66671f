"""The message about a season ticket that waits to be verified."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from slack_sdk.models.blocks import Block, ButtonElement, LinkButtonElement

from apps.common.slack_blocks import Words, actions, bare, context, cut, escaped, fields, header, link, time_text, words
from apps.season_tickets.enums import SeasonTicketStatus
from apps.triage.enums import TriageAction
from apps.triage.messages.buttons import MAX_QUESTION, button

_MAX_TWINS_SHOWN: Final = 5  # a button carries 2,000 characters; more twins are a case for the admin


@dataclass(frozen=True)
class SeasonTicketShown:
    """The contents of the message; `twins` are other season tickets for what may be the same seats, by id."""

    message_id: str
    holder: str
    team: str
    season: str
    place: str
    numbering: str
    status: SeasonTicketStatus
    twins: Mapping[UUID, str]
    decided_by: str
    decided_at: datetime | None
    reason: str
    admin_url: str


def season_ticket_words(shown: SeasonTicketShown) -> Words:
    """Return the message: whose seats they are said to be, and what staff decided."""
    title = f"New season ticket: {bare(shown.team)}"
    values = {
        "Holder": escaped(shown.holder),
        "Team": f"{escaped(shown.team)}, {escaped(shown.season)}",
        "Seats": escaped(shown.place),
        "Numbering": escaped(shown.numbering),
    }
    blocks: list[Block] = [header(f"{settings.TRIAGE_EMOJIS['season_ticket']} {title}"), fields(values)]
    if shown.twins and shown.status == SeasonTicketStatus.PENDING:
        blocks.append(context(f":warning: These may be the same seats as {escaped(_twins_text(shown))}."))
    if shown.status != SeasonTicketStatus.PENDING:
        blocks.append(context(_outcome(shown)))
    blocks += actions(_buttons(shown))
    return words(f"{escaped(title)}, {escaped(shown.holder)} ({shown.status.label.lower()})", blocks)


def _outcome(shown: SeasonTicketShown) -> str:
    mark = ":white_check_mark:" if shown.status == SeasonTicketStatus.VERIFIED else ":record_button:"
    by = f" by {escaped(shown.decided_by)}" if shown.decided_by else ""
    at = f" · {time_text(shown.decided_at)}" if shown.decided_at else ""
    reason = f"\nReason: {escaped(shown.reason)}" if shown.reason else ""
    return f"{mark} {shown.status.label}{by}{at}{reason}"


def _twins_text(shown: SeasonTicketShown) -> str:
    named, rest = list(shown.twins.values())[:_MAX_TWINS_SHOWN], len(shown.twins) - _MAX_TWINS_SHOWN
    return "; ".join([*named, f"{rest} more"] if rest > 0 else named)


def _buttons(shown: SeasonTicketShown) -> list[ButtonElement | LinkButtonElement]:
    review = [link("Open in the admin", shown.admin_url)] if shown.admin_url else []
    if shown.status != SeasonTicketStatus.PENDING:
        return [*review]
    # The button carries the twins that its question names, so that a later twin is asked about again.
    twins = list(shown.twins)[:_MAX_TWINS_SHOWN]
    value = " ".join([shown.message_id, *map(str, twins)])
    sure = f"Have you compared them? They may be the same seats as {bare(_twins_text(shown))}." if twins else ""
    return [
        button(TriageAction.VERIFY, "Verify", value=value, style="primary", sure=cut(sure, MAX_QUESTION)),
        button(TriageAction.REJECT, "Reject…", value=shown.message_id, style="danger"),
        *review,
    ]
