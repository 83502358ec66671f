"""The home games of season tickets: values in, values out."""

from collections.abc import Container, Mapping, Sequence, Set
from datetime import date, datetime
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.common.errors import ErrorDetail
from apps.common.repeats import repeated


class HomeGame(NamedTuple):
    """An event, with the seats that holders of blocks withhold from it, by the id of the block; see `locks`."""

    id: UUID
    season_id: UUID
    home_team_id: UUID | None
    starts_at: datetime
    date_tbd: bool
    status: str
    timezone: str
    label: str = ""
    venue_id: UUID | None = None
    venue: str = ""
    home_venue_id: UUID | None = None
    away_team: str = ""
    away_abbreviation: str = ""
    away_city: str = ""
    withheld: Mapping[UUID, Set[str]] = MappingProxyType({})

    @property
    def zone(self) -> ZoneInfo:
        """That of the venue."""
        return ZoneInfo(self.timezone)

    @property
    def local_date(self) -> date | None:
        """The date at the venue; None while it is to be decided."""
        return None if self.date_tbd else self.starts_at.astimezone(self.zone).date()


def event_problems(name: str, events: Sequence[UUID], known: Container[UUID]) -> list[ErrorDetail]:
    """Return a sentence for each id of the request's list `name` that is not a known home game, or is named again."""
    again, problems = repeated(events), list[ErrorDetail]()
    for index, event in enumerate(events):
        if event not in known:
            problems.append(ErrorDetail("This is not a home game of the season ticket.", f"{name}.{index}"))
        elif index in again:
            problems.append(ErrorDetail("This event is named twice.", f"{name}.{index}"))
    return problems
