"""Writes many listings in one statement. The columns are those of the models, and a test compares what both write."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from apps.common.acts import Act
from apps.common.bulk_insert import array_text, rows_insert
from apps.common.ids import uuid7
from apps.listings.enums import ListingChange, ListingStatus, TicketStatus
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.rules.offers import NewListing
from apps.listings.rules.terms import terms_stored

_PRICES: Final = """
UPDATE listings_listing AS listing
SET price_cents = new.price_cents, base_price_cents = new.base_price_cents, next_markdown_at = new.next_markdown_at,
    updated_at = %(now)s
FROM unnest(%(listing_id)s::uuid[], %(price_cents)s::int[], %(base_price_cents)s::int[],
    %(next_markdown_at)s::timestamptz[]) AS new(listing_id, price_cents, base_price_cents, next_markdown_at)
WHERE listing.id = new.listing_id
"""


@dataclass(frozen=True)
class NewPrice:
    """The new prices of a listing: today's, the one before mark-downs, and when (UTC) the next mark-down is due."""

    listing_id: UUID
    price_cents: int
    base_price_cents: int
    next_markdown_at: datetime | None


def prices_update(*, prices: Sequence[NewPrice], now: datetime) -> None:
    """Set the prices of listings that are locked; one statement, none for none."""
    if not prices:
        return
    columns = {name: array_text([getattr(price, name) for price in prices]) for name in NewPrice.__dataclass_fields__}
    with connection.cursor() as cursor:
        cursor.execute(_PRICES, columns | {"now": now})


def listings_insert(*, listings: Iterable[NewListing], currency: str, act: Act) -> None:
    """Insert pending listings, their available tickets and one history row each; one query, of many blocks too.

    The race: two requests that insert the same seats in different orders would wait for each other on the unique index.
    Everybody inserts in the order of event, section, row and position, so the second one waits and then fails.

    Raises:
        IntegrityError: a seat is active at its event already (`ticket_seat_active_once`).
    """
    ordered = sorted(listings, key=lambda new: (new.offer.game.id, new.block.section, new.block.row))
    if not ordered:
        return
    terms = [terms_stored(new.offer.terms) for new in ordered]
    seats = sorted(
        ((position, seat, new) for new in ordered for seat, position in new.offer.positions.items()),
        key=lambda row: (row[2].offer.game.id, row[2].block.section, row[2].block.row, row[0]),
    )
    same = {"created_at": act.at, "updated_at": act.at}
    rows_insert(
        {
            Listing: {
                **same,
                "id": [new.id for new in ordered],
                "holder_id": [new.block.holder_id for new in ordered],
                "season_ticket_id": [new.block.id for new in ordered],
                "event_id": [new.offer.game.id for new in ordered],
                "status": ListingStatus.PENDING.value,
                "status_changed_at": act.at,
                "price_cents": [new.price.price_cents for new in ordered],
                "base_price_cents": [new.offer.price_cents for new in ordered],
                "next_markdown_at": [new.price.next_markdown_at for new in ordered],
                "currency": currency,
                **{name: [columns[name] for columns in terms] for name in terms[0]},
            },
            Ticket: {
                **same,
                "id": [uuid7() for _ in seats],
                "listing_id": [new.id for *_, new in seats],
                "event_id": [new.offer.game.id for *_, new in seats],
                "section": [new.block.section for *_, new in seats],
                "row": [new.block.row for *_, new in seats],
                "seat": [seat for _, seat, _ in seats],
                "position": [position for position, *_ in seats],
                "general_admission_block": [new.block.general_admission_block for *_, new in seats],
                "status": TicketStatus.AVAILABLE.value,
                "status_changed_at": act.at,
            },
            ListingEvent: {
                "listing_id": [new.id for new in ordered],
                "actor_id": act.actor_id,
                "source": act.source.value,
                "change": ListingChange.STATUS.value,
                "from_status": "",
                "to_status": ListingStatus.PENDING.value,
                "at": act.at,
                "note": act.reason,
            },
        }
    )
