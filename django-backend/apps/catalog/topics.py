"""What an import of the schedule reports to the apps above."""

from uuid import UUID

from apps.common.topics import Topic


class EventRescheduled(Topic, name="catalog.event_rescheduled"):
    """An import has moved an event; its listings, sales and holders are to follow."""

    event_change_id: UUID
    event_id: UUID


class FeedDiffers(Topic, name="catalog.feed_differs"):
    """The feed and staff disagree on events."""

    feed_difference_ids: tuple[UUID, ...]
