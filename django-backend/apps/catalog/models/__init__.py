"""Tables of the catalogue."""

from apps.catalog.models.events import Event, EventChange, League, Season, Team, Venue
from apps.catalog.models.feed import FeedDifference, FeedEvent, NameReading
from apps.catalog.models.imports import EventImport

__all__ = [
    "Event", "EventChange", "EventImport", "FeedDifference", "FeedEvent", "League", "NameReading", "Season", "Team",
    "Venue",
]  # fmt: skip
