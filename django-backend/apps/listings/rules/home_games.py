"""A game as the services that list seats see it: values in, values out."""

from collections.abc import Mapping, Set
from datetime import date, datetime
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.catalog.enums import EventStatus
from apps.catalog.rules.starts import has_begun
from apps.listings.enums import ClosedReason
from apps.listings.rules.price_plans import EventClock


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
    def clock(self) -> EventClock | None:
        """The calendar by which prices are marked down; None while the date of the game means nothing."""
        return event_clock(
            starts_at=self.starts_at, date_tbd=self.date_tbd, status=self.status, zone=ZoneInfo(self.timezone)
        )

    @property
    def local_date(self) -> date | None:
        """The date at the venue; None while it is to be decided."""
        return None if self.date_tbd else self.starts_at.astimezone(ZoneInfo(self.timezone)).date()

    def closed(self, now: datetime) -> ClosedReason | None:
        """Return why no seat can be listed for the game at `now`, None when it is open."""
        return closed_reason(status=self.status, starts_at=self.starts_at, now=now)


def closed_reason(*, status: str, starts_at: datetime, now: datetime) -> ClosedReason | None:
    """Return why no seat can be listed for an event at `now`, None when it is open."""
    if status != EventStatus.SCHEDULED:
        return ClosedReason.CANCELLED if status == EventStatus.CANCELLED else ClosedReason.POSTPONED
    return ClosedReason.BEGUN if has_begun(status=status, starts_at=starts_at, at=now) else None


def event_clock(*, starts_at: datetime, date_tbd: bool, status: str, zone: ZoneInfo) -> EventClock | None:
    """Return the calendar by which prices are marked down; None for an event without a date to count from."""
    return None if date_tbd or status != EventStatus.SCHEDULED else EventClock(starts_at, zone)
