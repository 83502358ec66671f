"""Staff enter which seats a holder has at a home game that is not at the team's home venue."""

from typing import Unpack
from uuid import UUID

from django.db import transaction

from apps.common.acts import Act
from apps.listings.errors.season_tickets import EventAtHome, SeatsElsewhereEntered
from apps.listings.locks import home_games_shared, season_ticket_locked
from apps.listings.models import SeasonTicket
from apps.listings.services.offering import require_verified, season_ticket_at
from apps.listings.services.season_tickets import BlockSeats, new_block, season_ticket_verify


@transaction.atomic
def seats_elsewhere_enter(
    *, season_ticket_id: UUID, event_id: UUID, act: Act, **seats: Unpack[BlockSeats]
) -> SeasonTicket:
    """Enter the seats of a verified block at one game elsewhere, as a verified block of their own, good for that game.

    They count for the venue that the event has now: if it moves again, its seats must be entered again. The holder
    is notified.

    Raises:
        SeasonTicketNotVerified: the block is not verified.
        EventAtHome: the event is no home game of the block's team that is played elsewhere.
        SeatsElsewhereEntered: the block has seats there already.
        SeatsOutOfOrder, SeatsReadAlike, SeasonTicketSeatClaimed: as of every other block.
        SeasonTicket.DoesNotExist: there is no such season ticket.
    """
    season_ticket = season_ticket_locked(season_ticket_id)
    if season_ticket is None:
        raise SeasonTicket.DoesNotExist
    require_verified(season_ticket)
    game = home_games_shared([season_ticket], event_id=event_id).get(event_id)
    if game is None or season_ticket.event_id:
        raise EventAtHome
    there = season_ticket_at(season_ticket, game)
    if there is season_ticket:
        raise EventAtHome
    if there:
        raise SeatsElsewhereEntered(str(there))
    block = new_block(holder=season_ticket.holder, team=season_ticket.team, season=season_ticket.season, **seats)
    block.elsewhere_of, block.event_id, block.venue_id = season_ticket, game.id, game.venue_id
    block.save(force_insert=True)
    season_ticket_verify(season_ticket_id=block.id, act=act)
    return block
