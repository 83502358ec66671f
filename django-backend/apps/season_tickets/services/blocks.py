"""Which block's seats a holder has at a game, and whether they may be listed."""

from uuid import UUID

from apps.holders.models import TicketHolder
from apps.season_tickets.enums import SeasonTicketStatus
from apps.season_tickets.errors import SeasonTicketNotFound, SeasonTicketNotVerified
from apps.season_tickets.locks import season_ticket_locked
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.rules.blocks import SeatBlock
from apps.season_tickets.rules.home_games import HomeGame


def listable_season_ticket(*, holder: TicketHolder, season_ticket_id: UUID) -> SeasonTicket:
    """Return the holder's block under its lock if its seats may be listed; `holder` is set without a query.

    Raises:
        SeasonTicketNotFound, SeasonTicketNotVerified: the block is not the holder's, or not verified.
    """
    season_ticket = season_ticket_locked(season_ticket_id)
    if season_ticket is None or season_ticket.holder_id != holder.id:
        raise SeasonTicketNotFound
    require_verified(season_ticket)
    for block in (season_ticket, *season_ticket.elsewhere):
        block.holder = holder
    return season_ticket


def require_verified(season_ticket: SeasonTicket) -> None:
    """Raise SeasonTicketNotVerified for a block that is pending, rejected or ended."""
    if season_ticket.status != SeasonTicketStatus.VERIFIED:
        raise SeasonTicketNotVerified(season_ticket.get_status_display().lower())


def season_ticket_at(season_ticket: SeasonTicket, game: HomeGame) -> SeasonTicket | None:
    """Return the block whose seats the holder has at a home game of a locked block, None while nobody has said."""
    return season_ticket.block_at(event_id=game.id, venue_id=game.venue_id, home_venue_id=game.home_venue_id)


def block_at(season_ticket: SeasonTicket, game: HomeGame) -> SeatBlock | None:
    """Return the seats of `season_ticket_at`."""
    there = season_ticket_at(season_ticket, game)
    return there.seat_block if there else None
