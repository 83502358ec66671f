"""Reads of single seats."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Max

from apps.listings.enums import ACTIVE_TICKET_STATUSES, TicketStatus
from apps.listings.models import Hold, Ticket
from apps.listings.rules.offers import PhysicalSeat

_ACTIVE: Final = """
SELECT wanted.number - 1
FROM unnest(%(events)s::uuid[], %(sections)s::text[], %(rows)s::text[], %(seats)s::text[], %(blocks)s::uuid[])
    WITH ORDINALITY AS wanted(event_id, section, "row", seat, block, number)
JOIN listings_ticket AS ticket USING (event_id, section, "row", seat)
WHERE ticket.status = ANY(%(active)s) AND ticket.general_admission_block IS NOT DISTINCT FROM wanted.block
"""


def seats_active(seats: Sequence[PhysicalSeat]) -> set[PhysicalSeat]:
    """Return those of `seats` that are active, by whomever, and so not to be listed again; one query."""
    if not seats:
        return set()
    names = ("events", "sections", "rows", "seats", "blocks")
    columns = dict(zip(names, map(list, zip(*seats, strict=True)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVE, {**columns, "active": [status.value for status in ACTIVE_TICKET_STATUSES]})
        return {seats[index] for (index,) in cursor.fetchall()}


def held_until(*, listing_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """Return until when (UTC) at the latest seats are held, for each of the listings with a live hold."""
    live = Hold.objects.filter(listing__in=listing_ids, released_at__isnull=True)
    return dict(live.order_by().values_list("listing_id").annotate(Max("expires_at")))


def unsold_positions(*, listing_id: UUID) -> tuple[list[int], bool]:
    """Return the positions of a listing's available and held seats, and whether they are general admission."""
    unsold = Ticket.objects.filter(listing=listing_id, status__in=(TicketStatus.AVAILABLE, TicketStatus.HELD))
    rows = list(unsold.order_by("position").values_list("position", "general_admission_block"))
    return [position for position, _ in rows], any(block for _, block in rows)
