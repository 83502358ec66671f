"""Staff verify, reject and end season tickets: the one writer of their status."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from apps.common.acts import Act
from apps.common.database import violated_constraint
from apps.common.errors import MoveReasonMissing
from apps.common.hooks import Hook
from apps.notifications.api import outbox_put
from apps.season_tickets.enums import SEASON_TICKET_MOVES, SeasonTicketMove, SeasonTicketStatus
from apps.season_tickets.errors import SeasonTicketDecided, SeasonTicketSeatClaimed, SeasonTicketTwinsUnconfirmed
from apps.season_tickets.locks import season_ticket_locked
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.selectors.twins import Twin, twins_of
from apps.season_tickets.topics import SeasonTicketDecision, SeasonTicketNews


@Hook
def unused_require(*, season_ticket_id: UUID, now: datetime) -> None:
    """Raise a DomainError if seats of a block are offered, or sold or held for games to come."""
    raise NotImplementedError


def season_ticket_verify(*, season_ticket_id: UUID, act: Act, confirmed_twins: Collection[UUID] = ()) -> None:
    """Confirm that the seats are the holder's.

    `confirmed_twins` are season tickets that may be for the same seats and that the actor has compared.

    Raises:
        SeasonTicketDecided: it was verified or rejected before.
        SeasonTicketSeatClaimed: another verified block of the team and season has some of the seats, as they read.
        SeasonTicketTwinsUnconfirmed: a pending one may have some of the seats, and is not among the confirmed ones.
    """
    # Rows of the previous release have no key; the index would compare them as printed.
    for block in SeasonTicket.objects.filter(id=season_ticket_id, place_key=""):
        block.save(update_fields=["place_key"])
    try:
        with transaction.atomic():
            _write(season_ticket_id, SeasonTicketMove.VERIFY, act)
            _refuse_twins(season_ticket_id, confirmed=confirmed_twins)
    except IntegrityError as error:
        # The race: two members of staff verify twins at once. Neither finds a verified one; the index refuses the
        # second.
        if violated_constraint(error) not in {"seasonticketseat_verified_once", "seasonticketseat_read_once"}:
            raise
        season_ticket = SeasonTicket.objects.get(id=season_ticket_id)
        twins = twins_of([season_ticket]).get(season_ticket_id, [])
        raise _claimed(season_ticket, [twin for twin in twins if twin.is_verified]) from error


@transaction.atomic
def season_ticket_reject(*, season_ticket_id: UUID, act: Act) -> None:
    """Refuse the claim, for a reason that the holder reads.

    Raises:
        MoveReasonMissing, SeasonTicketDecided: there is no reason, or it was verified or rejected before.
    """
    _write(season_ticket_id, SeasonTicketMove.REJECT, act)


@transaction.atomic
def season_ticket_end(*, season_ticket_id: UUID, act: Act) -> None:
    """End a verified block: it can no longer be listed, and its seats are free for another season ticket.

    The lock of the block keeps listings from being added meanwhile.

    Raises:
        MoveReasonMissing: the holder reads why, so there must be a reason.
        SeasonTicketDecided: it is not verified.
        DomainError: its seats are in use.
    """
    season_ticket_locked(season_ticket_id)
    _write(season_ticket_id, SeasonTicketMove.END, act)
    unused_require(season_ticket_id=season_ticket_id, now=act.at)


def _write(season_ticket_id: UUID, move: SeasonTicketMove, act: Act) -> None:
    """Decide about a season ticket. Of two staff who decide at once, the second finds no row where the move begins."""
    row = SEASON_TICKET_MOVES[move]
    if row.has_reason and not act.reason.strip():
        raise MoveReasonMissing
    when, who, why = row.kept_in
    # Its seats at other venues go with the block.
    rows = SeasonTicket.objects.filter(Q(id=season_ticket_id) | Q(elsewhere_of=season_ticket_id))
    rows = rows.filter(status=row.begins)
    moved = rows.update(status=row.ends, updated_at=act.at, **{when: act.at, who: act.actor_id, why: act.reason})
    season_ticket = SeasonTicket.objects.get(id=season_ticket_id)
    if not moved:
        since = season_ticket.ended_at or season_ticket.decided_at
        raise SeasonTicketDecided(move.value, status=season_ticket.get_status_display().lower(), since=since)
    season_ticket_notify(topic=SeasonTicketDecision, season_ticket=season_ticket, now=act.at)


def season_ticket_notify(*, topic: type[SeasonTicketNews], season_ticket: SeasonTicket, now: datetime) -> None:
    """Put one message about a season ticket and its present status."""
    holder_id, status = season_ticket.holder_id, SeasonTicketStatus(season_ticket.status)
    payload = topic(season_ticket_id=season_ticket.id, holder_id=holder_id, status=status)
    outbox_put(payload=payload, aggregate_key=aggregate_key(holder_id, season_ticket.team_id), now=now)


def aggregate_key(holder_id: UUID, team_id: UUID | None) -> str:
    """Return the key of messages about one holder and one team, so that those that belong together can be gathered."""
    return f"holder:{holder_id}:team:{team_id}"


def _refuse_twins(season_ticket_id: UUID, *, confirmed: Collection[UUID]) -> None:
    season_ticket = SeasonTicket.objects.get(id=season_ticket_id)
    twins = twins_of([season_ticket]).get(season_ticket_id, [])
    if claims := [twin for twin in twins if twin.is_verified]:
        raise _claimed(season_ticket, claims)
    if unconfirmed := [twin for twin in twins if twin.season_ticket.id not in confirmed]:
        ids = [twin.season_ticket.id for twin in unconfirmed]
        raise SeasonTicketTwinsUnconfirmed(twins="; ".join(twin.text for twin in unconfirmed), other_ids=ids)


def _claimed(season_ticket: SeasonTicket, claims: Sequence[Twin]) -> SeasonTicketSeatClaimed:
    claimed = {key for twin in claims for key in twin.keys}
    seats = [seat for seat, key in zip(season_ticket.seats, season_ticket.keys, strict=True) if key in claimed]
    return SeasonTicketSeatClaimed(
        section=season_ticket.section,
        row=season_ticket.row,
        seats=seats or season_ticket.seats,
        other_ids=[twin.season_ticket.id for twin in claims],
        sure=any(twin.is_same for twin in claims),
    )
