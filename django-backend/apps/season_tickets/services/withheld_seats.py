"""A holder withholds seats of chosen games for own use, and releases them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.module_loading import import_string

from apps.catalog.api import has_begun
from apps.catalog.models import Event
from apps.common.errors import ErrorDetail
from apps.common.text import normalise_printed
from apps.holders.models import TicketHolder
from apps.season_tickets.errors import WithholdingRefused
from apps.season_tickets.models import SeasonTicket, WithheldSeat
from apps.season_tickets.rules.blocks import seat_problems
from apps.season_tickets.rules.home_games import event_problems
from apps.season_tickets.selectors.season_tickets import home_games_of, seats_withheld_at
from apps.season_tickets.services.blocks import listable_season_ticket


class SeatsOfGames(TypedDict):
    """Seats of a holder's block (None: all of them) at some of its home games (None: all to come)."""

    holder: TicketHolder
    season_ticket_id: UUID
    events: Sequence[UUID] | None
    seats: Sequence[str] | None
    now: datetime


@dataclass(frozen=True)
class _Choice:
    season_ticket: SeasonTicket
    event_names: dict[UUID, str]
    seats: list[str]


@transaction.atomic
def seats_withhold(**request: Unpack[SeatsOfGames]) -> dict[UUID, list[str]]:
    """Keep seats from being listed at future home games; all or nothing.

    Return what is withheld from those games now. Seats that are withheld already stay so. The lock of the block
    prevents listing meanwhile.

    Raises:
        SeasonTicketNotFound, SeasonTicketNotVerified: the block is not the holder's, or not verified.
        WithholdingRefused: every invalid game and seat, each with its place.
        DomainError: the guard of the apps above says that seats are in use.
    """
    choice = _chosen(**request)
    block = choice.season_ticket
    guard = import_string(settings.SEASON_TICKET_GUARDS["withhold"])
    guard(block=block.seat_block, events=choice.event_names, seats=choice.seats)
    pairs = product(choice.event_names, choice.seats)
    rows = [WithheldSeat(season_ticket=block, event_id=event, seat=seat) for event, seat in pairs]
    WithheldSeat.objects.bulk_create(rows, ignore_conflicts=True)
    return seats_withheld_at(season_ticket_id=block.id, event_ids=list(choice.event_names))


@transaction.atomic
def seats_release(**request: Unpack[SeatsOfGames]) -> dict[UUID, list[str]]:
    """Let seats be listed again; arguments, answer and errors are those of `seats_withhold`.

    Seats that are not withheld stay so.
    """
    choice = _chosen(**request)
    WithheldSeat.objects.filter(
        season_ticket=choice.season_ticket, event__in=list(choice.event_names), seat__in=choice.seats
    ).delete()
    return seats_withheld_at(season_ticket_id=choice.season_ticket.id, event_ids=list(choice.event_names))


def withheld_seats_move(*, from_event: Event, to_event: Event, taken: QuerySet[Any]) -> None:
    """Move the withheld seats of one event to another.

    Those of `taken`, a query about a row of them (`OuterRef`), and those withheld there already, stay as they are.
    """
    moving = WithheldSeat.objects.filter(event=from_event)
    withheld = WithheldSeat.objects.filter(
        event=to_event, season_ticket=OuterRef("season_ticket"), seat=OuterRef("seat")
    )
    moving.filter(Exists(taken) | Exists(withheld)).delete()
    moving.update(event=to_event)


def _chosen(
    *,
    holder: TicketHolder,
    season_ticket_id: UUID,
    events: Sequence[UUID] | None,
    seats: Sequence[str] | None,
    now: datetime,
) -> _Choice:
    season_ticket = listable_season_ticket(holder=holder, season_ticket_id=season_ticket_id)
    block = season_ticket.seats
    wanted = block if seats is None else [normalise_printed(seat) for seat in seats]
    home_games = home_games_of(season_ticket=season_ticket)
    games = {game.id: not has_begun(status=game.status, starts_at=game.starts_at, at=now) for game in home_games}
    elsewhere = {game.id: str(game.venue) for game in home_games if not _has_seats_at(season_ticket, game)}
    problems = [ErrorDetail(problem.error().detail, problem.place) for problem in seat_problems(wanted, block)]
    problems += event_problems("events", events or (), games)
    problems += [
        ErrorDetail("This event has begun.", f"events.{index}")
        for index, event in enumerate(events or ())
        if not games.get(event, True)
    ]
    problems += [
        ErrorDetail(
            f"The game is at {elsewhere[event]}, where this season ticket has no seats.",
            f"events.{index}",
            "other_venue",
        )
        for index, event in enumerate(events or ())
        if event in elsewhere
    ]
    if problems:
        raise WithholdingRefused(problems)
    to_come = [game for game, is_future in games.items() if is_future and game not in elsewhere]
    chosen = to_come if events is None else list(events)
    labels = {game.id: game.label for game in home_games}
    return _Choice(season_ticket, {event: labels[event] for event in chosen}, sorted(wanted, key=block.index))


def _has_seats_at(season_ticket: SeasonTicket, game: Event) -> bool:
    home_venue_id = game.home_team.home_venue_id if game.home_team else None
    here = season_ticket.block_at(event_id=game.id, venue_id=game.venue_id, home_venue_id=home_venue_id)
    return here is season_ticket
