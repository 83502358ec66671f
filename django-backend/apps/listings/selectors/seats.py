"""Reads of single seats."""

from collections.abc import Sequence
from uuid import UUID

from apps.listings.enums import ACTIVE_TICKET_STATUSES
from apps.listings.models import Ticket


def seats_active_at(
    *, event_ids: Sequence[UUID], section: str, row: str, seats: Sequence[str]
) -> dict[UUID, list[str]]:
    """Return, for each event that has any, which of `seats` are active (not to be listed again), in the order asked."""
    rows = Ticket.objects.filter(
        event__in=event_ids, section=section, row=row, seat__in=seats, status__in=ACTIVE_TICKET_STATUSES
    ).values_list("event_id", "seat")
    taken: dict[UUID, set[str]] = {}
    for event, seat in rows:
        taken.setdefault(event, set()).add(seat)
    return {event: [seat for seat in seats if seat in taken[event]] for event in event_ids if event in taken}
