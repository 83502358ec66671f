"""Which games a file should have, judging by those that it has; and from which day a game was rescheduled."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.catalog.rules.starts import local_start

Sides = tuple[UUID | None, UUID | None]

MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FROM: Final = re.compile(
    r"\b(?:re-?scheduled|moved|postponed|make-?up|original(?:ly)?)\b(?:(?!\bto\b)[^,])*?(?:, )?"
    rf"\b(?:(?P<month>\d{{1,2}})/(?P<day>\d{{1,2}})(?:/(?P<year>\d{{4}}|\d\d))?"
    rf"|(?P<word>{'|'.join(MONTHS)})[a-z]*\.? (?P<named_day>\d{{1,2}})(?:st|nd|rd|th)?"
    r"(?:, (?P<named_year>\d{4}))?)\b",
    re.IGNORECASE,
)
_CENTURY: Final = 2000


def rescheduled_from(additional_info: str, *, on: date) -> date | None:
    """Return the day from which a game on the day `on` was rescheduled, None if the notes do not say so.

    `Rescheduled from 5/4` has no year: the day nearest to the new one is meant.
    """
    found = _FROM.search(additional_info)
    if found is None:
        return None
    month = int(found["month"] or MONTHS.index(found["word"].lower()) + 1)
    day, year = int(found["day"] or found["named_day"]), int(found["year"] or found["named_year"] or 0)
    years = [year if year >= _CENTURY else year + _CENTURY] if year else [on.year - 1, on.year, on.year + 1]
    days = [read for one in years if (read := _date(one, month, day)) is not None]
    return min(days, key=lambda one: abs(one - on), default=None)


@dataclass(frozen=True)
class Game:
    """A game as the feed has it. `sides` are away and home team; the zone is that of the venue."""

    skybox_event_id: int
    name: str
    sides: Sides
    starts_at: datetime
    zone: ZoneInfo
    additional_info: str
    time_tbd: bool = False
    date_tbd: bool = False

    @property
    def starts(self) -> str:
        """The start in local words."""
        return local_start(self.starts_at, zone=self.zone, time_tbd=self.time_tbd, date_tbd=self.date_tbd)

    @property
    def in_words(self) -> str:
        """Name, notes and start."""
        return f"{self.name} ({self.additional_info}), {self.starts}"

    @property
    def day(self) -> date:
        """The day of the game at its venue."""
        return self.starts_at.astimezone(self.zone).date()

    @property
    def moved_from(self) -> date | None:
        """The day from which it was rescheduled."""
        return rescheduled_from(self.additional_info, on=self.day)

    def succeeds(self, other: "Game") -> bool:
        """Return whether this is the game `other` on its new day: the same teams, rescheduled from that day."""
        return (
            self.skybox_event_id != other.skybox_event_id and self.sides == other.sides and self.moved_from == other.day
        )


@dataclass
class Coverage:
    """A summary of the games of a file: first and last day, teams, and the ids of all rows.

    It covers the games of the exported teams: the fewest teams that explain all of its games, home or away. In the
    complete schedules of two teams these are the two, not their opponents. A rescheduled game extends the covered days
    to its first day.
    """

    ids: set[int] = field(default_factory=set)
    moved: list[Game] = field(default_factory=list)
    _sides: set[Sides] = field(default_factory=set)
    _days: list[date] = field(default_factory=list)

    def add(self, game: Game) -> None:
        """Take a game of the file into account."""
        self._sides.add(game.sides)
        self._days = [min([*self._days, game.day]), max([*self._days, game.day])]
        if game.moved_from is not None:
            self.moved.append(game)

    def successors_of(self, game: Game) -> list[Game]:
        """Return the games of the file that may be `game` on a new day."""
        return [moved for moved in self.moved if moved.succeeds(game)]

    def covers(self, game: Game) -> bool:
        """Return whether the file should have a game."""
        if self.successors_of(game):
            return True
        in_range = bool(self._days) and self._days[0] <= game.day <= self._days[1]
        return in_range and any(game.sides[place] in teams for place, teams in enumerate(self._teams))

    @cached_property
    def _teams(self) -> tuple[set[UUID | None], set[UUID | None]]:
        """The teams whose away games and whose home games the file covers; read once all games are added."""
        away, home = {away for away, _ in self._sides}, {home for _, home in self._sides}
        without_teams = {(None, None)} & self._sides
        asked: set[UUID | None] = {None} if without_teams else set()
        rest = self._sides - without_teams
        while rest:
            # Among teams that explain equally many games, prefer the home team: exports are mostly of home games.
            explained = Counter(team for sides in rest for team in sides if team)
            at_home = Counter(home for _, home in rest)
            team = max(explained, key=lambda one: (explained[one], at_home[one]))
            asked.add(team)
            rest = {sides for sides in rest if team not in sides}
        return away & asked, home & asked


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
