"""The facts of an event, in words for comparing two versions of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from apps.catalog.rules.starts import local_start

# In the order in which changes are listed.
WORDS: Final = {
    "name": "Name",
    "start": "Start",
    "venue": "Venue",
    "away_team": "Away team",
    "home_team": "Home team",
    "additional_info": "Notes",
    "stubhub_event_url": "StubHub address",
}


@dataclass(frozen=True, slots=True)
class EventFacts:
    """An event as a row of an export or the catalogue has it; unknown facts are empty.

    `venue` and teams are names. `starts_at` is shown in `timezone`, an IANA name; if that is empty, it is already
    local.
    """

    name: str
    starts_at: datetime | None
    time_tbd: bool
    date_tbd: bool
    timezone: str
    venue: str
    away_team: str = ""
    home_team: str = ""
    additional_info: str = ""
    stubhub_event_url: str = ""

    @property
    def start(self) -> str:
        """Date and time at the venue: `Sunday, September 9, 2040, 1:00 PM EDT`."""
        return self._start(time_tbd=self.time_tbd, date_tbd=self.date_tbd)

    @property
    def placeholder(self) -> str:
        """Date and time as stored, even while they are placeholders."""
        return self._start(time_tbd=False, date_tbd=False)

    def _start(self, *, time_tbd: bool, date_tbd: bool) -> str:
        if self.starts_at is None:
            return ""
        zone = ZoneInfo(self.timezone) if self.timezone else None
        return local_start(self.starts_at, zone=zone, time_tbd=time_tbd, date_tbd=date_tbd)


def changes_in_words(before: EventFacts, after: EventFacts) -> Iterator[str]:
    """Yield a line for each fact that differs: `Venue: Citi Field → Yankee Stadium`."""
    for fact, word in WORDS.items():
        old, new = getattr(before, fact), getattr(after, fact)
        if old != new:
            yield _change(word, old, new)
    if before.start == after.start and before.starts_at != after.starts_at:
        yield _change("Placeholder of the start", before.placeholder, after.placeholder)


def _change(word: str, old: str, new: str) -> str:
    return f"{word}: {old or 'none'} → {new or 'none'}"
