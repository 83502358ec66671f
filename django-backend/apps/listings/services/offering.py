"""The one way to offer seats: locks, the check of `rules.offers`, the insert and its message.

A single listing, a season and a file only turn what they were sent into offers, and problems into sentences.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from apps.common.acts import Act
from apps.common.database import violated_constraint
from apps.common.errors import DomainError
from apps.common.problems import Problem
from apps.common.text import seats_named
from apps.holders.api import RateKey, commission_rates_for, rate_day
from apps.listings.errors.listings import SeatAlreadyListed
from apps.listings.errors.problems import OfferProblem
from apps.listings.rules.home_games import game_clock
from apps.listings.rules.offers import NewListing, Offer, offer_problems
from apps.listings.rules.terms import needs_rate, planned_price
from apps.listings.selectors.tickets import seats_active
from apps.listings.services.lifecycle.bulk_write import listings_insert
from apps.listings.services.news import listings_created_notify
from apps.season_tickets.api import HomeGame, SeatBlock


@contextmanager
def active_once(taken: Callable[[], DomainError]) -> Iterator[None]:
    """Open the transaction in which seats become active; when one is active already, it is undone and `taken` raised.

    The race: somebody else lists a seat between the check and the insert. The unique index refuses the second one.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        if violated_constraint(error) != "ticket_seat_active_once":
            raise
        raise taken() from error


def rates_of_teams(blocks: Iterable[SeatBlock], *, now: datetime) -> dict[UUID, int]:
    """Return today's commission rates in basis points of one holder's blocks, by team; one query, none for none."""
    keys = {RateKey(block.holder_id, block.team_id, None) for block in blocks}
    rates = commission_rates_for(keys=keys, on=rate_day(now)) if keys else {}
    return {key.team_id: rate.rate_bps for key, rate in rates.items() if key.team_id}


@dataclass(frozen=True)
class Checked:
    """An offer with its problems, or the listing that it makes."""

    offer: Offer
    problems: Sequence[Problem]
    listing: NewListing | None


def offers_check(offers: Sequence[Offer], *, now: datetime, rates: Mapping[UUID, int] | None = None) -> list[Checked]:
    """Check offers of one holder, whose blocks and games are locked.

    `rates` are those of `rates_of_teams`, where they are known already; else one query if a floor depends on them.
    """
    if rates is None:
        rates = rates_of_teams((one.block for one in offers if one.block and needs_rate(one.terms)), now=now)
    return [_checked(offer, rates, now) for offer in offers]


def _checked(offer: Offer, rates: Mapping[UUID, int], now: datetime) -> Checked:
    block = offer.block
    rate_bps = rates.get(block.team_id) if block else None
    problems = offer_problems(offer, rate_bps=rate_bps, now=now)
    if problems or block is None:
        return Checked(offer, problems, None)
    clock, base_cents = game_clock(offer.game, offer.game.zone), offer.price_cents
    price = planned_price(offer.terms, base_cents=base_cents, rate_bps=rate_bps, clock=clock, now=now)
    return Checked(offer, (), NewListing(offer, block, price))


def listings_offer(listings: Sequence[NewListing], act: Act) -> None:
    """Insert listings that passed the check, with history and messages; two queries, inside `active_once`."""
    listings_insert(listings=listings, currency=settings.CURRENCY, act=act)
    listings_created_notify(listings=listings, now=act.at)


def seats_taken(offers: Sequence[Offer], *, event_name: Callable[[HomeGame], str]) -> SeatAlreadyListed:
    """Return the error that names, game by game, the seats of offers that are active already; one query.

    Where none is any more, as somebody let go of it since, the seats of the first offer are named.
    """
    active = seats_active([seat for offer in offers for seat in offer.physical_seats])
    by_offer = [(offer, [seat.seat for seat in offer.physical_seats if seat in active]) for offer in offers]
    taken = [(offer, seats) for offer, seats in by_offer if seats] or [(offers[0], list(offers[0].positions))]
    names = [(offer.block, seats, event_name(offer.game)) for offer, seats in taken]
    return SeatAlreadyListed([taken_problem(block, seats).error(event=name) for block, seats, name in names if block])


def taken_problem(block: SeatBlock, seats: Sequence[str]) -> Problem:
    """Return the problem that `seats` of a block, one or more, are active at an event already."""
    values = {"section": block.section, "row": block.row, "seats": seats_named(seats)}
    return Problem(OfferProblem.SEAT_TAKEN, "seats", values)
