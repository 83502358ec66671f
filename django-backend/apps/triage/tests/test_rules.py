"""Listings as a message shows them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_OID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.slack_blocks import clock_text
from apps.listings.enums import ListingStatus
from apps.triage.rules.listings import (
    ShownListing,
    games_of,
    money_text,
    outcomes_of,
    range_text,
)

STARTS = datetime(2040, 9, 9, 17, tzinfo=UTC)
NAMES = st.sampled_from(["Cowboys at Eagles", "Giants at Eagles", "Jets at Eagles"])


def shown(
    event: str = "Cowboys at Eagles",
    day: int = 0,
    seats: tuple[str, ...] = ("1",),
    *,
    section: str = "101",
    status: ListingStatus = ListingStatus.PENDING,
    was: str = "",
    by: str = "",
    minute: int = 0,
    note: str = "",
) -> ShownListing:
    starts = STARTS + timedelta(days=day)
    return ShownListing(
        event_id=uuid5(NAMESPACE_OID, f"{event} {day}"), event=event, starts_at=starts,
        start=starts.strftime("%Y-%m-%d"), section=section, row="A", seats=seats, price_cents=10_000,
        payout_cents=8_000, currency="USD", status=status, from_status=was,
        changed_at=STARTS + timedelta(minutes=minute), changed_by=by, source="api", note=note,
    )  # fmt: skip


LISTINGS = st.lists(
    st.builds(
        shown,
        NAMES,
        st.integers(0, 3),
        st.sampled_from([("1",), ("2", "3")]),
        section=st.sampled_from(["101", "102"]),
        status=st.sampled_from(ListingStatus),
        was=st.sampled_from(["", *ListingStatus.values]),
        by=st.sampled_from(["", "Sam Staff"]),
        minute=st.integers(0, 2),
    )
)


class TestGamesOf:
    @given(LISTINGS)
    def test_have_every_listing_exactly_once_in_the_order_of_the_games(self, listings: list[ShownListing]) -> None:
        games = games_of(listings)
        found = [row for game in games for row in game.listings]
        assert sorted(map(repr, found)) == sorted(map(repr, listings))
        assert all(row.event == game.event and row.start == game.start for game in games for row in game.listings)
        assert len({(game.event, game.start) for game in games}) == len(games)
        assert [row.starts_at for row in found] == sorted(row.starts_at for row in found)

    def test_are_separate_even_if_their_texts_are_equal(self) -> None:
        """Two games of a doubleheader whose dates are to be decided look alike."""
        rows = [shown(seats=(seat,)) for seat in "12"]
        assert len(games_of([rows[0], replace(rows[1], event_id=uuid5(NAMESPACE_OID, "other"))])) == 2
        assert len(games_of([rows[0], replace(rows[1], event="Renamed")])) == 1

    def test_order_listings_of_a_game_by_place(self) -> None:
        rows = [shown(section="102"), shown(section="101", seats=("9",)), shown(section="101", seats=("3",))]
        [game] = games_of(rows)
        assert [(row.section, row.seats) for row in game.listings] == [
            ("101", ("3",)),
            ("101", ("9",)),
            ("102", ("1",)),
        ]


class TestOutcomesOf:
    @given(LISTINGS)
    def test_count_every_listing_that_no_longer_waits(self, listings: list[ShownListing]) -> None:
        outcomes = outcomes_of(listings, waiting=ListingStatus.PENDING)
        decided = [row for row in listings if row.status != ListingStatus.PENDING]
        assert sum(outcome.count for outcome in outcomes) == len(decided)
        assert [outcome.at for outcome in outcomes] == sorted(outcome.at for outcome in outcomes)

    @pytest.mark.parametrize(
        ("waiting", "was", "status", "words"),
        [
            ("pending", "pending", "listed", "approved"),
            ("pending", "pending", "declined", "declined"),
            ("delisting_requested", "delisting_requested", "delisted", "delisting approved"),
            ("delisting_requested", "delisting_requested", "listed", "kept on sale"),
            ("pending", "pending", "delisted", "now: delisted"),
            ("pending", "listed", "sold", "now: sold"),
            ("pending", "", "expired", "now: expired"),
        ],
    )
    def test_say_what_happened(self, waiting: str, was: str, status: str, words: str) -> None:
        row = shown(status=ListingStatus(status), was=was)
        assert [outcome.words for outcome in outcomes_of([row], waiting=ListingStatus(waiting))] == [words]

    def test_group_what_was_decided_together_and_nothing_else(self) -> None:
        listed = ListingStatus.LISTED
        rows = [shown(status=listed, was="pending", by="Sam", day=day) for day in range(3)]
        rows += [shown(status=listed, was="pending", by="Ann"), shown(status=listed, was="pending", by="Sam", minute=1)]
        outcomes = outcomes_of(rows, waiting=ListingStatus.PENDING)
        assert sorted((outcome.count, outcome.by) for outcome in outcomes) == [(1, "Ann"), (1, "Sam"), (3, "Sam")]


@pytest.mark.parametrize(
    ("cents", "text"),
    [
        ([9_000, 12_000, 9_500], "$90.00 to $120.00"),
        ([5_000, 5_000], "$50.00"),
        ([108_000], "$1,080.00"),
        ([5], "$0.05"),
    ],
)
def test_range_is_lowest_to_highest(cents: list[int], text: str) -> None:
    assert range_text(cents, "USD") == text


def test_other_currencies_are_named() -> None:
    assert money_text(108_000, "EUR") == "1,080.00 EUR"


def test_clock_is_utc() -> None:
    zone = datetime.fromisoformat("2026-11-21T02:30:00-05:00")
    assert clock_text(zone) == "2026-11-21 07:30 UTC"
