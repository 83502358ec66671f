"""A holder withholds seats of chosen games for own use, and releases them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import product
from typing import Any, TypedDict, Unpack
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from apps.catalog.api import has_begun
from apps.catalog.models import Event
from apps.common.errors import ErrorDetail
from apps.common.hooks import Hook
from apps.common.text import normalise_printed
from apps.holders.models import TicketHolder
from apps.season_tickets.errors import WithholdingRefused
from apps.season_tickets.locks import home_games_shared
from apps.season_tickets.models import SeasonTicket, WithheldSeat
from apps.season_tickets.rules.blocks import SeatBlock, seat_problems
from apps.season_tickets.rules.home_games import event_problems
from apps.season_tickets.selectors.season_tickets import seats_withheld_at
from apps.season_tickets.services.season_tickets import listable_season_ticket


@Hook
def unlisted_require(*, block: SeatBlock, events: Mapping[UUID, str], seats: Sequence[str]) -> None:
    """Raise a DomainError if seats of a block are offered or sold at games, given with their labels by id."""
    raise NotImplementedError


class SeatsOfGames(TypedDict):
    """Seats of a holder's block (None: all of them) at some of its home games (None: all to come)."""

    holder: TicketHolder
    season_ticket_id: UUID
    events: Sequence[UUID] | None
    seats: Sequence[str] | None
    now: datetime


@transaction.atomic
def seats_withhold(**request: Unpack[SeatsOfGames]) -> dict[UUID, list[str]]:
    """Keep seats from being listed at future home games; all or nothing.

    Return what is withheld from those games now. Seats that are withheld already stay so. The lock of the block
    prevents listing meanwhile.

    Raises:
        SeasonTicketNotFound, SeasonTicketNotVerified: the block is not the holder's, or not verified.
        WithholdingRefused: every invalid game and seat, each with its place.
        DomainError: seats are offered or sold.
    """
    block, events, seats = _chosen(**request)
    unlisted_require(block=block.seat_block, events=events, seats=seats)
    rows = [WithheldSeat(season_ticket=block, event_id=event, seat=seat) for event, seat in product(events, seats)]
    WithheldSeat.objects.bulk_create(rows, ignore_conflicts=True)
    return seats_withheld_at(season_ticket_id=block.id, event_ids=events)


@transaction.atomic
def seats_release(**request: Unpack[SeatsOfGames]) -> dict[UUID, list[str]]:
    """Let seats be listed again; arguments, answer and errors are those of `seats_withhold`.

    Seats that are not withheld stay so.
    """
    block, events, seats = _chosen(**request)
    WithheldSeat.objects.filter(season_ticket=block, event__in=events, seat__in=seats).delete()
    return seats_withheld_at(season_ticket_id=block.id, event_ids=events)


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


def _chosen(**request: Unpack[SeatsOfGames]) -> tuple[SeasonTicket, dict[UUID, str], list[str]]:
    """Return the locked block, the labels of its games that the request means by id, and the seats."""
    block = listable_season_ticket(holder=request["holder"], season_ticket_id=request["season_ticket_id"])
    events, seats = request["events"], request["seats"]
    wanted = block.seats if seats is None else [normalise_printed(seat) for seat in seats]
    found = home_games_shared([block], event_id=block.event_id, dry_run=True).values()
    home_games = sorted(found, key=lambda game: (game.starts_at, game.id))
    now = request["now"]
    begun = {game.id: has_begun(status=game.status, starts_at=game.starts_at, at=now) for game in home_games}
    elsewhere = {game.id: game.venue for game in home_games if block.at(game) is not block}
    problems = [ErrorDetail(problem.error().detail, problem.place) for problem in seat_problems(wanted, block.seats)]
    problems += event_problems("events", events or (), begun)
    problems += [
        ErrorDetail("This event has begun.", f"events.{index}")
        for index, event in enumerate(events or ())
        if begun.get(event)
    ]
    problems += [
        ErrorDetail(f"The game is at {venue}, where this season ticket has no seats.", f"events.{index}", "other_venue")
        for index, event in enumerate(events or ())
        if (venue := elsewhere.get(event))
    ]
    if problems:
        raise WithholdingRefused(problems)
    to_come = [game for game, is_over in begun.items() if not is_over and game not in elsewhere]
    labels = {game.id: game.label for game in home_games}
    chosen = {event: labels[event] for event in (to_come if events is None else events)}
    return block, chosen, sorted(wanted, key=block.seats.index)
