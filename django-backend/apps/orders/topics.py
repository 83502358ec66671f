"""What happened to sales, and to events with sales."""

from uuid import UUID

from apps.common.topics import Topic


class SaleNews(Topic):
    """Something happened to sales of one holder, which were made together."""

    sale_ids: tuple[UUID, ...]
    holder_id: UUID


class SaleRecorded(SaleNews, name="sale.recorded"):
    """Seats were sold."""


class SaleVoided(SaleNews, name="sale.voided"):
    """Sales became void."""


class EventChanged(Topic, name="event.changed"):
    """An event was postponed, rescheduled or cancelled."""

    event_change_id: UUID
