"""What an import of the schedule reports to the apps above."""

from uuid import UUID

from apps.common.topics import Topic


class EventRescheduled(Topic):
    """An import has moved an event; its listings, sales and holders are to follow."""

    name = "catalog.event_rescheduled"
    event_change_id: UUID
    event_id: UUID


class FeedDiffers(Topic):
    """The feed and staff disagree on events."""

    name = "catalog.feed_differs"
    feed_difference_ids: tuple[UUID, ...]
