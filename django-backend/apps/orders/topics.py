"""What happened to sales, and to events with sales."""

from uuid import UUID

from apps.common.topics import Topic


class SaleNews(Topic):
    """Something happened to sales of one holder, which were made together."""

    sale_ids: tuple[UUID, ...]
    holder_id: UUID


class SaleRecorded(SaleNews):
    """Seats were sold."""

    name = "sale.recorded"


class SaleVoided(SaleNews):
    """Sales became void."""

    name = "sale.voided"


class EventChanged(Topic):
    """An event was postponed, rescheduled or cancelled."""

    name = "event.changed"
    event_change_id: UUID
