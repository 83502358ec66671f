"""A game as listings see it: open or closed, its calendar and its seats, as pure functions."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from apps.listings.rules.home_games import ActiveSeat, closed_reason, game_clock, game_seats, payable
from apps.listings.rules.price_plans import EventClock
from apps.listings.rules.seat_sales import status_refusal
from apps.season_tickets.rules.home_games import HomeGame

STARTS_AT = datetime(2040, 9, 10, 0, 20, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


def game(*, date_tbd: bool = False, status: str = "scheduled") -> HomeGame:
    return HomeGame(
        id=UUID(int=1), season_id=UUID(int=2), home_team_id=None, starts_at=STARTS_AT, date_tbd=date_tbd,
        status=status, timezone="America/New_York",
    )  # fmt: skip


class TestHomeGame:
    def test_has_the_date_and_the_calendar_of_its_venue(self) -> None:
        assert game().local_date == date(2040, 9, 9)
        assert game_clock(game(), game().zone) == EventClock(STARTS_AT, NEW_YORK)

    def test_has_neither_while_its_date_is_to_be_decided(self) -> None:
        assert game(date_tbd=True).local_date is None
        assert game_clock(game(date_tbd=True), NEW_YORK) is None

    @pytest.mark.parametrize("status", ["postponed", "cancelled"])
    def test_marks_nothing_down_unless_it_takes_place(self, status: str) -> None:
        assert game_clock(game(status=status), NEW_YORK) is None
        assert game(status=status).local_date == date(2040, 9, 9)

    @pytest.mark.parametrize(
        ("status", "seconds", "reason"),
        [
            ("scheduled", 1, None),
            ("scheduled", 0, "has begun"),
            ("scheduled", -1, "has begun"),
            ("postponed", 1, "is postponed"),
            ("cancelled", -1, "is cancelled"),
        ],
    )
    def test_says_why_it_is_closed(self, status: str, seconds: int, reason: str | None) -> None:
        now = STARTS_AT - timedelta(seconds=seconds)
        assert closed_reason(game(status=status), now=now) == reason


def test_seats_of_a_game_are_in_the_order_of_the_block() -> None:
    """What is on offer or sold comes before what is withheld; another block's seat is elsewhere, sold or not."""
    active = [
        ActiveSeat("6", "held", "b", "pending", own=True),
        ActiveSeat("5", "available", "a", "listed", own=True),
        ActiveSeat("4", "sold", "a", "listed", own=True),
        ActiveSeat("3", "available", "a", "listed", own=True),
        ActiveSeat("2", "sold", "c", "sold", own=False),
    ]
    assert game_seats(block=list("7654321"), active=active, withheld={"7", "5", "9"}) == {
        "free": ["1"],
        "withheld": ["7"],
        "listed": [
            {"listing": "b", "status": "pending", "seats": ["6"]},
            {"listing": "a", "status": "listed", "seats": ["5", "3"]},
        ],
        "sold": ["4"],
        "listed_elsewhere": ["2"],
    }


@pytest.mark.parametrize(
    ("status", "day", "words"),
    [
        ("cancelled", date(2040, 9, 9), "The event is cancelled"),
        ("postponed", date(2040, 9, 9), "The event is postponed"),
        ("scheduled", None, "The date of the event is to be decided"),
    ],
)
def test_nothing_is_payable_while_the_date_is_unknown(status: str, day: date | None, words: str) -> None:
    answer = payable(status=status, event_date=day, days_after_event=7)
    assert answer.on is None
    assert answer.reason.startswith(words)


def test_a_day_of_payment_is_counted_in_words() -> None:
    one, seven = (payable(status="scheduled", event_date=date(2040, 9, 9), days_after_event=days) for days in (1, 7))
    assert (one.on, one.reason) == (date(2040, 9, 10), "1 day after the event of 2040-09-09.")
    assert (seven.on, seven.reason) == (date(2040, 9, 16), "7 days after the event of 2040-09-09.")


def test_a_refused_move_names_the_status_and_since_when() -> None:
    sentence = status_refusal(verb="relist", status="delisting_requested", since=STARTS_AT)
    assert sentence == ("Cannot relist: the listing has been requested for delisting since 2040-09-10T00:20:00+00:00.")
