"""What holders read about their season tickets, in mails and notices."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from django.utils.text import capfirst

from apps.common.text import seats_named
from apps.notifications.api import NoticeWords
from apps.season_tickets.enums import SeasonTicketStatus, SeatNumbering
from apps.season_tickets.models import SeasonTicket


class Words(NamedTuple):
    """How holders are notified of a decision about a season ticket."""

    template: str
    word: str
    sentence: str


DECISION_NOTICES: Final[Mapping[SeasonTicketStatus, Words]] = {
    SeasonTicketStatus.VERIFIED: Words(
        "season_ticket_verified", "Verified", "You can list its home games now, one by one or the whole season at once."
    ),
    SeasonTicketStatus.REJECTED: Words(
        "season_ticket_rejected", "Not verified", "Its seats cannot be listed. You can register it again."
    ),
    SeasonTicketStatus.ENDED: Words(
        "season_ticket_ended", "Ended", "Its seats can no longer be listed. What was sold before stays sold."
    ),
}


def season_ticket_context(season_ticket: SeasonTicket, *, status: SeasonTicketStatus) -> dict[str, Any]:
    """Return the context of mails about a decision on a season ticket; team, season and event are loaded."""
    reasons = {
        SeasonTicketStatus.REJECTED: season_ticket.rejection_reason,
        SeasonTicketStatus.ENDED: season_ticket.end_reason,
    }
    place = place_text(season_ticket, season_ticket.seats)
    return {
        "team": season_ticket.team.name,
        "season": season_ticket.season.name,
        "place": f"{place}, for {season_ticket.event.label} only" if season_ticket.event else place,
        "reason": reasons.get(status, ""),
    }


def season_ticket_notice(context: Mapping[str, Any], *, status: SeasonTicketStatus) -> NoticeWords:
    """Return the notice about a decision, from its `season_ticket_context`."""
    words = DECISION_NOTICES[status]
    place, reason = capfirst(context["place"]), context["reason"]
    lines = [f"{place}.", words.sentence, *([f"Why: {reason}"] if reason else [])]
    return NoticeWords(f"{words.word}: {context['team']} {context['season']}", "\n".join(lines))


def place_text(season_ticket: SeasonTicket, seats: Sequence[str]) -> str:
    """Return seats of a block in words, with section and row."""
    place = f"section {season_ticket.section}, row {season_ticket.row}"
    if season_ticket.numbering == SeatNumbering.GENERAL_ADMISSION:
        return f"{place}, {len(seats)} place{'s' if len(seats) > 1 else ''} of general admission"
    return f"{place}, {seats_named(seats)}"
