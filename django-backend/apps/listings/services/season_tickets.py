"""A holder registers a block of seats; staff decide about it."""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from apps.catalog.models import Season, Team
from apps.common.database import violated_constraint
from apps.common.text import normalise_printed
from apps.holders.models import TicketHolder
from apps.listings.enums import SEASON_TICKET_TRANSITIONS, SeasonTicketStatus
from apps.listings.errors import SeasonTicketAlreadyRegistered, SeasonTicketDecided, SeatsOutOfOrder, TeamNotInLeague
from apps.listings.models import MAX_SEATS_PER_BLOCK, SeasonTicket
from apps.users.models import User


@transaction.atomic
def season_ticket_register(
    *, holder: TicketHolder, team: Team, season: Season, section: str, row: str, first_seat: int, last_seat: int
) -> SeasonTicket:
    """Register the block `first_seat` to `last_seat`; it waits for staff as pending.

    Raises:
        TeamNotInLeague: team and season belong to two leagues.
        SeatsOutOfOrder: the block is empty, negative or larger than MAX_SEATS_PER_BLOCK.
        SeasonTicketAlreadyRegistered: the holder has this very block, pending or verified.
    """
    if team.league_id != season.league_id:
        raise TeamNotInLeague(team, season)
    if first_seat < 1:
        raise SeatsOutOfOrder("Seat numbers begin at 1.", attr="first_seat")
    if not first_seat <= last_seat < first_seat + MAX_SEATS_PER_BLOCK:
        raise SeatsOutOfOrder(
            f"The last seat must not be before the first, and a block has at most {MAX_SEATS_PER_BLOCK} seats.",
            attr="last_seat",
        )
    try:
        with transaction.atomic():
            return SeasonTicket.objects.create(
                holder=holder,
                team=team,
                season=season,
                section=normalise_printed(section),
                row=normalise_printed(row),
                first_seat=first_seat,
                last_seat=last_seat,
            )
    except IntegrityError as error:
        if violated_constraint(error) == "seasonticket_claimed_once_by_holder":
            raise SeasonTicketAlreadyRegistered from error
        raise


def season_ticket_verify(*, season_ticket_id: UUID, actor: User, now: datetime) -> None:
    """Confirm that the seats are the holder's.

    Raises:
        SeasonTicketDecided: it was verified or rejected before.
    """
    _decide(season_ticket_id, to=SeasonTicketStatus.VERIFIED, reason="", actor=actor, now=now)


def season_ticket_reject(*, season_ticket_id: UUID, reason: str, actor: User, now: datetime) -> None:
    """Refuse the claim; the holder reads `reason`.

    Raises:
        SeasonTicketDecided: it was verified or rejected before.
    """
    _decide(season_ticket_id, to=SeasonTicketStatus.REJECTED, reason=reason, actor=actor, now=now)


def _decide(season_ticket_id: UUID, *, to: SeasonTicketStatus, reason: str, actor: User, now: datetime) -> None:
    sources = [status for status, targets in SEASON_TICKET_TRANSITIONS.items() if to in targets]
    # One conditional UPDATE: of two staff who decide at once, the second finds no pending row.
    moved = SeasonTicket.objects.filter(id=season_ticket_id, status__in=sources).update(
        status=to, rejection_reason=reason, decided_by=actor, decided_at=now, updated_at=now
    )
    if not moved:
        raise SeasonTicketDecided("The season ticket was decided about before.")
