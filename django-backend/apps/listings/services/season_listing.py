"""A holder lists the seats of a block for many home games in one request."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.common.database import violated_constraint
from apps.common.ids import uuid7
from apps.common.text import normalise_printed
from apps.holders.models import TicketHolder
from apps.listings.errors import SeasonListingRefused, SeatAlreadyListed, SeatNotInBlock
from apps.listings.models import SeasonTicket
from apps.listings.rules.blocks import seat_problems, seats_of_block
from apps.listings.rules.season_plan import Game, SeasonWish, season_plan
from apps.listings.selectors.season_tickets import home_games_of
from apps.listings.selectors.seats import seats_active_at
from apps.listings.services.bulk_write import NewListing, listings_insert
from apps.listings.services.listings import closed_reason, listable_season_ticket
from apps.users.models import User


def season_list(
    *,
    holder: TicketHolder,
    season_ticket_id: UUID,
    wish: SeasonWish,
    seats: Sequence[str] | None,
    actor: User,
    now: datetime,
) -> list[UUID]:
    """List `seats` of the holder's block (None: all of them) for every game that the wish means; all or nothing.

    Returns the ids of the new listings in the order of the games. The number of queries does not grow with the season.

    Raises:
        SeasonTicketNotFound, SeasonTicketNotVerified: the block is not the holder's, or not verified.
        SeatNotInBlock: a seat is not in the block or is named twice.
        SeasonListingRefused: every item of the wish that means nothing, each with its place.
        SeatAlreadyListed: every game at which a seat is active already; nothing was written.
    """
    season_ticket = listable_season_ticket(holder=holder, season_ticket_id=season_ticket_id)
    chosen = _chosen_seats(season_ticket, seats)
    games = [Game(event.id, closed_reason(event, now)) for event in home_games_of(season_ticket=season_ticket)]
    plan = season_plan(games=games, wish=wish)
    if plan.problems:
        raise SeasonListingRefused(plan.problems)
    # In the order of event ids: two overlapping requests then wait for each other instead of locking each other out.
    block = seats_of_block(season_ticket.first_seat, season_ticket.last_seat)
    positions = {seat: position for position, seat in enumerate(block)}
    ordered = sorted(plan.price_cents_by_game)
    listings = {
        event: NewListing(
            uuid7(), event, plan.price_cents_by_game[event], [(uuid7(), seat, positions[seat]) for seat in chosen]
        )
        for event in ordered
    }
    _insert(season_ticket, list(listings.values()), chosen, actor=actor, now=now)
    return [listings[event].id for event in plan.price_cents_by_game]


def _chosen_seats(season_ticket: SeasonTicket, seats: Sequence[str] | None) -> list[str]:
    block = seats_of_block(season_ticket.first_seat, season_ticket.last_seat)
    if seats is None:
        return block
    wanted = [normalise_printed(seat) for seat in seats]
    if problems := seat_problems(wanted, block):
        raise SeatNotInBlock(problems)
    return sorted(wanted, key=block.index)


def _insert(
    season_ticket: SeasonTicket, listings: list[NewListing], seats: list[str], *, actor: User, now: datetime
) -> None:
    place = {"section": season_ticket.section, "row": season_ticket.row}
    try:
        with transaction.atomic():
            listings_insert(
                listings=listings,
                holder_id=season_ticket.holder_id,
                season_ticket_id=season_ticket.id,
                currency=settings.CURRENCY,
                actor_id=actor.id,
                now=now,
                **place,
            )
    except IntegrityError as error:
        if violated_constraint(error) != "ticket_seat_active_once":
            raise
        events = [listing.event_id for listing in listings]
        taken = seats_active_at(event_ids=events, seats=seats, **place)
        seats_by_event = {f"event {event}": names for event, names in taken.items()}
        raise SeatAlreadyListed(**place, seats_by_event=seats_by_event or {"one of the events": seats}) from error
