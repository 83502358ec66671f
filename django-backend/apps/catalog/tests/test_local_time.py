"""Starts of events as people at the venue say them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from apps.catalog.rules.local_time import local_start
from apps.catalog.rules.venue_zones import zone_changes


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
def test_a_start_is_told_on_the_clock_of_the_venue(hour: int, time_tbd: bool, date_tbd: bool, words: str) -> None:
    starts_at = datetime(2040, 9, 9, hour, tzinfo=UTC)
    told = local_start(starts_at, zone=ZoneInfo("America/New_York"), time_tbd=time_tbd, date_tbd=date_tbd)
    assert told == words


def test_a_start_without_a_zone_is_told_as_it_stands() -> None:
    told = local_start(datetime(2040, 9, 9, 13), zone=None, time_tbd=False, date_tbd=False)  # noqa: DTZ001
    assert told == "Sunday, September 9, 2040, 1:00 PM"


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
def test_another_zone_of_a_venue_changes_what_is_told_of_some_events(new: str, changes: list[str]) -> None:
    """An event whose time or date is to be decided changes only where its words do."""
    events = [
        {"label": label, "starts_at": datetime(2040, 9, 9, hour, 0, tzinfo=UTC), "time_tbd": time, "date_tbd": day}
        for label, hour, time, day in [
            ("Late", 17, False, False), ("Eve", 4, True, False), ("Noon", 16, True, False), ("TBD", 4, True, True),
        ]
    ]  # fmt: skip
    assert zone_changes(events, old="America/New_York", new=new) == changes
