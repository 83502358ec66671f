"""What an import of the schedule reports to the apps above."""

from dataclasses import dataclass
from uuid import UUID

from apps.common.topics import Topic


@dataclass(frozen=True, kw_only=True)
class EventRescheduled(Topic):
    """An import has moved an event; its listings, sales and holders are to follow."""

    name = "catalog.event_rescheduled"
    event_change_id: UUID
    event_id: UUID


@dataclass(frozen=True, kw_only=True)
class FeedDiffers(Topic):
    """The feed and staff disagree on events."""

    name = "catalog.feed_differs"
    feed_difference_ids: tuple[UUID, ...]
