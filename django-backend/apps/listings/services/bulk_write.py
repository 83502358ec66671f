"""Writes many listings at once: one INSERT … SELECT over arrays for each table, whatever the number of rows.

Model objects one by one would cost several times the time of the statement itself; the columns are those of the models,
and a test compares what both ways write.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from apps.listings.enums import EventSource, ListingStatus, TicketStatus

_LISTINGS: Final = """
INSERT INTO listings_listing
    (id, created_at, updated_at, holder_id, season_ticket_id, event_id, status, status_changed_at,
     price_cents, base_price_cents, currency, floor_basis, price_steps, split_rule, custom_quantities, delivery_type,
     disclosures, notes)
SELECT id, %(now)s, %(now)s, %(holder_id)s, %(season_ticket_id)s, event_id, %(status)s, %(now)s,
    price_cents, price_cents, %(currency)s, 'list', '[]', 'any', '{}', 'mobile_transfer', '{}', ''
FROM unnest(%(ids)s::uuid[], %(event_ids)s::uuid[], %(prices)s::int[]) AS row(id, event_id, price_cents)
"""
_TICKETS: Final = """
INSERT INTO listings_ticket (id, created_at, updated_at, listing_id, event_id, section, "row", seat, position, status)
SELECT id, %(now)s, %(now)s, listing_id, event_id, %(section)s, %(row)s, seat, "position", %(status)s
FROM unnest(%(ids)s::uuid[], %(listing_ids)s::uuid[], %(event_ids)s::uuid[], %(seats)s::text[],
    %(positions)s::int[]) WITH ORDINALITY AS ticket(id, listing_id, event_id, seat, "position", number)
ORDER BY number
"""
_HISTORY: Final = """
INSERT INTO listings_listingevent (listing_id, actor_id, source, change, from_status, to_status, at, note)
SELECT listing_id, %(actor_id)s, %(source)s, 'status', '', %(to_status)s, %(now)s, ''
FROM unnest(%(listing_ids)s::uuid[]) AS listing_id
"""


@dataclass(frozen=True)
class NewListing:
    """One listing to write with its seats: id, name and position of each, in the order of the block."""

    id: UUID
    event_id: UUID
    price_cents: int
    tickets: Sequence[tuple[UUID, str, int]]


def listings_insert(
    *,
    listings: Sequence[NewListing],
    holder_id: UUID,
    season_ticket_id: UUID,
    section: str,
    row: str,
    currency: str,
    actor_id: UUID,
    now: datetime,
) -> None:
    """Insert pending listings, their available tickets and one history row each; three statements.

    The race: two requests that insert the same seats in different orders would wait for each other on the unique index.
    Everybody inserts in the order of event and seat, which the caller gives.

    Raises:
        IntegrityError: a seat is active at its event already (`ticket_seat_active_once`).
    """
    ids = [listing.id for listing in listings]
    tickets = [(ticket, listing, seat, position) for listing in listings for ticket, seat, position in listing.tickets]
    shared: dict[str, Any] = {"now": now}
    with connection.cursor() as cursor:
        cursor.execute(
            _LISTINGS,
            shared
            | {"ids": ids, "event_ids": [listing.event_id for listing in listings]}
            | {"prices": [listing.price_cents for listing in listings], "currency": currency}
            | {"holder_id": holder_id, "season_ticket_id": season_ticket_id, "status": ListingStatus.PENDING.value},
        )
        cursor.execute(
            _TICKETS,
            shared
            | {
                "ids": [ticket for ticket, _, _, _ in tickets],
                "listing_ids": [listing.id for _, listing, _, _ in tickets],
            }
            | {
                "event_ids": [listing.event_id for _, listing, _, _ in tickets],
                "seats": [seat for _, _, seat, _ in tickets],
            }
            | {"positions": [position for _, _, _, position in tickets]}
            | {"section": section, "row": row, "status": TicketStatus.AVAILABLE.value},
        )
        cursor.execute(
            _HISTORY,
            shared
            | {"listing_ids": ids, "actor_id": actor_id}
            | {"source": EventSource.API.value, "to_status": ListingStatus.PENDING.value},
        )
