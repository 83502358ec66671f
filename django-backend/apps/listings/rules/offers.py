"""What a holder offers, however it was sent: seats of a block at one of its home games. Values in, problems out."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from apps.common.ids import uuid7
from apps.common.problems import Problem
from apps.common.text import seats_named
from apps.listings.errors.problems import OfferProblem
from apps.listings.rules.home_games import closed_reason
from apps.listings.rules.terms import (
    ListingTerms,
    PlannedPrice,
    floor_problem,
    in_hand_problem,
    split_problems,
    terms_problems,
)
from apps.season_tickets.rules.blocks import SeatBlock, seat_problems
from apps.season_tickets.rules.home_games import HomeGame


class PhysicalSeat(NamedTuple):
    """A seat at an event, wherever it is for sale; places without numbers are distinguished by their block."""

    event_id: UUID
    section: str
    row: str
    seat: str
    general_admission_block: UUID | None


@dataclass(frozen=True)
class Offer:
    """Seats at a game, each for `price_cents` before mark-downs.

    `block` is the one whose seats the holder has there, None while staff have not said which those are. `seats` None
    means all of the block that are not withheld.
    """

    game: HomeGame
    block: SeatBlock | None
    seats: Sequence[str] | None
    price_cents: int
    terms: ListingTerms

    @cached_property
    def positions(self) -> dict[str, int]:
        """The position of each seat that is offered, lowest first."""
        seats = self.block.seats if self.block else ()
        wanted = set(seats) - self.withheld if self.seats is None else set(self.seats)
        return {seat: position for position, seat in enumerate(seats) if seat in wanted}

    @property
    def physical_seats(self) -> list[PhysicalSeat]:
        """The seats that are offered, lowest first; none while staff have not entered them."""
        block, event_id = self.block, self.game.id
        return [
            PhysicalSeat(event_id, block.section, block.row, seat, block.general_admission_block)
            for seat in self.positions
            if block
        ]

    @property
    def withheld(self) -> Set[str]:
        """The seats that the holder keeps."""
        return self.game.withheld.get(self.block.id, frozenset()) if self.block else frozenset()


@dataclass(frozen=True)
class NewListing:
    """A pending listing to write with its seats: an offer, its block, and what a seat costs today."""

    offer: Offer
    block: SeatBlock
    price: PlannedPrice
    id: UUID = field(default_factory=uuid7)


def offer_problems(offer: Offer, *, rate_bps: int | None, now: datetime) -> list[Problem]:
    """Return everything that is wrong with an offer at `now`: with the game, then the seats, then the terms.

    `rate_bps` is the commission rate of the day; it is needed for a net floor only.
    """
    game, block, problems = offer.game, offer.block, list[Problem]()
    if reason := closed_reason(game, now=now):
        problems.append(Problem(OfferProblem.EVENT_NOT_OPEN, "event", {"reason": reason}))
    if block is None:
        return [*problems, Problem(OfferProblem.EVENT_ELSEWHERE, "event", {"venue": game.venue})]
    if offer.seats is None and not offer.positions:
        problems.append(Problem(OfferProblem.ALL_WITHHELD, "seats"))
    unknown = seat_problems(offer.seats or (), block.seats)
    problems += unknown
    if kept := [seat for seat in offer.positions if offer.seats and seat in offer.withheld]:
        problems.append(Problem(OfferProblem.SEAT_WITHHELD, "seats", {"seats": seats_named(kept)}))
    return problems + list(terms_problems(offer.terms) or ([] if unknown else _misfits(offer, block, rate_bps)))


def _misfits(offer: Offer, block: SeatBlock, rate_bps: int | None) -> list[Problem]:
    """Return why terms that are valid by themselves do not fit these seats, their price and their game."""
    others = (
        floor_problem(offer.terms, price_cents=offer.price_cents, rate_bps=rate_bps),
        in_hand_problem(offer.terms, event_date=offer.game.local_date),
    )
    general_admission = block.general_admission_block is not None
    splits = split_problems(offer.terms, positions=offer.positions.values(), general_admission=general_admission)
    return splits + [problem for problem in others if problem]
