"""Pure rules: what an import changes, what a file should have, from which day a game has come."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.enums import FeedFact
from apps.catalog.rules.event_facts import EventFacts
from apps.catalog.rules.feed_merge import FACTS, FEED_FACTS, NOTHING_SAID, fact_words, merge
from apps.catalog.rules.skybox_coverage import Coverage, Game, rescheduled_from

VALUES: dict[str, Any] = {
    "starts_at": 1,
    "time_tbd": False,
    "date_tbd": False,
    "venue_id": 1,
    "name": "TBD at Mets",
    "home_team_id": 1,
    "away_team_id": None,
    "additional_info": "",
    "stubhub_event_url": "",
}
ZONE = ZoneInfo("America/New_York")
OURS = EventFacts(
    name="A at B", starts_at=datetime(2040, 9, 9, 17, tzinfo=UTC), time_tbd=False, date_tbd=False,
    timezone="America/New_York", venue="X", away_team="A", home_team="B",
)  # fmt: skip
CUBS, TIGERS, METS, ROYALS = (UUID(int=number) for number in range(4))


def game(day: int, away: UUID | None, home: UUID | None, *, month: int = 5, **more: Any) -> Game:
    values = {"skybox_event_id": month * 100 + day, "additional_info": "", **more}
    return Game(name="", sides=(away, home), starts_at=datetime(2027, month, day, 23, tzinfo=UTC), zone=ZONE, **values)


def coverage(*games: Game) -> Coverage:
    found = Coverage()
    for one in games:
        found.add(one)
    return found


class TestMerge:
    @pytest.mark.parametrize(
        ("staff", "feed", "changed", "kept", "differing"),
        [
            ({}, {}, {}, [], []),
            ({}, {"starts_at": 2}, {"starts_at": 2}, [], []),
            ({"starts_at": 2}, {}, {}, [FeedFact.SCHEDULE], []),
            ({"starts_at": 2}, {"starts_at": 2}, {}, [], []),
            ({"starts_at": 2}, {"starts_at": 3}, {}, [], [FeedFact.SCHEDULE]),
            ({"starts_at": 2}, {"time_tbd": True}, {}, [], [FeedFact.SCHEDULE]),
            ({"venue_id": 2}, {"starts_at": 3}, {"starts_at": 3}, [FeedFact.SCHEDULE], []),
            ({"starts_at": 2}, {"starts_at": 3, "venue_id": 2}, {}, [], [FeedFact.SCHEDULE]),
            ({"away_team_id": 5}, {}, {}, [FeedFact.TEAMS], []),
            ({"away_team_id": 5}, {"name": "B at Mets", "away_team_id": 5}, {"name": "B at Mets"}, [], []),
            ({"away_team_id": 5}, {"name": "C at Mets", "away_team_id": 6}, {}, [], [FeedFact.TEAMS]),
            ({"away_team_id": 5}, {"name": "TBD at B", "home_team_id": 5}, {}, [], [FeedFact.TEAMS]),
            ({"name": "Derby"}, {"additional_info": "Game 2"}, {"additional_info": "Game 2"}, [FeedFact.TEAMS], []),
            ({"stubhub_event_url": "x"}, {"stubhub_event_url": "y"}, {}, [], [FeedFact.ADDRESS]),
        ],
    )
    def test_takes_what_the_feed_alone_has_changed(
        self, staff: Any, feed: Any, changed: Any, kept: list[FeedFact], differing: list[FeedFact]
    ) -> None:
        ours = {**VALUES, **staff}
        merged = merge(base=VALUES, ours=ours, feed={**VALUES, **feed})
        assert (merged.values, merged.kept, merged.differing) == ({**ours, **changed}, kept, differing)

    def test_of_an_event_made_by_hand_fills_in_what_it_lacks(self) -> None:
        ours = {**VALUES, "name": "Opening Day"}
        feed = {**VALUES, "name": "B at Mets", "away_team_id": 5, "additional_info": "Game 1"}
        merged = merge(base=NOTHING_SAID, ours=ours, feed=feed)
        assert merged.differing == [FeedFact.TEAMS]
        assert merged.values == {**ours, "additional_info": "Game 1"}

    @given(st.tuples(*[st.fixed_dictionaries({fact: st.sampled_from([None, 1, 2]) for fact in FACTS})] * 3))
    def test_loses_nothing_of_staff(self, sides: tuple[dict[str, Any], ...]) -> None:
        """Each part that staff changed stays, unless the feed says the same; a fact that differs stays whole."""
        base, ours, feed = sides
        merged = merge(base=base, ours=ours, feed=feed)
        assert merged.values.keys() == set(FACTS)
        for fact, parts in FEED_FACTS.items():
            for part in parts:
                then, has, says, now = ([side[column] for column in part] for side in (base, ours, feed, merged.values))
                assert now == has if fact in merged.differing else now == (has if has != then else says)
                if now != says:
                    assert fact in merged.differing + merged.kept, "nothing is kept in silence"


class TestCoverage:
    def test_is_of_the_days_and_home_teams_of_a_file(self) -> None:
        file = coverage(game(1, CUBS, TIGERS), game(20, ROYALS, METS))
        assert file.covers(game(10, ROYALS, TIGERS))
        assert file.covers(game(1, CUBS, METS))
        assert file.covers(game(20, CUBS, METS))
        assert not file.covers(game(21, CUBS, TIGERS)), "after its last day"
        assert not file.covers(game(30, CUBS, TIGERS, month=4)), "before its first day"
        assert not file.covers(game(10, TIGERS, CUBS)), "of a team that is not at home in it"
        assert not file.covers(game(10, CUBS, None))
        assert not coverage().covers(game(10, CUBS, TIGERS))

    def test_of_the_file_of_one_team_is_not_of_its_opponents(self) -> None:
        file = coverage(game(1, METS, TIGERS), game(10, CUBS, METS), game(20, ROYALS, METS))
        assert file.covers(game(15, TIGERS, METS))
        assert file.covers(game(15, METS, CUBS))
        assert not file.covers(game(15, ROYALS, TIGERS))
        assert not coverage(game(1, CUBS, METS), game(20, ROYALS, METS)).covers(game(15, METS, CUBS)), "home games only"

    def test_of_the_file_of_two_teams_is_not_of_their_opponents(self) -> None:
        others = (CUBS, ROYALS)
        schedule = [(METS, TIGERS), *((one, ours) for one in others for ours in (METS, TIGERS))]
        schedule += [(ours, one) for one in others for ours in (METS, TIGERS)]
        file = coverage(*(game(day, *sides) for day, sides in enumerate([*schedule, (None, METS)], 1)))
        assert file.covers(game(5, TIGERS, METS))
        assert file.covers(game(5, METS, ROYALS))
        assert not file.covers(game(5, CUBS, ROYALS))
        assert not file.covers(game(5, ROYALS, CUBS))

    def test_of_the_file_of_a_league_is_of_all_its_games(self) -> None:
        teams = (METS, TIGERS, CUBS, ROYALS)
        pairs = [(away, home) for away in teams for home in teams if away != home]
        file = coverage(*(game(day, *sides) for day, sides in enumerate(pairs, 1)))
        assert all(file.covers(game(5, *sides)) for sides in pairs)

    def test_of_games_without_an_opponent_is_of_the_teams_that_are_known(self) -> None:
        file = coverage(game(1, None, METS), game(2, None, TIGERS), game(3, None, METS))
        assert file.covers(game(2, CUBS, METS))
        assert file.covers(game(2, None, TIGERS))
        assert not file.covers(game(2, None, CUBS))
        assert not file.covers(game(2, None, None))

    def test_is_of_events_without_teams_where_a_file_has_some(self) -> None:
        assert coverage(game(1, None, None), game(20, None, None)).covers(game(10, None, None))

    def test_reaches_back_to_the_day_of_a_rescheduled_game_alone(self) -> None:
        moved = game(1, CUBS, TIGERS, month=9, additional_info="Rescheduled from 5/4")
        file = coverage(moved, game(30, CUBS, TIGERS, month=8))
        assert file.successors_of(game(4, CUBS, TIGERS)) == [moved]
        assert file.covers(game(4, CUBS, TIGERS))
        assert not file.covers(game(5, CUBS, TIGERS))
        assert not file.covers(game(4, ROYALS, TIGERS))
        for event_id in (0, 10**9):
            assert replace(moved, skybox_event_id=event_id).succeeds(game(4, CUBS, TIGERS))
        assert not replace(moved, additional_info="Rescheduled from 9/1").succeeds(moved), "itself"

    def test_of_a_game_has_its_start_in_words(self) -> None:
        one = game(1, CUBS, TIGERS, month=9)
        assert one.starts.endswith(one.starts_at.astimezone(one.zone).strftime("%M %p %Z"))
        assert replace(one, time_tbd=True).starts.endswith("time to be decided")
        assert replace(one, date_tbd=True).starts == "a date to be decided"


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ("Rescheduled from 5/4", date(2027, 5, 4)),
        ("Game 2, Re-scheduled from 05/04/2027", date(2027, 5, 4)),
        ("Make-up of 5/4 game", date(2027, 5, 4)),
        ("Makeup game from May 4th", date(2027, 5, 4)),
        ("Originally scheduled for Tuesday, May 4, 2026", date(2026, 5, 4)),
        ("Postponed from 5/4/27", date(2027, 5, 4)),
        ("Postponed from 5/4/2026", date(2026, 5, 4)),
        ("Postponed from 5/4/2000", date(2000, 5, 4)),
        ("Rescheduled from 12/30", date(2027, 12, 30)),
        ("Rescheduled from 2/30", None),
        ("Postponed to 6/1", None),
        ("Bobblehead Night 5/4", None),
        ("", None),
    ],
)
def test_day_from_which_a_game_has_come(notes: str, expected: date | None) -> None:
    assert rescheduled_from(notes, on=date(2027, 9, 1)) == expected


def test_day_without_a_year_is_the_nearest() -> None:
    assert rescheduled_from("Rescheduled from 12/30", on=date(2027, 2, 1)) == date(2026, 12, 30)
    assert rescheduled_from("Rescheduled from 1/5", on=date(2027, 12, 1)) == date(2028, 1, 5)


@pytest.mark.parametrize(
    ("fact", "changes", "has", "says"),
    [
        (FeedFact.SCHEDULE, {"starts_at": datetime(2040, 9, 9, 16, tzinfo=UTC)}, "1:00 PM EDT", "12:00 PM EDT"),
        (FeedFact.SCHEDULE, {"time_tbd": True, "venue": "Y"}, "1:00 PM EDT, X", "time to be decided, Y"),
        (FeedFact.TEAMS, {"away_team": ""}, "away team A", "away team none"),
        (FeedFact.TEAMS, {"name": "A at C", "home_team": "C"}, "A at B, home team B", "A at C, home team C"),
        (FeedFact.NOTES, {"additional_info": "Game 2"}, "nothing", "Game 2"),
        (FeedFact.ADDRESS, {"name": "A at C"}, "", ""),
    ],
)
def test_a_fact_is_described_by_the_parts_that_differ(
    fact: FeedFact, changes: dict[str, Any], has: str, says: str
) -> None:
    described = fact_words(fact, ours=OURS, feed=replace(OURS, **changes))
    day = "Sunday, September 9, 2040, "
    assert tuple(words.removeprefix(day) for words in described) == (has, says)


def test_placeholders_are_shown_where_both_dates_are_to_be_decided() -> None:
    ours = replace(OURS, date_tbd=True)
    described = fact_words(
        FeedFact.SCHEDULE, ours=ours, feed=replace(ours, starts_at=datetime(2040, 9, 10, 17, tzinfo=UTC))
    )
    assert described == ("Sunday, September 9, 2040, 1:00 PM EDT", "Monday, September 10, 2040, 1:00 PM EDT")
