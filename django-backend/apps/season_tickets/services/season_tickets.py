"""A holder registers a block of seats; staff enter its seats elsewhere, and name places that read alike."""

from collections.abc import Sequence
from datetime import datetime
from typing import NotRequired, TypedDict, Unpack
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.catalog.models import Season, Team
from apps.common.acts import Act
from apps.common.database import violated_constraint
from apps.common.text import normalise_printed
from apps.holders.models import TicketHolder
from apps.season_tickets.enums import SeasonTicketStatus, SeatNumbering
from apps.season_tickets.errors import (
    EventAtHome,
    PlacesNotAlike,
    SeasonTicketAlreadyRegistered,
    SeasonTicketNotFound,
    SeasonTicketNotVerified,
    SeatsElsewhereEntered,
    SeatsOutOfOrder,
    SeatsReadAlike,
    TeamNotInLeague,
)
from apps.season_tickets.locks import holder_locked, home_games_shared, place_locked, season_ticket_locked
from apps.season_tickets.models import MAX_SEATS_PER_BLOCK, DistinctPlace, SeasonTicket
from apps.season_tickets.rules.blocks import block_problem
from apps.season_tickets.rules.seat_keys import first_alike, not_alike_reason
from apps.season_tickets.selectors.season_tickets import seats_registered_beside
from apps.season_tickets.services.decisions import season_ticket_notify, season_ticket_verify
from apps.season_tickets.topics import SeasonTicketRegistered


class BlockSeats(TypedDict):
    """The seats of a block, `first_seat` to `last_seat`.

    In general admission they are places, 1 to the quantity. Listed seats have names, neighbours next to each other;
    first and last seat count them.
    """

    section: str
    row: str
    first_seat: int
    last_seat: int
    listed_seats: NotRequired[Sequence[str]]
    numbering: NotRequired[SeatNumbering]


@transaction.atomic
def season_ticket_register(
    *, holder: TicketHolder, team: Team, season: Season, now: datetime, **seats: Unpack[BlockSeats]
) -> SeasonTicket:
    """Register a block of `seats`; it waits for staff as pending.

    Raises:
        TeamNotInLeague: team and season belong to two leagues.
        SeatsOutOfOrder: the block is empty, too large, or its ends do not fit the numbering.
        SeatsReadAlike: two listed seats read alike.
        SeasonTicketAlreadyRegistered: the holder has some of the seats already, pending or verified.
    """
    season_ticket = new_block(holder=holder, team=team, season=season, **seats)
    holder_locked(holder.id)
    _refuse_registered(season_ticket)
    try:
        with transaction.atomic():
            season_ticket.submitted_at = now
            season_ticket.save(force_insert=True)
    except IntegrityError as error:
        # Places of general admission have no numbers to compare; the same block twice is still refused.
        if violated_constraint(error) == "seasonticket_claimed_once_by_holder":
            raise SeasonTicketAlreadyRegistered from error
        raise
    season_ticket_notify(topic=SeasonTicketRegistered, season_ticket=season_ticket, now=now)
    return season_ticket


def new_block(*, holder: TicketHolder, team: Team, season: Season, **seats: Unpack[BlockSeats]) -> SeasonTicket:
    """Return a block that can be saved.

    Raises:
        TeamNotInLeague, SeatsOutOfOrder, SeatsReadAlike: as `season_ticket_register`.
    """
    names = [normalise_printed(seat) for seat in seats.get("listed_seats", ())]
    season_ticket = SeasonTicket(holder=holder, team=team, season=season, **{**seats, "listed_seats": names})
    season_ticket.section, season_ticket.row = map(normalise_printed, (season_ticket.section, season_ticket.row))
    first, last = season_ticket.first_seat, season_ticket.last_seat
    if team.league_id != season.league_id:
        raise TeamNotInLeague(team, season)
    if first < 1:
        raise SeatsOutOfOrder("Seat numbers begin at 1.", attr="first_seat")
    if problem := block_problem(first, last, season_ticket.numbering, max_seats=MAX_SEATS_PER_BLOCK):
        raise SeatsOutOfOrder(problem, attr="last_seat")
    if alike := first_alike(names):
        raise SeatsReadAlike(names, *alike)
    return season_ticket


def _refuse_registered(season_ticket: SeasonTicket) -> None:
    if season_ticket.numbering == SeatNumbering.GENERAL_ADMISSION:
        return
    registered = seats_registered_beside(season_ticket)
    if again := [seat for seat in season_ticket.seats if seat in registered]:
        raise SeasonTicketAlreadyRegistered(again, listed=season_ticket.numbering == SeatNumbering.LISTED)


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
        SeatsElsewhereEntered: the block has seats there already. Other errors as of every block.
    """
    season_ticket = season_ticket_locked(season_ticket_id)
    if season_ticket is None:
        raise SeasonTicket.DoesNotExist
    require_verified(season_ticket)
    game = home_games_shared([season_ticket], event_id=event_id).get(event_id)
    if game is None or season_ticket.event_id:
        raise EventAtHome
    there = season_ticket.at(game)
    if there is season_ticket:
        raise EventAtHome
    if there:
        raise SeatsElsewhereEntered(str(there))
    block = new_block(holder=season_ticket.holder, team=season_ticket.team, season=season_ticket.season, **seats)
    block.elsewhere_of, block.event_id, block.venue_id = season_ticket, game.id, game.venue_id
    block.save(force_insert=True)
    season_ticket_verify(season_ticket_id=block.id, act=act)
    return block


@transaction.atomic
def distinct_place_name(
    *, team: Team, section: str, row: str, other_section: str, other_row: str, act: Act
) -> DistinctPlace:
    """Record that the team's home venue has both rows: season tickets of both can be verified from then on.

    Repeating it changes nothing.

    Raises:
        PlacesNotAlike: the names do not read alike, or are the same.
    """
    names = {"section": section, "row": row, "other_section": other_section, "other_row": other_row}
    printed = {name: normalise_printed(text) for name, text in names.items()}
    if problem := not_alike_reason(**printed):
        raise PlacesNotAlike(problem, attr="other_row")
    place_locked(team_id=team.id, section=printed["section"], row=printed["row"])
    defaults = {"reason": act.reason, "named_by_id": act.actor_id}
    named, _ = DistinctPlace.objects.get_or_create(team=team, **printed, defaults=defaults)
    return named


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
