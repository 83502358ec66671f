"""What happened to season tickets, of one holder and one team each."""

from uuid import UUID

from apps.common.topics import Topic
from apps.season_tickets.enums import SeasonTicketStatus


class SeasonTicketNews(Topic):
    """Something happened to a season ticket, which has the status `status` since then."""

    season_ticket_id: UUID
    holder_id: UUID
    status: SeasonTicketStatus


class SeasonTicketRegistered(SeasonTicketNews, name="season_ticket.registered"):
    """A holder has registered a season ticket; staff verify it."""


class SeasonTicketDecision(SeasonTicketNews, name="season_ticket.decided"):
    """Staff have decided about a season ticket."""
