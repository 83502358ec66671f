"""What other apps may use of the catalogue: events with their locks and shapes, the feed, query parameters."""

from apps.catalog.filters import LeagueFilter, SeasonFilter
from apps.catalog.locks import event_change_locked, event_locked, skybox_import_locked, successor_locked
from apps.catalog.rules.feed_merge import FACTS, FEED_FACTS, merge
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
from apps.catalog.services.event_labels import event_labels_keep
from apps.catalog.services.event_uses import event_uses
from apps.catalog.services.feed_missing import NO_LONGER, successors
from apps.catalog.services.imported_dates import IMPORT_NOTE
from apps.catalog.services.skybox_upload import is_overtaken
from apps.catalog.topics import EventRescheduled, FeedDiffers

__all__ = [
    "EVENT_COLUMNS_SQL", "EVENT_JOINS_SQL", "FACTS", "FEED_FACTS", "IMPORT_NOTE", "LABEL_HELP", "NOT_BEGUN_SQL",
    "NO_LONGER", "EventOrIdField", "EventOutput", "EventRescheduled", "FeedDiffers", "LeagueFilter", "SeasonFilter",
    "begun", "event_change_locked", "event_labels_keep", "event_list", "event_locked", "event_row", "event_uses",
    "has_begun", "is_overtaken", "merge", "open_feed_differences", "skybox_import_locked", "successor_locked",
    "successors",
]  # fmt: skip
