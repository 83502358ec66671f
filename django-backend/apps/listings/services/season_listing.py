"""A holder lists the seats of a block for many home games in one request."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.common.errors import ErrorDetail
from apps.common.text import normalise_printed
from apps.holders.models import TicketHolder
from apps.listings.enums import EventSource
from apps.listings.errors.listings import SeasonListingRefused, SeatWithheld
from apps.listings.locks import home_games_shared
from apps.listings.models import SeasonTicket
from apps.listings.rules.blocks import seat_problems
from apps.listings.rules.home_games import HomeGame
from apps.listings.rules.season_plan import Game, SeasonPlan, SeasonWish, season_plan
from apps.listings.rules.terms import NO_TERMS, ListingTerms, offer_problems, terms_problems
from apps.listings.services.lifecycle.bulk_write import NewListing, listings_insert
from apps.listings.services.new_listings import (
    floor_rate,
    is_seat_taken,
    listable_season_ticket,
    new_listing,
    seats_taken,
)
from apps.listings.services.news import listings_created_tell
from apps.users.models import User


def season_list(
    *,
    holder: TicketHolder,
    season_ticket_id: UUID,
    wish: SeasonWish,
    seats: Sequence[str] | None,
    terms: ListingTerms = NO_TERMS,
    actor: User,
    now: datetime,
    source: EventSource = EventSource.API,
) -> list[UUID]:
    """List `seats` of the holder's block (None: all of them) for every game that the wish means; all or nothing.

    Returns the ids of the new listings in the order of the games. All seats means all that are not withheld from the
    game. Four queries, five with a net floor, besides those of the transaction, whatever the size of the season.

    Raises:
        SeasonTicketNotFound, SeasonTicketNotVerified: the block is not the holder's, or not verified.
        SeasonListingRefused: every seat, game, price and term that cannot be, each with its place.
        SeatWithheld: every game from which a seat named is withheld.
        SeatAlreadyListed: every game at which a seat is active already; nothing was written.
    """
    try:
        with transaction.atomic():
            season_ticket = listable_season_ticket(holder=holder, season_ticket_id=season_ticket_id)
            listings = _planned(season_ticket, wish=wish, seats=seats, terms=terms, now=now)
            listings_insert(listings=listings, currency=settings.CURRENCY, actor_id=actor.id, source=source, now=now)
            listings_created_tell(listings=listings, now=now)
    except IntegrityError as error:
        if not is_seat_taken(error):
            raise
        names = {listing.event_id: f"event {listing.event_id}" for listing in listings}
        raise seats_taken(season_ticket=season_ticket, listings=listings, event_names=names) from error
    return [listing.id for listing in listings]


def _planned(
    season_ticket: SeasonTicket, *, wish: SeasonWish, seats: Sequence[str] | None, terms: ListingTerms, now: datetime
) -> list[NewListing]:
    wanted = None if seats is None else [normalise_printed(seat) for seat in seats]
    block = {seat: position for position, seat in enumerate(season_ticket.seats)}
    seats_wrong = seat_problems(wanted or (), season_ticket.seats)
    games = {game.id: game for game in sorted(home_games_shared(season_ticket), key=lambda g: (g.starts_at, g.id))}
    plan = season_plan(games=[_game(game, block, wanted, now) for game in games.values()], wish=wish)
    rate_bps = floor_rate(season_ticket=season_ticket, terms=terms, now=now)
    problems = [ErrorDetail(sentence, f"seats.{index}") for index, sentence in seats_wrong.items()]
    problems += terms_problems(terms) + plan.problems
    offered = {planned.game.id: _positions(block, planned.game) for planned in plan.games}
    if not problems:
        problems = _problems_of_games(season_ticket, plan, games, offered, terms=terms, rate_bps=rate_bps)
    if problems:
        raise SeasonListingRefused(problems)
    _refuse_withheld(plan, games, wanted)
    return [
        new_listing(
            season_ticket=season_ticket,
            game=games[planned.game.id],
            positions=offered[planned.game.id],
            price_cents=planned.price_cents,
            terms=terms,
            rate_bps=rate_bps,
            now=now,
        )
        for planned in plan.games
    ]


def _game(game: HomeGame, block: Mapping[str, int], wanted: Sequence[str] | None, now: datetime) -> Game:
    # Seats named stay in, so that withheld ones among them are refused and not passed over.
    seats = wanted if wanted is not None else [seat for seat in block if seat not in game.withheld]
    return Game(game.id, game.closed(now), tuple(seats))


def _positions(block: Mapping[str, int], game: Game) -> dict[str, int]:
    wanted = set(game.seats)
    return {seat: position for seat, position in block.items() if seat in wanted}


def _problems_of_games(
    season_ticket: SeasonTicket,
    plan: SeasonPlan,
    games: Mapping[UUID, HomeGame],
    offered: Mapping[UUID, Mapping[str, int]],
    *,
    terms: ListingTerms,
    rate_bps: int | None,
) -> list[ErrorDetail]:
    return [
        planned.problem(problem)
        for planned in plan.games
        for problem in offer_problems(
            terms,
            positions=offered[planned.game.id].values(),
            general_admission=season_ticket.general_admission_block is not None,
            price_cents=planned.price_cents,
            event_date=games[planned.game.id].local_date,
            rate_bps=rate_bps,
        )
    ]


def _refuse_withheld(plan: SeasonPlan, games: Mapping[UUID, HomeGame], wanted: Sequence[str] | None) -> None:
    withheld = {
        f"event {planned.game.id}": seats
        for planned in plan.games
        if (seats := [seat for seat in wanted or () if seat in games[planned.game.id].withheld])
    }
    if withheld:
        raise SeatWithheld(withheld)
