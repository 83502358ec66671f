"""What other apps may use of the catalogue: events with their locks and shapes, the feed, query parameters."""

from apps.catalog.errors import FeedDecisionRefused
from apps.catalog.filters import EventFilterSet, LeagueFilter, SeasonFilter, start_filters
from apps.catalog.locks import event_change_locked, event_locked
from apps.catalog.rules.starts import has_begun
from apps.catalog.selectors import (
    EVENT_COLUMNS_SQL,
    EVENT_JOINS_SQL,
    NOT_BEGUN_SQL,
    begun,
    event_list,
    event_row,
    open_feed_differences,
)
from apps.catalog.serializers import LABEL_HELP, EventOrIdField, EventOutput
from apps.catalog.services.event_uses import EventUses, event_uses
from apps.catalog.services.feed_decisions import missing_event_deciding, open_difference_locked, succession_locked
from apps.catalog.services.imported_dates import IMPORT_NOTE
from apps.catalog.services.skybox_upload import is_overtaken
from apps.catalog.topics import EventRescheduled, FeedDiffers

__all__ = [
    "EVENT_COLUMNS_SQL", "EVENT_JOINS_SQL", "IMPORT_NOTE", "LABEL_HELP", "NOT_BEGUN_SQL", "EventFilterSet",
    "EventOrIdField", "EventOutput", "EventRescheduled", "EventUses", "FeedDecisionRefused", "FeedDiffers",
    "LeagueFilter", "SeasonFilter", "begun", "event_change_locked", "event_list", "event_locked", "event_row",
    "event_uses", "has_begun", "is_overtaken", "missing_event_deciding", "open_difference_locked",
    "open_feed_differences", "start_filters", "succession_locked",
]  # fmt: skip
