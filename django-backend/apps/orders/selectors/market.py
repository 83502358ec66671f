"""The market: what buyers can buy now, and what it costs them with every mandatory fee.

Nothing is cached here, so nothing can be out of date: a request reads what the lifecycle of listings has written. It
reads what it shows and little more. An event is summarised from its cheapest listings only, however many it has.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery

from apps.catalog.api import EVENT_COLUMNS_SQL, EVENT_JOINS_SQL, event_row
from apps.catalog.models import Event
from apps.common.money import cents_to_text
from apps.common.rows import PAGE, Row, rows_of
from apps.listings.api import listings_on_sale, open_for_sale, quantities_for_sale
from apps.listings.enums import SELLABLE_LISTING_STATUSES, TicketStatus
from apps.listings.models import Listing
from apps.orders.rules.buyer_prices import buyer_price

# An event is summarised from so many of its listings, the cheapest ones.
MAX_SUMMARISED: Final = 50
_ON_SALE: Final = ", ".join(f"'{status.value}'" for status in sorted(SELLABLE_LISTING_STATUSES))
# The seats of `listing` that can be bought; no row's worth of them is null.
_FREE: Final = f"""
    SELECT array_agg("position" ORDER BY "position") AS positions, array_agg(seat ORDER BY "position") AS seats,
        bool_or(general_admission_block IS NOT NULL) AS general_admission
    FROM listings_ticket WHERE listing_id = listing.id AND status = '{TicketStatus.AVAILABLE.value}'
"""  # noqa: S608 - constants
# What `_quantities` needs, and the price.
_SUMMARISED: Final = """
    listing.price_cents, listing.currency, listing.split_rule, listing.custom_quantities, listing.general_admission,
    listing.positions
"""
_EVENTS: Final = f"""
    SELECT event.id::text AS id, event.starts_at, {EVENT_COLUMNS_SQL}, market.listings
    FROM {PAGE} AS page JOIN catalog_event AS event ON event.id = page.id {EVENT_JOINS_SQL}
    CROSS JOIN LATERAL (
        SELECT json_agg(json_build_array({_SUMMARISED}) ORDER BY listing.price_cents)::text AS listings
        FROM (
            SELECT listing.*, free.positions, free.general_admission
            FROM listings_listing AS listing CROSS JOIN LATERAL ({_FREE}) AS free
            WHERE listing.event_id = event.id AND listing.status IN ({_ON_SALE}) AND free.positions IS NOT NULL
            ORDER BY listing.price_cents, listing.id LIMIT {MAX_SUMMARISED + 1}
        ) AS listing
    ) AS market
    ORDER BY page.place
"""  # noqa: S608 - constants
_LISTINGS: Final = f"""
    SELECT listing.id::text AS id, listing.price_cents, listing.currency, listing.split_rule, listing.custom_quantities,
        listing.disclosures, listing.delivery_type, listing.in_hand_date, listing.show_seats,
        block.section AS season_ticket__section, block."row", free.positions, free.seats, free.general_admission
    FROM {PAGE} AS page JOIN listings_listing AS listing ON listing.id = page.id
    JOIN listings_seasonticket AS block ON block.id = listing.season_ticket_id
    CROSS JOIN LATERAL ({_FREE}) AS free
    ORDER BY page.place
"""  # noqa: S608 - constants


def market_events(*, at: datetime) -> QuerySet[Event]:
    """Return the events of which at least one seat can be bought at the time `at`.

    A value for each event, not `Exists`: PostgreSQL would make a join of that and read the seats of all events.
    """
    cheapest = Subquery(listings_on_sale(OuterRef("pk")).order_by("price_cents", "id").values("id")[:1])
    return Event.objects.alias(cheapest=cheapest).filter(open_for_sale(at=at), cheapest__isnull=False)


def market_event_is_open(*, event_id: UUID, at: datetime) -> bool:
    """Return whether there is such an event, and its seats can be bought at the time `at`; none may be left."""
    return Event.objects.filter(open_for_sale(at=at), id=event_id).exists()


def market_event_rows(events: QuerySet[Event]) -> list[Row]:
    """Return events of the market as the rows that `market_event_answer` needs; one query."""
    return rows_of(events, _EVENTS)


def market_event_answer(row: Row) -> Row:
    """Return a row of `market_event_rows` as `MarketEventOutput` describes it."""
    found = json.loads(row["listings"])
    counted = found[:MAX_SUMMARISED]
    event = event_row(row)
    del event["stubhub_event_url"]  # another marketplace
    price_cents, currency = counted[0][:2]
    costs = _costs(price_cents)
    return {
        **{f"from_{name}": amount for name, amount in costs.items()},
        "currency": currency,
        "seats_available": sum(len(listing[-1]) for listing in counted),
        "allowed_quantities": sorted({quantity for listing in counted for quantity in _quantities(*listing[2:])}),
        "has_more": len(found) > MAX_SUMMARISED,
        **event,
    }


def market_listing_rows(listings: QuerySet[Listing]) -> list[Row]:
    """Return listings on sale as the rows that `market_listing_answer` needs; one query."""
    return rows_of(listings, _LISTINGS)


def market_listing_answer(row: Row) -> Row:
    """Return a row of `market_listing_rows` as `MarketListingOutput` describes it; never whose seats they are."""
    rule, custom, general_admission = row["split_rule"], row["custom_quantities"], row["general_admission"]
    return {
        **_costs(row["price_cents"]),
        "currency": row["currency"],
        "id": row["id"],
        "section": row["season_ticket__section"],
        "row": row["row"],
        "seats": row["seats"] if row["show_seats"] and not general_admission else None,
        "seats_available": len(row["positions"]),
        "allowed_quantities": _quantities(rule, custom, general_admission, row["positions"]),
        "disclosures": row["disclosures"],
        "delivery_type": row["delivery_type"],
        "in_hand_date": row["in_hand_date"] and row["in_hand_date"].isoformat(),
    }


def _costs(price_cents: int) -> Row:
    """Return what one seat costs, the total first."""
    costs = buyer_price(price_cents=price_cents, fee_bps=settings.BUYER_FEE_BPS)
    cents = {"total": costs.total_cents, "price": costs.price_cents, "fee": costs.fee_cents}
    return {name: cents_to_text(amount) for name, amount in cents.items()}


def _quantities(rule: str, custom: Iterable[int], general_admission: Any, positions: Iterable[int]) -> tuple[int, ...]:
    return quantities_for_sale(
        positions=tuple(positions), rule=rule, custom=tuple(custom), general_admission=general_admission
    )
