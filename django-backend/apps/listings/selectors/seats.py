"""Reads of single seats."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Max

from apps.listings.enums import ACTIVE_TICKET_STATUSES, TicketStatus
from apps.listings.models import Hold, Ticket


def seats_active_at(
    *,
    event_ids: Sequence[UUID],
    section: str,
    row: str,
    seats: Sequence[str],
    general_admission_block: UUID | None = None,
) -> dict[UUID, list[str]]:
    """Return, for each event that has any, which of `seats` are active (not to be listed again), in the order asked.

    `general_admission_block` is the season ticket where seats have no numbers: its places are nobody else's.
    """
    rows = Ticket.objects.filter(
        event__in=event_ids,
        section=section,
        row=row,
        seat__in=seats,
        general_admission_block=general_admission_block,
        status__in=ACTIVE_TICKET_STATUSES,
    ).values_list("event_id", "seat")
    taken: dict[UUID, set[str]] = {}
    for event, seat in rows:
        taken.setdefault(event, set()).add(seat)
    return {event: [seat for seat in seats if seat in taken[event]] for event in event_ids if event in taken}


def held_until(*, listing_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Return until when (UTC) at the latest seats are held, for each of the listings with a live hold."""
    live = Hold.objects.filter(listing__in=listing_ids, released_at__isnull=True)
    return dict(live.order_by().values_list("listing_id").annotate(Max("expires_at")))


def unsold_positions(*, listing_id: UUID) -> tuple[list[int], bool]:
    """Return the positions of a listing's available and held seats, and whether they are general admission."""
    unsold = Ticket.objects.filter(listing=listing_id, status__in=(TicketStatus.AVAILABLE, TicketStatus.HELD))
    rows = list(unsold.order_by("position").values_list("position", "general_admission_block"))
    return [position for position, _ in rows], any(block for _, block in rows)
