"""What a holder agrees to besides price and seats, as pure functions."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from apps.common.problems import Problem
from apps.listings.rules.offers import Offer, offer_problems
from apps.listings.rules.price_plans import EventClock, FloorBasis, PriceStep
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import (
    MAX_NOTES_LENGTH,
    NO_TERMS,
    ListingTerms,
    PlannedPrice,
    floor_list_price,
    needs_rate,
    planned_price,
    split_problems,
    terms_of,
    terms_problems,
    terms_stored,
)
from apps.season_tickets.rules.blocks import SeatBlock
from apps.season_tickets.rules.home_games import HomeGame

ID = UUID(int=1)
STEPS = (PriceStep(10, 2_000), PriceStep(3, 5_000))
CLOCK = EventClock(datetime(2040, 9, 9, 17, tzinfo=UTC), ZoneInfo("UTC"))
DAY_10, DAY_3 = datetime(2040, 8, 30, tzinfo=UTC), datetime(2040, 9, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def offer(terms: ListingTerms, *positions: int, **others: Any) -> list[tuple[str, str | None]]:
    facts: dict[str, Any] = {"general_admission": False, "price_cents": 10_000, "rate_bps": 2_000} | others
    general_admission_block = ID if facts["general_admission"] else None
    block = SeatBlock(ID, ID, ID, "101", "A", [str(number) for number in range(10)], general_admission_block)
    starts_at = datetime(2040, 9, 9, 17, tzinfo=UTC)
    game = HomeGame(ID, ID, ID, starts_at, facts.get("event_date", starts_at) is None, "scheduled", "UTC")
    made = Offer(game, block, [str(position) for position in positions or (0, 1)], facts["price_cents"], terms)
    return sentences(offer_problems(made, rate_bps=facts["rate_bps"], now=starts_at - timedelta(days=30)))


def sentences(problems: Iterable[Problem]) -> list[tuple[str, str]]:
    return [(problem.error().detail, problem.place) for problem in problems]


class TestTermsProblems:
    @pytest.mark.parametrize(
        "terms",
        [
            NO_TERMS,
            ListingTerms(price_steps=STEPS, disclosures=("aisle", "piggyback"), notes="x" * MAX_NOTES_LENGTH),
            ListingTerms(split_rule=SplitRule.PAIRS),
            ListingTerms(split_rule=SplitRule.CUSTOM, custom_quantities=(1, 100)),
        ],
    )
    def test_finds_nothing_wrong_with_terms_that_some_listing_can_have(self, terms: ListingTerms) -> None:
        assert not terms_problems(terms)

    def test_names_everything_that_no_listing_can_have(self) -> None:
        terms = ListingTerms(
            price_steps=(PriceStep(3, 500), PriceStep(10, 2_000)),
            split_rule=SplitRule.CUSTOM,
            custom_quantities=(101,),
            disclosures=("aisle", "rain", "aisle"),
            notes="x" * (MAX_NOTES_LENGTH + 1),
        )
        assert sentences(terms_problems(terms)) == [
            ("The mark-down must be larger than 0.2000, that of an earlier day.", "price_steps.0"),
            ("Quantity 101 is not between 1 and 100, the seats of the listing.", "custom_quantities"),
            ("rain is not a disclosure.", "disclosures.1"),
            ("aisle is named twice.", "disclosures.2"),
            ("Notes have at most 500 characters.", "notes"),
        ]

    @pytest.mark.parametrize(
        ("notes", "problems"),
        [
            ("Shade after two.\nNo stairs.", []),
            ("Shade\u202eafter two", [("Remove the invisible character U+202E.", "notes")]),
            ("Shade\tafter two", [("Remove the invisible character U+0009.", "notes")]),
        ],
    )
    def test_lets_notes_have_lines_and_nothing_invisible(self, notes: str, problems: list[tuple[str, str]]) -> None:
        assert sentences(terms_problems(ListingTerms(notes=notes))) == problems


class TestOfferProblems:
    def test_finds_nothing_wrong_at_the_limits(self) -> None:
        assert offer(ListingTerms(floor_cents=10_000, in_hand_date=date(2040, 9, 9))) == []
        assert offer(ListingTerms(floor_cents=8_000, floor_basis=FloorBasis.NET)) == []
        assert offer(ListingTerms(floor_cents=1, in_hand_date=date(2040, 9, 1))) == []

    def test_names_each_field_beyond_them(self) -> None:
        pairs = ListingTerms(floor_cents=10_001, in_hand_date=date(2040, 9, 10), split_rule=SplitRule.PAIRS)
        assert offer(pairs, 0, 1, 2) == [
            ("Pairs need an even number of seats; the listing has 3.", "split_rule"),
            ("The floor 100.01 is above the price 100.00.", "floor"),
            ("Tickets must be in hand by the day of the event, 2040-09-09.", "in_hand_date"),
        ]

    def test_measures_a_net_floor_by_the_rate_of_today(self) -> None:
        terms = ListingTerms(floor_cents=8_001, floor_basis=FloorBasis.NET)
        sentence = "The net floor 80.01 is above what the price 100.00 pays out today, at the rate 0.2000."
        assert offer(terms) == [(sentence, "floor")]
        assert offer(terms, rate_bps=0) == []
        with pytest.raises(ValueError, match="needs a commission rate"):
            offer(terms, rate_bps=None)

    def test_asks_for_no_rate_without_a_net_floor(self) -> None:
        assert offer(ListingTerms(floor_cents=1), rate_bps=None) == []
        assert offer(ListingTerms(floor_basis=FloorBasis.NET), rate_bps=None) == []

    def test_has_no_date_to_compare_while_it_is_to_be_decided(self) -> None:
        assert offer(ListingTerms(in_hand_date=date(2041, 1, 1)), event_date=None) == []


class TestSplitProblems:
    @pytest.mark.parametrize(
        ("positions", "general_admission", "problems"),
        [
            ((0, 1, 3, 4), False, 0),
            ((0, 1, 3), False, 1),
            ((0, 2), False, 1),  # two runs of one seat: reported once
            ((0, 2), True, 0),  # places are no neighbours, so both are one run
            ((0, 2, 3, 4), False, 2),
        ],
    )
    def test_looks_at_each_run(self, positions: tuple[int, ...], general_admission: bool, problems: int) -> None:
        found = split_problems(
            ListingTerms(split_rule=SplitRule.PAIRS), positions=positions, general_admission=general_admission
        )
        assert len(found) == problems
        assert {problem.place for problem in found} <= {"split_rule"}

    @pytest.mark.parametrize(
        ("terms", "attr"),
        [
            (ListingTerms(split_rule=SplitRule.CUSTOM), "custom_quantities"),
            (ListingTerms(custom_quantities=(2,)), "custom_quantities"),
            (ListingTerms(split_rule=SplitRule.PAIRS), "split_rule"),
        ],
    )
    def test_names_the_field_to_change(self, terms: ListingTerms, attr: str) -> None:
        [problem] = split_problems(terms, positions=[0], general_admission=False)
        assert problem.place == attr

    def test_says_once_what_is_wrong_with_every_run(self) -> None:
        terms = ListingTerms(custom_quantities=(2,))
        [problem] = split_problems(terms, positions=[0, 2, 3], general_admission=False)
        assert problem.error().detail == "Custom quantities are for the custom split rule only."


class TestFloor:
    @pytest.mark.parametrize(
        ("floor", "basis", "needed", "lowest"),
        [
            (None, FloorBasis.NET, False, None),
            (None, FloorBasis.LIST, False, None),
            (8_000, FloorBasis.LIST, False, 8_000),
            (8_000, FloorBasis.NET, True, 10_000),
        ],
    )
    def test_depends_on_the_rate_when_it_is_net(
        self, floor: int | None, basis: FloorBasis, needed: bool, lowest: int | None
    ) -> None:
        terms = ListingTerms(floor_cents=floor, floor_basis=basis)
        assert needs_rate(terms) == needed
        assert floor_list_price(terms, rate_bps=2_000) == lowest


class TestPlannedPrice:
    def planned(self, now: datetime, *, at_most: int | None = None, rate: int = 2_000, **terms: Any) -> PlannedPrice:
        return planned_price(
            ListingTerms(price_steps=STEPS, **terms), base_cents=10_000, rate_bps=rate, clock=CLOCK, now=now,
            at_most_cents=at_most,
        )  # fmt: skip

    def test_goes_down_at_the_moment_of_each_step(self) -> None:
        assert self.planned(DAY_10 - SECOND) == (10_000, DAY_10)
        assert self.planned(DAY_10) == (8_000, DAY_3)
        assert self.planned(DAY_3) == (5_000, None)

    def test_stops_at_the_floor_and_has_no_next_step_there(self) -> None:
        assert self.planned(DAY_10, floor_cents=8_500) == (8_500, None)
        assert self.planned(DAY_10, floor_cents=7_000) == (8_000, DAY_3)

    def test_looks_at_steps_again_that_a_net_floor_stops_today(self) -> None:
        """Another rate may allow them on their day; a step is not looked at twice at the same moment."""
        net = {"floor_cents": 7_200, "floor_basis": FloorBasis.NET}
        assert self.planned(DAY_10, **net) == (9_000, DAY_3)
        assert self.planned(DAY_3, **net) == (9_000, None)
        assert self.planned(DAY_10, rate=0, floor_cents=9_000, floor_basis=FloorBasis.NET) == (9_000, DAY_3)

    def test_never_goes_up_when_it_must_not(self) -> None:
        assert self.planned(DAY_10, at_most=7_000) == (7_000, DAY_3)
        assert self.planned(DAY_10, at_most=9_000) == (8_000, DAY_3)


def test_terms_are_read_as_they_are_stored() -> None:
    terms = ListingTerms(price_steps=STEPS, split_rule=SplitRule.CUSTOM, custom_quantities=(2,), disclosures=("aisle",))
    stored = terms_stored(terms)
    assert (stored["price_steps"], stored["custom_quantities"]) == ([[10, 2_000], [3, 5_000]], [2])
    assert terms_of(SimpleNamespace(**stored)) == terms
