"""Writes many listings at once: an INSERT … SELECT over arrays for each table, all in one statement.

Model objects one by one would cost several times the time of the statement itself; the columns are those of the models,
and a test compares what both ways write.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from apps.common.acts import ChangeSource
from apps.listings.enums import ListingChange, ListingStatus, TicketStatus
from apps.listings.rules.terms import ListingTerms, steps_to_json

# One statement, so one round trip, whatever the number. Each column is one array in the text form of PostgreSQL, which
# is parsed several times faster than an expression for each value. Arrays in arrays must all have one length there, so
# those of a listing are text themselves.
_INSERT: Final = """
WITH listing AS (
    INSERT INTO listings_listing
        (id, created_at, updated_at, holder_id, season_ticket_id, event_id, status, status_changed_at,
         price_cents, base_price_cents, currency, floor_cents, floor_basis, price_steps, next_markdown_at,
         split_rule, custom_quantities, in_hand_date, delivery_type, disclosures, notes)
    SELECT id, %(now)s, %(now)s, holder_id, season_ticket_id, event_id, %(listing_status)s, %(now)s,
        price_cents, base_price_cents, %(currency)s, floor_cents, floor_basis, price_steps::jsonb, next_markdown_at,
        split_rule, custom_quantities::smallint[], in_hand_date, delivery_type, disclosures::varchar[], notes
    FROM unnest(%(id)s::uuid[], %(holder_id)s::uuid[], %(season_ticket_id)s::uuid[], %(event_id)s::uuid[],
        %(price_cents)s::int[], %(base_price_cents)s::int[], %(floor_cents)s::int[], %(floor_basis)s::text[],
        %(price_steps)s::text[], %(next_markdown_at)s::timestamptz[], %(split_rule)s::text[],
        %(custom_quantities)s::text[], %(in_hand_date)s::date[], %(delivery_type)s::text[], %(disclosures)s::text[],
        %(notes)s::text[])
        AS row(id, holder_id, season_ticket_id, event_id, price_cents, base_price_cents, floor_cents, floor_basis,
            price_steps, next_markdown_at, split_rule, custom_quantities, in_hand_date, delivery_type, disclosures,
            notes)
), ticket AS (
    INSERT INTO listings_ticket
        (id, created_at, updated_at, listing_id, event_id, section, "row", seat, position, general_admission_block,
         status)
    SELECT id, %(now)s, %(now)s, listing_id, event_id, section, "row", seat, "position", block, %(ticket_status)s
    FROM unnest(%(ticket_id)s::uuid[], %(ticket_listing_id)s::uuid[], %(ticket_event_id)s::uuid[],
        %(section)s::text[], %(row)s::text[], %(seat)s::text[], %(position)s::int[], %(block)s::uuid[])
        WITH ORDINALITY AS row(id, listing_id, event_id, section, "row", seat, "position", block, number)
    ORDER BY number
)
INSERT INTO listings_listingevent (listing_id, actor_id, source, change, from_status, to_status, at, note)
SELECT listing_id, %(actor_id)s, %(source)s, %(change)s, '', %(listing_status)s, %(now)s, ''
FROM unnest(%(id)s::uuid[]) WITH ORDINALITY AS row(listing_id, number)
ORDER BY number
"""
_LISTING: Final = (
    "id", "holder_id", "season_ticket_id", "event_id", "price_cents", "base_price_cents", "next_markdown_at",
)  # fmt: skip
_TICKET: Final = ("ticket_event_id", "section", "row", "position", "seat", "ticket_id", "ticket_listing_id", "block")
_PRICES: Final = """
UPDATE listings_listing AS listing
SET price_cents = new.price_cents, base_price_cents = new.base_price_cents, next_markdown_at = new.next_markdown_at,
    updated_at = %(now)s
FROM unnest(%(listing_id)s::uuid[], %(price_cents)s::int[], %(base_price_cents)s::int[],
    %(next_markdown_at)s::timestamptz[]) AS new(listing_id, price_cents, base_price_cents, next_markdown_at)
WHERE listing.id = new.listing_id
"""


@dataclass(frozen=True)
class NewListing:
    """One pending listing to write with its seats.

    `price_cents` is the list price of today, `base_price_cents` that without any mark-down, `next_markdown_at` (UTC)
    when the next one is due, `team_id` is that of the block. `tickets` are id, name and position of each seat.
    """

    id: UUID
    holder_id: UUID
    season_ticket_id: UUID
    team_id: UUID
    event_id: UUID
    section: str
    row: str
    general_admission_block: UUID | None
    price_cents: int
    base_price_cents: int
    next_markdown_at: datetime | None
    terms: ListingTerms
    tickets: Sequence[tuple[UUID, str, int]]


@dataclass(frozen=True)
class NewPrice:
    """What a listing costs from now on; see NewListing."""

    listing_id: UUID
    price_cents: int
    base_price_cents: int
    next_markdown_at: datetime | None


def prices_update(*, prices: Sequence[NewPrice], now: datetime) -> None:
    """Set the prices of listings that are locked; one statement, none for none."""
    if not prices:
        return
    names = ("listing_id", "price_cents", "base_price_cents", "next_markdown_at")
    columns = {name: [getattr(price, name) for price in prices] for name in names}
    with connection.cursor() as cursor:
        cursor.execute(_PRICES, _arrays(columns) | {"now": now})


def listings_insert(
    *, listings: Iterable[NewListing], currency: str, actor_id: UUID, source: ChangeSource, now: datetime
) -> None:
    """Insert pending listings, their available tickets and one history row each; one query, of many blocks too.

    The race: two requests that insert the same seats in different orders would wait for each other on the unique index.
    Everybody inserts in the order of event, section, row and position, so the second one waits and then fails.

    Raises:
        IntegrityError: a seat is active at its event already (`ticket_seat_active_once`).
    """
    ordered = sorted(listings, key=lambda listing: (listing.event_id, listing.section, listing.row))
    if not ordered:
        return
    shared = {
        "currency": currency,
        "actor_id": actor_id,
        "source": source.value,
        "change": ListingChange.STATUS.value,
        "listing_status": ListingStatus.PENDING.value,
        "ticket_status": TicketStatus.AVAILABLE.value,
        "now": now,
    }
    rows = [
        {name: getattr(new, name) for name in _LISTING}
        | vars(new.terms)
        | {"price_steps": json.dumps(steps_to_json(new.terms.price_steps))}
        for new in ordered
    ]
    columns = {name: [row[name] for row in rows] for name in rows[0]}
    tickets = sorted(
        (new.event_id, new.section, new.row, position, seat, ticket_id, new.id, new.general_admission_block)
        for new in ordered
        for ticket_id, seat, position in new.tickets
    )
    columns |= {name: [ticket[index] for ticket in tickets] for index, name in enumerate(_TICKET)}
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, _arrays(columns) | shared)


def _arrays(columns: Mapping[str, Iterable[object]]) -> dict[str, Any]:
    return {name: f"{{{','.join(map(_element, values))}}}" for name, values in columns.items()}


def _element(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, UUID | int):
        return str(value)
    if isinstance(value, tuple):  # numbers, or words of an enum: nothing to quote
        value = f"{{{','.join(map(str, value))}}}"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
