"""Notifies higher apps of changes of season tickets, through the outbox."""

from datetime import datetime
from uuid import UUID

from apps.notifications.api import outbox_put
from apps.season_tickets.enums import SeasonTicketStatus
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.topics import SeasonTicketNews


def season_ticket_notify(*, topic: type[SeasonTicketNews], season_ticket: SeasonTicket, now: datetime) -> None:
    """Put one message about a season ticket and its present status."""
    holder_id, status = season_ticket.holder_id, SeasonTicketStatus(season_ticket.status)
    payload = topic(season_ticket_id=season_ticket.id, holder_id=holder_id, status=status)
    outbox_put(payload=payload, aggregate_key=aggregate_key(holder_id, season_ticket.team_id), now=now)


def aggregate_key(holder_id: UUID, team_id: UUID | None) -> str:
    """Return the key of messages about one holder and one team, so that those that belong together can be gathered."""
    return f"holder:{holder_id}:team:{team_id}"
