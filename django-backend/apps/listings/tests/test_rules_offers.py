"""What is wrong with an offer, however it was sent."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from apps.common.errors import ErrorDetail
from apps.listings.errors.problems import OfferProblem
from apps.listings.rules.offers import Offer, PhysicalSeat, offer_problems
from apps.listings.rules.price_plans import FloorBasis
from apps.listings.rules.terms import NO_TERMS, ListingTerms
from apps.season_tickets.rules.blocks import SeatBlock
from apps.season_tickets.rules.home_games import HomeGame

ID, OTHER = UUID(int=1), UUID(int=2)
BLOCK = SeatBlock(ID, ID, ID, "101", "A", ["1", "2", "3", "4"], None)
START = datetime(2040, 9, 9, 17, tzinfo=UTC)
GAME = HomeGame(ID, ID, ID, START, False, "scheduled", "UTC", venue="Away Field, Reno")
BEFORE = START - timedelta(days=30)


def found(
    seats: Sequence[str] | None = ("1",),
    *,
    block: SeatBlock | None = BLOCK,
    now: datetime = BEFORE,
    terms: ListingTerms = NO_TERMS,
    **game: Any,
) -> list[tuple[str, str]]:
    offer = Offer(GAME._replace(**game), block, seats, 10_000, terms)
    return [(problem.code.name, problem.place) for problem in offer_problems(offer, rate_bps=2_000, now=now)]


class TestOfferProblems:
    def test_finds_nothing_wrong_with_seats_of_the_block_at_a_game_to_come(self) -> None:
        assert found(["4", "1"]) == found(None) == []
        assert found(now=START - timedelta(seconds=1)) == []

    @pytest.mark.parametrize("change", [{"now": START}, {"status": "postponed"}, {"status": "cancelled"}])
    def test_names_a_game_that_is_closed(self, change: dict[str, Any]) -> None:
        assert found(**change) == [("EVENT_NOT_OPEN", "event")]

    def test_knows_no_seats_at_a_game_elsewhere(self) -> None:
        assert found(["9"], block=None) == [("EVENT_ELSEWHERE", "event")]
        assert found(block=None, now=START) == [("EVENT_NOT_OPEN", "event"), ("EVENT_ELSEWHERE", "event")]

    def test_names_each_seat_by_its_place(self) -> None:
        assert found(["9", "1", "1"]) == [("SEAT_UNKNOWN", "seats.0"), ("SEAT_REPEATED", "seats.2")]

    def test_names_seats_withheld_by_this_block_only(self) -> None:
        assert found(["3", "1"], withheld={ID: {"1", "4"}}) == [("SEAT_WITHHELD", "seats")]
        assert found(["3", "1"], withheld={OTHER: {"1"}}) == []

    def test_takes_all_seats_that_are_not_withheld(self) -> None:
        assert Offer(GAME._replace(withheld={ID: {"2"}}), BLOCK, None, 1, NO_TERMS).positions == {
            "1": 0,
            "3": 2,
            "4": 3,
        }
        assert found(None, withheld={ID: set(BLOCK.seats)}) == [("ALL_WITHHELD", "seats")]

    def test_looks_at_terms_that_no_listing_can_have_before_those_that_do_not_fit(self) -> None:
        floor = ListingTerms(floor_cents=10_001)
        assert found(terms=floor) == [("FLOOR_ABOVE_PRICE", "floor")]
        assert found(terms=ListingTerms(floor_cents=8_001, floor_basis=FloorBasis.NET)) == [
            ("FLOOR_ABOVE_PAYOUT", "floor")
        ]
        noisy = ListingTerms(floor_cents=10_001, disclosures=("noisy",))
        assert found(terms=noisy) == [("DISCLOSURE_UNKNOWN", "disclosures.0")]

    def test_does_not_measure_terms_by_seats_that_are_unknown(self) -> None:
        assert found(["9"], terms=ListingTerms(floor_cents=10_001)) == [("SEAT_UNKNOWN", "seats.0")]

    def test_is_put_in_words_by_the_edge(self) -> None:
        [problem] = offer_problems(
            Offer(GAME._replace(withheld={ID: {"1", "3"}}), BLOCK, ["3", "1"], 1, NO_TERMS), rate_bps=None, now=BEFORE
        )
        sentence = "Withheld for own use at this event: seats 1 and 3. To list withheld seats, release them first."
        assert problem.error(event="this event") == ErrorDetail(sentence, "seats", "seat_withheld")
        assert problem.error({OfferProblem.SEAT_WITHHELD: "No: {seats}."}).detail == "No: seats 1 and 3."


def test_places_without_numbers_are_distinguished_by_their_block() -> None:
    block = SeatBlock(OTHER, ID, ID, "GA", "GA", ["1", "2"], OTHER)
    offer = Offer(GAME, block, ["2"], 1, NO_TERMS)
    assert offer.physical_seats == [PhysicalSeat(ID, "GA", "GA", "2", OTHER)]
