"""A holder lists the seats of a block for many home games in one request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.common.acts import ChangeSource
from apps.common.errors import ErrorDetail
from apps.common.text import normalise_printed
from apps.holders.models import TicketHolder
from apps.listings.errors.listings import SeasonListingRefused, SeatWithheld, elsewhere_text
from apps.listings.locks import home_games_shared
from apps.listings.models import SeasonTicket
from apps.listings.rules.blocks import seat_problems
from apps.listings.rules.home_games import HomeGame
from apps.listings.rules.season_plan import Game, SeasonWish, season_plan
from apps.listings.rules.terms import NO_TERMS, ListingTerms, offer_problems, terms_problems
from apps.listings.services.lifecycle.bulk_write import NewListing, listings_insert
from apps.listings.services.new_listings import (
    block_or_none,
    floor_rate,
    is_seat_taken,
    listable_season_ticket,
    new_listing,
    seats_taken,
)
from apps.listings.services.news import listings_created_tell
from apps.users.models import User


@dataclass(frozen=True)
class SeasonListed:
    """The ids of the new listings in the order of the games, and the games that "all" has left out for their venue."""

    ids: list[UUID]
    elsewhere: list[HomeGame]


@dataclass(frozen=True)
class _SeatsAt:
    """A home game, and the block whose seats the holder has there; None while nobody has said."""

    game: HomeGame
    block: SeasonTicket | None

    @cached_property
    def positions(self) -> dict[str, int]:
        """The position of each seat."""
        return {seat: position for position, seat in enumerate(self.block.seats)} if self.block else {}

    def offered(self, game: Game) -> dict[str, int]:
        """The position of each seat that is to be listed there."""
        wanted = set(game.seats)
        return {seat: position for seat, position in self.positions.items() if seat in wanted}


def season_list(
    *,
    holder: TicketHolder,
    season_ticket_id: UUID,
    wish: SeasonWish,
    seats: Sequence[str] | None,
    terms: ListingTerms = NO_TERMS,
    actor: User,
    now: datetime,
    source: ChangeSource = ChangeSource.API,
) -> SeasonListed:
    """List `seats` of the holder's block (None: all of them) for every game that the wish means; all or nothing.

    All seats means all that are not withheld from the game. At a game elsewhere they are those that staff have entered
    for it. Four queries, five with a net floor, besides those of the transaction, whatever the size of the season.

    Raises:
        SeasonTicketNotFound, SeasonTicketNotVerified: the block is not the holder's, or not verified.
        SeasonListingRefused: every seat, game, price and term that cannot be, each with its place.
        SeatWithheld: every game from which a seat named is withheld.
        SeatAlreadyListed: every game at which a seat is active already; nothing was written.
    """
    try:
        with transaction.atomic():
            season_ticket = listable_season_ticket(holder=holder, season_ticket_id=season_ticket_id)
            games = _seats_at(season_ticket)
            listings = _planned(season_ticket, games, wish=wish, seats=seats, terms=terms, now=now)
            listings_insert(listings=listings, currency=settings.CURRENCY, actor_id=actor.id, source=source, now=now)
            listings_created_tell(listings=listings, now=now)
    except IntegrityError as error:
        if not is_seat_taken(error):
            raise
        names = {event_id: one.game.label for event_id, one in games.items()}
        raise seats_taken(listings=listings, event_names=names) from error
    left_out = [one.game for one in games.values() if one.block is not season_ticket and not one.game.closed(now)]
    return SeasonListed([listing.id for listing in listings], left_out if wish.events is None else [])


def _seats_at(season_ticket: SeasonTicket) -> dict[UUID, _SeatsAt]:
    """Return the home games of a locked block in their order, by id."""
    games = sorted(home_games_shared(season_ticket), key=lambda game: (game.starts_at, game.id))
    return {game.id: _SeatsAt(game, block_or_none(season_ticket, game)) for game in games}


def _planned(
    season_ticket: SeasonTicket,
    games: Mapping[UUID, _SeatsAt],
    *,
    wish: SeasonWish,
    seats: Sequence[str] | None,
    terms: ListingTerms,
    now: datetime,
) -> list[NewListing]:
    wanted = None if seats is None else [normalise_printed(seat) for seat in seats]
    plan = season_plan(games=[_game(season_ticket, one, wanted, now) for one in games.values()], wish=wish)
    rate_bps = floor_rate(season_ticket=season_ticket, terms=terms, now=now)
    offers = [(planned, games[planned.game.id], games[planned.game.id].offered(planned.game)) for planned in plan.games]
    blocks = {one.block for _, one, _ in offers} - {None} or {season_ticket}
    seats_wrong = [seat_problems(wanted or (), block.seats) for block in blocks if block]
    problems = [ErrorDetail(text, f"seats.{index}") for wrong in seats_wrong for index, text in wrong.items()]
    problems += terms_problems(terms) + plan.problems
    problems = problems or [
        planned.problem(problem)
        for planned, one, positions in offers
        for problem in offer_problems(
            terms,
            positions=positions.values(),
            general_admission=(one.block or season_ticket).general_admission_block is not None,
            price_cents=planned.price_cents,
            event_date=one.game.local_date,
            rate_bps=rate_bps,
        )
    ]
    if problems:
        raise SeasonListingRefused(problems)
    withheld = {
        one.game.label: kept
        for _, one, _ in offers
        if (kept := [seat for seat in wanted or () if seat in one.game.withheld])
    }
    if withheld:
        raise SeatWithheld(withheld)
    return [
        new_listing(
            season_ticket=one.block or season_ticket,
            game=one.game,
            positions=positions,
            price_cents=planned.price_cents,
            terms=terms,
            rate_bps=rate_bps,
            now=now,
        )
        for planned, one, positions in offers
    ]


def _game(season_ticket: SeasonTicket, one: _SeatsAt, wanted: Sequence[str] | None, now: datetime) -> Game:
    game = one.game
    # Seats named stay in, so that withheld ones among them are refused and not passed over.
    seats = wanted if wanted is not None else [seat for seat in one.positions if seat not in game.withheld]
    return Game(
        game.id,
        game.closed(now),
        tuple(seats),
        is_elsewhere=one.block is not season_ticket,
        no_seats=None if one.block else elsewhere_text(game.venue),
    )
