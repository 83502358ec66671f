"""Reads of single seats; those for the API are rows, which `TicketOutput` describes."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import Max, QuerySet

from apps.catalog.api import EVENT_COLUMNS_SQL, EVENT_JOINS_SQL, event_row
from apps.common.money import cents_to_text
from apps.common.rows import PAGE, Row, rows_of
from apps.holders.api import holder_id_of
from apps.listings.enums import ACTIVE_TICKET_STATUSES, TicketStatus
from apps.listings.models import Hold, Ticket
from apps.listings.rules.offers import PhysicalSeat
from apps.users.models import User

# `listing__price_cents` and `event__starts_at` are there for the orderings too.
_COLUMNS: Final = """
    ticket.id::text AS id, ticket.listing_id::text, ticket.section, ticket."row", ticket.seat, ticket."position",
    ticket.status, listing.status AS listing__status, listing.price_cents AS listing__price_cents, listing.currency
"""
_TABLES: Final = f"""
    {PAGE} AS page
    JOIN listings_ticket AS ticket ON ticket.id = page.id
    JOIN listings_listing AS listing ON listing.id = ticket.listing_id
    JOIN catalog_event AS event ON event.id = ticket.event_id
"""
_EVENT_ID: Final = "event.id::text AS event__id, event.starts_at AS event__starts_at"
_ROWS: Final = f"SELECT {_COLUMNS}, {_EVENT_ID} FROM {_TABLES} ORDER BY page.place"  # noqa: S608 - constants
_ROWS_WITH_EVENT: Final = f"SELECT {_COLUMNS}, {EVENT_COLUMNS_SQL} FROM {_TABLES} {EVENT_JOINS_SQL} ORDER BY page.place"  # noqa: S608 - constants


def tickets_visible_to(*, user: User) -> QuerySet[Ticket]:
    """Return the user's own seats, or all of them for staff who may view them."""
    if user.is_staff and user.has_perm("listings.view_ticket"):
        return Ticket.objects.all()
    return Ticket.objects.filter(listing__holder=holder_id_of(user=user))


def ticket_rows(tickets: QuerySet[Ticket], *, with_event: bool = False) -> list[Row]:
    """Return seats as the rows that `ticket_answer` needs, the event in full if the answers show it; one query."""
    return rows_of(tickets, _ROWS_WITH_EVENT if with_event else _ROWS)


def ticket_answer(row: Row) -> Row:
    """Return a row of `ticket_rows` as the API shows it."""
    return {
        "id": row["id"],
        "listing": row["listing_id"],
        "listing_status": row["listing__status"],
        "event": event_row(row) if "event__name" in row else row["event__id"],
        "section": row["section"],
        "row": row["row"],
        "seat": row["seat"],
        "status": row["status"],
        "price": cents_to_text(row["listing__price_cents"]),
        "currency": row["currency"],
    }


_ACTIVE: Final = """
SELECT wanted.number - 1
FROM unnest(%(events)s::uuid[], %(sections)s::text[], %(rows)s::text[], %(seats)s::text[], %(blocks)s::uuid[])
    WITH ORDINALITY AS wanted(event_id, section, "row", seat, block, number)
JOIN listings_ticket AS ticket USING (event_id, section, "row", seat)
WHERE ticket.status = ANY(%(active)s) AND ticket.general_admission_block IS NOT DISTINCT FROM wanted.block
"""


def seats_active(seats: Sequence[PhysicalSeat]) -> set[PhysicalSeat]:
    """Return those of `seats` that are active in any listing, and so cannot be listed again; one query."""
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
