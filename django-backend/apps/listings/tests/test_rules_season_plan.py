"""Which games a wish means."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.errors import ErrorDetail
from apps.listings.rules.season_plan import Game, SeasonPlan, SeasonWish, season_plan

IDS = [UUID(int=number) for number in range(1, 6)]
OPEN = [Game(event, None, ("1",)) for event in IDS[:3]]
CLOSED = Game(IDS[3], "has begun", ("1",))
STRANGER = IDS[4]


def prices(plan: SeasonPlan) -> dict[UUID, int]:
    return {planned.game.id: planned.price_cents for planned in plan.games}


def problems(wish: SeasonWish) -> dict[str | None, str]:
    return {detail.attr: detail.detail for detail in season_plan(games=[*OPEN, CLOSED], wish=wish).problems}


class TestSeasonPlan:
    def test_all_means_every_open_game(self) -> None:
        plan = season_plan(games=[CLOSED, *OPEN], wish=SeasonWish(None, default_price_cents=100))
        assert plan.problems == []
        assert prices(plan) == dict.fromkeys(IDS[:3], 100)

    def test_takes_exceptions_out_and_prices_of_single_games(self) -> None:
        wish = SeasonWish(None, [IDS[1], IDS[3]], 100, {IDS[2]: 250})
        plan = season_plan(games=[*OPEN, CLOSED], wish=wish)
        assert (prices(plan), plan.problems) == ({IDS[0]: 100, IDS[2]: 250}, [])
        named = season_plan(games=[*OPEN, CLOSED], wish=SeasonWish(IDS[:2], IDS[1:2], 100))
        assert (prices(named), named.problems) == ({IDS[0]: 100}, [])

    @pytest.mark.parametrize(
        ("wish", "attrs"),
        [
            (SeasonWish([IDS[0], STRANGER], default_price_cents=1), ["events.1"]),
            (SeasonWish([IDS[0], IDS[0]], default_price_cents=1), ["events.1"]),
            (SeasonWish([IDS[0], CLOSED.id], default_price_cents=1), ["events.1"]),
            (SeasonWish([STRANGER, CLOSED.id], default_price_cents=1), ["events.0", "events.1"]),
            (SeasonWish(None, [STRANGER], 1), ["except.0"]),
            (SeasonWish(None, IDS[:3], 1), ["events"]),
            (SeasonWish([], default_price_cents=1), ["events"]),
            (SeasonWish([IDS[0]], (), 1, {IDS[1]: 5}), [f"price.by_event.{IDS[1]}"]),
            (SeasonWish([IDS[0]]), ["price"]),
            (
                SeasonWish([STRANGER], [STRANGER], None, {STRANGER: 1}),
                ["events.0", "except.0", f"price.by_event.{STRANGER}"],
            ),
        ],
    )
    def test_names_every_item_that_means_nothing(self, wish: SeasonWish, attrs: list[str]) -> None:
        assert list(problems(wish)) == attrs

    def test_leaves_games_without_a_seat_out_of_all_but_refuses_them_by_name(self) -> None:
        games = [*OPEN, Game(IDS[3], None, ())]
        plan = season_plan(games=games, wish=SeasonWish(None, default_price_cents=100))
        assert (list(prices(plan)), plan.problems) == (IDS[:3], [])
        named = season_plan(games=games, wish=SeasonWish([IDS[0], IDS[3]], default_price_cents=100)).problems
        assert [(problem.attr, problem.detail[:15]) for problem in named] == [("events.1", "No seat is left")]

    def test_leaves_games_elsewhere_out_of_all_but_takes_them_by_name(self) -> None:
        games = [*OPEN, Game(IDS[3], None, ("1",), is_elsewhere=True)]
        assert list(prices(season_plan(games=games, wish=SeasonWish(None, default_price_cents=100)))) == IDS[:3]
        assert list(prices(season_plan(games=games, wish=SeasonWish(IDS[3:4], default_price_cents=100)))) == IDS[3:4]

    def test_says_why_a_game_elsewhere_has_no_seats(self) -> None:
        game = Game(IDS[3], None, (), is_elsewhere=True, no_seats="The venue has no such row.")
        plan = season_plan(games=[*OPEN, game], wish=SeasonWish([IDS[0], IDS[3]], default_price_cents=100))
        assert plan.problems == [ErrorDetail("The venue has no such row.", "events.1", "other_venue")]

    def test_keeps_the_place_of_a_game_that_was_named(self) -> None:
        """A refusal of a game names the field in which the holder wrote it."""
        [named, unnamed] = (
            season_plan(games=OPEN, wish=SeasonWish(events, IDS[1:3], 100)).games[0] for events in (IDS[:1], None)
        )
        seat = ErrorDetail("Seat 1 is listed.", "seats")
        assert named.problem(seat) == ErrorDetail(f"Event {IDS[0]}: Seat 1 is listed.", "events.0")
        assert unnamed.problem(seat) == ErrorDetail(f"Event {IDS[0]}: Seat 1 is listed.", "seats")

    @given(
        events=st.none() | st.lists(st.sampled_from(IDS), unique=True),
        excluded=st.lists(st.sampled_from(IDS), unique=True),
        default=st.none() | st.integers(1, 1000),
        single=st.dictionaries(st.sampled_from(IDS), st.integers(1, 1000)),
    )
    def test_lists_open_games_at_a_price_or_says_why_not(
        self, events: list[UUID] | None, excluded: list[UUID], default: int | None, single: dict[UUID, int]
    ) -> None:
        plan = season_plan(games=[*OPEN, CLOSED], wish=SeasonWish(events, excluded, default, single))
        if plan.problems:
            return
        wanted = set(IDS[:3] if events is None else events) - set(excluded)
        assert set(prices(plan)) == wanted <= set(IDS[:3])
        assert prices(plan) == {event: single.get(event, default) for event in prices(plan)}
