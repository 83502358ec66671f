"""What rows say and what changes, in words."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.catalog.rules.event_facts import EventFacts, changes_in_words
from apps.catalog.rules.skybox_rows import facts_as_written
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
