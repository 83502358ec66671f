"""What is said of an event: as a feed writes it, as it changes, and on the clock of its venue."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from apps.catalog.rules.event_facts import EventFacts, changes_in_words
from apps.catalog.rules.skybox_names import UnclearPair, UnclearSides
from apps.catalog.rules.skybox_rows import (
    MAX_NAME,
    SidesQuestion,
    as_written,
    facts_as_written,
    question_of,
    venue_id_of,
)
from apps.catalog.rules.skybox_text import RowRefused
from apps.catalog.rules.starts import local_start, zone_changes
from apps.catalog.testing.stories import skybox_row, skybox_venue

GAME = EventFacts(
    name="A at B",
    starts_at=datetime(2027, 5, 7, 23, 5, tzinfo=UTC),
    time_tbd=False,
    date_tbd=False,
    timezone="America/New_York",
    venue="Citi Field",
    away_team="A",
    home_team="B",
)
FIELD = "Lincoln Financial Field"
START = "Friday, May 7, 2027, 7:05 PM EDT"


@pytest.mark.parametrize(
    ("changes", "lines"),
    [
        ({}, []),
        (
            {"starts_at": GAME.starts_at + timedelta(days=190)},
            [f"Start: {START} → Saturday, November 13, 2027, 6:05 PM EST"],
        ),
        ({"time_tbd": True}, [f"Start: {START} → Friday, May 7, 2027, time to be decided"]),
        ({"time_tbd": True, "date_tbd": True}, [f"Start: {START} → a date to be decided"]),
        # The same moment is another local time elsewhere.
        (
            {"venue": "London Stadium", "timezone": "Europe/London"},
            [f"Start: {START} → Saturday, May 8, 2027, 12:05 AM BST", "Venue: Citi Field → London Stadium"],
        ),
        ({"away_team": "C", "name": "C at B"}, ["Name: A at B → C at B", "Away team: A → C"]),
        ({"home_team": ""}, ["Home team: B → none"]),
        ({"additional_info": "Game 2"}, ["Notes: none → Game 2"]),
        ({"stubhub_event_url": "https://x.test/"}, ["StubHub address: none → https://x.test/"]),
    ],
)
def test_changes_in_words(changes: dict[str, Any], lines: list[str]) -> None:
    assert list(changes_in_words(GAME, replace(GAME, **changes))) == lines


def test_a_placeholder_that_moves_is_a_change_although_its_words_stay() -> None:
    before = replace(GAME, time_tbd=True, date_tbd=True)
    after = replace(before, starts_at=before.starts_at + timedelta(hours=1))
    assert list(changes_in_words(before, after)) == [
        "Placeholder of the start: Friday, May 7, 2027, 7:05 PM EDT → Friday, May 7, 2027, 8:05 PM EDT"
    ]
    assert len(list(changes_in_words(after, before))) == 1


@pytest.mark.parametrize(
    ("raw", "start", "venue"),
    [
        (skybox_row(), "8:20 PM EDT", FIELD),
        (skybox_row(date="2025-09-05T00:20:00Z"), "8:20 PM EDT", FIELD),
        (skybox_row(date="2025-09-05T00:00:00Z"), "8:00 PM EDT", FIELD),
        (skybox_row(date="2025-09-04"), "time to be decided", FIELD),
        (skybox_row(date="soon"), "", FIELD),
        (skybox_row(venue=None), "8:20 PM", ""),
        (skybox_row(venue=skybox_venue(timeZone=7, name=8)), "8:20 PM", ""),
        (skybox_row(venue=skybox_venue(timeZone="EST")), "8:20 PM EST", FIELD),
        (skybox_row(venue=skybox_venue(timeZone="Mars", name="\ud83d x")), "8:20 PM", "\ufffd x"),
    ],
)
def test_rows_that_are_not_imported_say_what_can_be_read(raw: dict[str, Any], start: str, venue: str) -> None:
    facts = facts_as_written(raw, zone_of=lambda _, zone: zone if zone in {"EST", "America/New_York"} else "")
    assert facts is not None
    assert facts.start == (start and f"Thursday, September 4, 2025, {start}")
    assert (facts.venue, facts.name) == (venue, "Dallas Cowboys at Philadelphia Eagles")


def test_rows_that_are_no_objects_say_nothing() -> None:
    assert facts_as_written(["A at B"], zone_of=lambda *_: "") is None


NEW_YORK = ZoneInfo("America/New_York")
VENUE = {"id": 7, "name": "Citi  Field", "timeZone": "America/Chicago"}
ROW: dict[str, Any] = {"name": "A  vs. B", "date": "2027-05-20T19:10:00", "venue": VENUE}


def facts(raw: Any, zone: str = "America/New_York") -> Any:
    """Return what a row says, its venue being in `zone`, and what its zone was looked up by."""
    asked: list[tuple[int | None, str]] = []

    def zone_of(venue_id: int | None, named: str) -> str:
        asked.append((venue_id, named))
        return zone

    return facts_as_written(raw, zone_of=zone_of), asked


class TestFacts:
    def test_are_shown_on_the_clock_of_the_venue(self) -> None:
        found, asked = facts(ROW)
        assert asked == [(7, "America/Chicago")]
        assert (found.name, found.venue, found.timezone) == ("A vs. B", "Citi Field", "America/New_York")
        assert found.starts_at == datetime(2027, 5, 20, 19, 10, tzinfo=NEW_YORK)
        assert found.starts_at.utcoffset() == timedelta(hours=-4)
        assert (found.time_tbd, found.date_tbd) == (False, False)

    def test_move_an_exact_time_to_that_clock(self) -> None:
        found, _ = facts({**ROW, "date": "2027-05-20T23:10:00Z"})
        assert found.starts_at == datetime(2027, 5, 20, 23, 10, tzinfo=UTC)
        assert found.starts_at.hour == 19

    def test_keep_the_local_time_where_no_zone_is_known(self) -> None:
        assert facts(ROW, zone="")[0].starts_at == datetime(2027, 5, 20, 19, 10)  # noqa: DTZ001

    @pytest.mark.parametrize(
        ("date", "is_open"), [("2027-05-20", True), ("2027-05-20T03:30:00", True), ("soon", False)]
    )
    def test_have_an_open_time_where_the_date_holds_its_place(self, date: str, is_open: bool) -> None:
        found, _ = facts({**ROW, "date": date})
        assert (found.time_tbd, found.starts_at is None) == (is_open, not is_open)

    @pytest.mark.parametrize("venue", [None, "Citi Field", 7, []])
    def test_lack_a_venue_that_is_none(self, venue: object) -> None:
        found, asked = facts({**ROW, "venue": venue})
        assert (found.venue, asked) == ("", [(None, "")])
        assert facts({"name": "A"})[1] == [(None, "")]

    def test_lack_a_zone_that_is_none(self) -> None:
        assert facts({**ROW, "venue": {**VENUE, "timeZone": "x" * 700}})[1] == [(7, "")]

    @pytest.mark.parametrize("raw", [None, [ROW], "row", 7])
    def test_are_none_of_what_is_no_row(self, raw: object) -> None:
        assert facts(raw) == (None, [])
        assert venue_id_of(raw) is None


class TestQuestion:
    PAIR = UnclearPair("A vs. B", "A", "B")

    def asked(self, raw: Any = ROW, pair: UnclearPair | None = PAIR) -> SidesQuestion | None:
        return question_of(raw, UnclearSides("A", "B", pair=pair))

    def test_is_of_the_pair_and_the_venue(self) -> None:
        assert self.asked() == SidesQuestion(self.PAIR, 7, "Citi Field")

    def test_is_none_without_a_pair_or_a_venue(self) -> None:
        assert self.asked(pair=None) is None
        assert question_of(ROW, RowRefused("invalid_name", "…")) is None
        for venue in (None, "Citi Field", {}, {"id": 0}, {"id": "x"}):
            assert self.asked({**ROW, "venue": venue}) is None

    @pytest.mark.parametrize("place", range(3))
    def test_is_none_about_names_that_cannot_be_stored(self, place: int) -> None:
        texts = ["A vs. B", "A", "B"]
        for length, is_asked in ((MAX_NAME, True), (MAX_NAME + 1, False)):
            texts[place] = "x" * length
            assert (self.asked(pair=UnclearPair(*texts)) is not None) == is_asked


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (" A  at\tB ", "A at B"),
        ("A\x00B", "A\N{REPLACEMENT CHARACTER}B"),
        ("\ud800", "\N{REPLACEMENT CHARACTER}"),
        ("x" * (MAX_NAME + 1), "x" * MAX_NAME),
        ("", ""),
        (None, ""),
        (7, ""),
        (["A"], ""),
    ],
)
def test_text_is_always_written_on_one_line(text: object, written: str) -> None:
    assert as_written(text) == written


@pytest.mark.parametrize(
    ("hour", "time_tbd", "date_tbd", "words"),
    [
        (17, False, False, "Sunday, September 9, 2040, 1:00 PM EDT"),
        (16, False, False, "Sunday, September 9, 2040, 12:00 PM EDT"),
        (15, False, False, "Sunday, September 9, 2040, 11:00 AM EDT"),
        (4, False, False, "Sunday, September 9, 2040, 12:00 AM EDT"),
        (3, False, False, "Saturday, September 8, 2040, 11:00 PM EDT"),
        (17, True, False, "Sunday, September 9, 2040, time to be decided"),
        (17, True, True, "a date to be decided"),
        (17, False, True, "a date to be decided"),
    ],
)
def test_a_start_is_shown_on_the_clock_of_the_venue(hour: int, time_tbd: bool, date_tbd: bool, words: str) -> None:
    starts_at = datetime(2040, 9, 9, hour, tzinfo=UTC)
    shown = local_start(starts_at, zone=ZoneInfo("America/New_York"), time_tbd=time_tbd, date_tbd=date_tbd)
    assert shown == words


def test_a_start_without_a_zone_is_shown_unchanged() -> None:
    shown = local_start(datetime(2040, 9, 9, 13), zone=None, time_tbd=False, date_tbd=False)  # noqa: DTZ001
    assert shown == "Sunday, September 9, 2040, 1:00 PM"


@pytest.mark.parametrize(
    ("new", "changes"),
    [
        ("America/Detroit", []),  # another name, the same clock
        ("America/Halifax", ["Late: Sunday, September 9, 2040, 1:00 PM EDT → Sunday, September 9, 2040, 2:00 PM ADT"]),
        (
            "America/Chicago",
            [
                "Late: Sunday, September 9, 2040, 1:00 PM EDT → Sunday, September 9, 2040, 12:00 PM CDT",
                "Eve: Sunday, September 9, 2040, time to be decided → Saturday, September 8, 2040, time to be decided",
            ],
        ),
    ],
)
def test_another_zone_of_a_venue_changes_the_local_starts_of_some_events(new: str, changes: list[str]) -> None:
    """An event whose time or date is to be decided changes only where its words do."""
    events = [
        {"label": label, "starts_at": datetime(2040, 9, 9, hour, 0, tzinfo=UTC), "time_tbd": time, "date_tbd": day}
        for label, hour, time, day in [
            ("Late", 17, False, False), ("Eve", 4, True, False), ("Noon", 16, True, False), ("TBD", 4, True, True),
        ]
    ]  # fmt: skip
    assert zone_changes(events, old="America/New_York", new=new) == changes
