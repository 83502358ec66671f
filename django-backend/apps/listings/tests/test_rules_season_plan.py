"""Which games a request means."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.listings.rules.season_plan import SeasonPlan, SeasonRequest, season_plan

IDS = [UUID(int=number) for number in range(1, 6)]
OPEN, CLOSED, STRANGER = IDS[:3], IDS[3], IDS[4]


def planned(request: SeasonRequest) -> SeasonPlan:
    return season_plan(games={game: f"Game {game.int}" for game in (*OPEN, CLOSED)}, listable=OPEN, request=request)


class TestSeasonPlan:
    def test_all_means_every_game_that_can_be_listed(self) -> None:
        assert planned(SeasonRequest(None, default_price_cents=100)) == SeasonPlan(dict.fromkeys(OPEN, 100), [])

    def test_named_games_are_those_whether_they_can_be_listed_or_not(self) -> None:
        """The check of the offer says why not."""
        assert planned(SeasonRequest([CLOSED, IDS[0]], (), 100)) == SeasonPlan({IDS[0]: 100, CLOSED: 100}, [])

    def test_takes_exceptions_out_and_prices_of_single_games(self) -> None:
        request = SeasonRequest(None, [IDS[1], CLOSED], 100, {IDS[2]: 250})
        assert planned(request) == SeasonPlan({IDS[0]: 100, IDS[2]: 250}, [])
        assert planned(SeasonRequest(IDS[:2], IDS[1:2], 100)) == SeasonPlan({IDS[0]: 100}, [])

    @pytest.mark.parametrize(
        ("request_", "attrs"),
        [
            (SeasonRequest([IDS[0], STRANGER], default_price_cents=1), ["events.1"]),
            (SeasonRequest([IDS[0], IDS[0]], default_price_cents=1), ["events.1"]),
            (SeasonRequest([STRANGER, CLOSED], default_price_cents=1), ["events.0"]),
            (SeasonRequest(None, [STRANGER], 1), ["except.0"]),
            (SeasonRequest(None, OPEN, 1), ["events"]),
            (SeasonRequest([], default_price_cents=1), ["events"]),
            (SeasonRequest([IDS[0]], (), 1, {IDS[1]: 5}), [f"price.by_event.{IDS[1]}"]),
            (SeasonRequest([IDS[0]]), ["price"]),
            (
                SeasonRequest([STRANGER], [STRANGER], None, {STRANGER: 1}),
                ["events.0", "except.0", f"price.by_event.{STRANGER}"],
            ),
        ],
    )
    def test_names_every_wrong_item(self, request_: SeasonRequest, attrs: list[str]) -> None:
        assert [problem.attr for problem in planned(request_).problems] == attrs

    def test_calls_games_by_their_labels(self) -> None:
        [problem] = planned(SeasonRequest([IDS[1]])).problems
        assert problem.detail == "Game 2 has no price of its own, and there is no default."

    @given(
        events=st.none() | st.lists(st.sampled_from(IDS), unique=True),
        excluded=st.lists(st.sampled_from(IDS), unique=True),
        default=st.none() | st.integers(1, 1000),
        single=st.dictionaries(st.sampled_from(IDS), st.integers(1, 1000)),
    )
    def test_gives_each_game_a_price_or_says_why_not(
        self, events: list[UUID] | None, excluded: list[UUID], default: int | None, single: dict[UUID, int]
    ) -> None:
        plan = planned(SeasonRequest(events, excluded, default, single))
        if plan.problems:
            return
        assert set(plan.prices_cents) == set(OPEN if events is None else events) - set(excluded)
        assert plan.prices_cents == {event: single.get(event, default) for event in plan.prices_cents}
