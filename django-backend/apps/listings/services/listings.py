"""A holder lists seats of a verified block, for one home game or for many in one request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from apps.common.acts import Act
from apps.common.errors import ErrorDetail
from apps.common.problems import Problem, ProblemCode
from apps.common.text import normalise_printed
from apps.holders.models import TicketHolder
from apps.listings.errors.listings import EventNotOfSeasonTicket, OfferRefused, SeasonListingRefused, SeatWithheld
from apps.listings.errors.problems import OfferProblem
from apps.listings.rules.home_games import closed_reason
from apps.listings.rules.offers import NewListing, Offer
from apps.listings.rules.season_plan import SeasonRequest, season_plan
from apps.listings.rules.terms import NO_TERMS, ListingTerms, terms_problems
from apps.listings.services.offering import Checked, active_once, listings_offer, offers_check, seats_taken
from apps.season_tickets.api import (
    HomeGame,
    home_games_shared,
    listable_season_ticket,
    seat_problems,
)
from apps.season_tickets.models import SeasonTicket

_EVENT = "this event"


def listing_create(
    *,
    holder: TicketHolder,
    season_ticket_id: UUID,
    event_id: UUID,
    seats: Sequence[str],
    price_cents: int,
    terms: ListingTerms = NO_TERMS,
    act: Act,
) -> NewListing:
    """List `seats` of the holder's block at an event; return the listing, which waits for staff as pending.

    `price_cents` is the base price of a seat, before mark-downs. Four queries, five with a net floor, besides those of
    the transaction.

    Raises:
        SeasonTicketNotFound, SeasonTicketNotVerified: the block is not the holder's, or not verified.
        EventNotOfSeasonTicket: no home game of the block.
        OfferRefused: what is wrong with the game, or else with the seats, or else with the terms.
        SeatAlreadyListed: a physical seat is active at the event already; nothing was written.
    """
    offers = list[Offer]()
    with active_once(lambda: seats_taken(offers, event_name=lambda _: _EVENT)):
        block = listable_season_ticket(holder=holder, season_ticket_id=season_ticket_id)
        game = home_games_shared([block], event_id=event_id).get(event_id)
        if game is None or block.event_id not in {None, event_id}:
            raise EventNotOfSeasonTicket
        names = [normalise_printed(seat) for seat in seats]
        offers.append(Offer(game, block.seats_at(game), names, price_cents, terms))
        [checked] = offers_check(offers, now=act.at)
        if checked.listing is None:
            raise OfferRefused.of([problem.error(event=_EVENT) for problem in checked.problems])
        listings_offer([checked.listing], act)
    return checked.listing


_OF_GAMES: Final[Mapping[ProblemCode, str]] = {
    OfferProblem.EVENT_NOT_OPEN: "Seats cannot be listed for this event: it {reason}.",
    OfferProblem.EVENT_ELSEWHERE: OfferProblem.EVENT_ELSEWHERE.sentence,
    OfferProblem.ALL_WITHHELD: "No seat is left to list for this event: all are withheld.",
}


@dataclass(frozen=True)
class SeasonListed:
    """The new listings in the order of the games, and the games that "all" left out for their venue."""

    listings: list[NewListing]
    elsewhere: list[HomeGame]


def season_list(
    *,
    holder: TicketHolder,
    season_ticket_id: UUID,
    request: SeasonRequest,
    seats: Sequence[str] | None,
    terms: ListingTerms = NO_TERMS,
    act: Act,
) -> SeasonListed:
    """List `seats` of the holder's block (None: all of them) for every game that the request means; all or nothing.

    All seats means all that are not withheld from the game. At a game elsewhere they are those that staff have entered
    for it. Four queries, five with a net floor, besides those of the transaction, whatever the size of the season.

    Raises:
        SeasonTicketNotFound, SeasonTicketNotVerified: the block is not the holder's, or not verified.
        SeasonListingRefused: every seat, game, price and term that cannot be, each with its place.
        SeatWithheld: every game from which a seat named is withheld.
        SeatAlreadyListed: every game at which a seat is active already; nothing was written.
    """
    offers = list[Offer]()
    with active_once(lambda: seats_taken(offers, event_name=lambda game: game.label)):
        block = listable_season_ticket(holder=holder, season_ticket_id=season_ticket_id)
        games = sorted(home_games_shared([block], event_id=block.event_id).values(), key=lambda g: (g.starts_at, g.id))
        names = None if seats is None else [normalise_printed(seat) for seat in seats]
        near = {game.id for game in games if block.at(game) is block}
        open_ = [game for game in games if not closed_reason(game, now=act.at)]
        listable = [game.id for game in open_ if game.id in near and (names or _has_seats_left(block, game))]
        plan = season_plan(games={game.id: game.label for game in games}, listable=listable, request=request)
        offers += [
            Offer(game, block.seats_at(game), names, plan.prices_cents[game.id], terms)
            for game in games
            if game.id in plan.prices_cents
        ]
        checked = offers_check(offers, now=act.at)
        blocks = {offer.block.id: offer.block for offer in offers if offer.block} or {block.id: block.seat_block}
        of_request = [problem for here in blocks.values() for problem in seat_problems(names or (), here.seats)]
        _refuse(checked, [*of_request, *terms_problems(terms)], plan.problems, request)
        listings = [one.listing for one in checked if one.listing]
        listings_offer(listings, act)
    elsewhere = [game for game in open_ if game.id not in near] if request.events is None else []
    return SeasonListed(listings, elsewhere)


def _has_seats_left(block: SeasonTicket, game: HomeGame) -> bool:
    return not set(block.seats) <= game.withheld.get(block.id, frozenset())


def _refuse(
    checked: Sequence[Checked], of_request: Sequence[Problem], of_plan: Sequence[ErrorDetail], request: SeasonRequest
) -> None:
    """Refuse problems of the request or its games first, then those of the terms at a game, then withheld seats."""
    places = {event: f"events.{index}" for index, event in enumerate(request.events or ())}
    whole = [*dict.fromkeys(ErrorDetail(problem.error().detail, problem.place) for problem in of_request), *of_plan]
    at_games, withheld = list[ErrorDetail](), list[ErrorDetail]()
    for one in checked:
        game, place = one.offer.game, places.get(one.offer.game.id)
        for problem in one.problems:
            if problem.code in _OF_GAMES:
                error = problem.error(_OF_GAMES)
                is_elsewhere = problem.code is OfferProblem.EVENT_ELSEWHERE
                whole.append(ErrorDetail(error.detail, place, error.code if is_elsewhere else None))
            elif problem.code is OfferProblem.SEAT_WITHHELD:
                withheld.append(problem.error(event=game.label))
            elif problem not in of_request:
                at_games.append(ErrorDetail(f"{game.label}: {problem.error().detail}", place or problem.place))
    if problems := whole or at_games:
        raise SeasonListingRefused(problems)
    if withheld:
        raise SeatWithheld(withheld)
