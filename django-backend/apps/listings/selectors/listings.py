"""Reads of listings and their history.

Listings are read as rows and passed to the API without model objects or serializer. `listing_answers` returns what
`ListingOutput` describes; a test compares the two.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import Count, F, QuerySet

from apps.catalog.api import EVENT_COLUMNS_SQL, EVENT_JOINS_SQL, begun, event_row
from apps.catalog.enums import EventStatus
from apps.common.money import cents_to_text, rate_to_text
from apps.common.rows import PAGE, Row, rows_of
from apps.common.time import utc_text
from apps.holders.api import CommissionRate, RateKey, commission_rates_for, commission_split, holder_id_of
from apps.listings.enums import OPEN_LISTING_STATUSES, ListingStatus
from apps.listings.models import Listing, ListingEvent
from apps.listings.rules.offers import NewListing
from apps.listings.rules.price_plans import FloorBasis, PriceStep, next_markdown
from apps.listings.rules.seat_sales import quantities_for_sale
from apps.listings.rules.terms import TERMS, TermKind, terms_stored
from apps.users.models import User

_TERM_COLUMNS: Final = ", ".join(
    f"listing.{term.column}{'::text' if term.kind is TermKind.STEPS else ''}" for term in TERMS
)
_COLUMNS: Final = f"""
    listing.id::text AS id, listing.status, listing.status_changed_at, listing.season_ticket_id::text,
    listing.price_cents, listing.base_price_cents, listing.currency, listing.next_markdown_at,
    listing.commission_rate_bps, {_TERM_COLUMNS}, listing.created_at, listing.holder_id::text,
    block.team_id::text, block.section, block."row",
    block.numbering = 'general_admission' AS general_admission,
    ARRAY(SELECT seat FROM listings_ticket WHERE listing_id = listing.id ORDER BY "position") AS seats,
    ARRAY(
        SELECT "position" FROM listings_ticket WHERE listing_id = listing.id AND status = 'available' ORDER BY 1
    ) AS available
"""  # noqa: S608 - constants
_TABLES: Final = f"""
    {PAGE} AS page
    JOIN listings_listing AS listing ON listing.id = page.id
    JOIN listings_seasonticket AS block ON block.id = listing.season_ticket_id
    JOIN catalog_event AS event ON event.id = listing.event_id
"""
_EVENT_ID: Final = "event.id::text AS event__id, event.status AS event__status, event.starts_at AS event__starts_at"
_ROWS: Final = f"SELECT {_COLUMNS}, {_EVENT_ID} FROM {_TABLES} ORDER BY page.place"  # noqa: S608 - constants
_ROWS_WITH_EVENT: Final = f"SELECT {_COLUMNS}, {EVENT_COLUMNS_SQL} FROM {_TABLES} {EVENT_JOINS_SQL} ORDER BY page.place"  # noqa: S608 - constants


def listings_of(*, user: User) -> QuerySet[Listing]:
    """Return the user's own listings only, even for staff who may view others."""
    return Listing.objects.filter(holder=holder_id_of(user=user))


def listings_visible_to(*, user: User) -> QuerySet[Listing]:
    """Return the user's own listings, or all of them for staff who may view them."""
    if user.is_staff and user.has_perm("listings.view_listing"):
        return Listing.objects.all()
    return listings_of(user=user)


def open_listings_by_event(event_ids: Collection[UUID]) -> dict[UUID, int]:
    """Return the number of open listings by event; events without any are left out."""
    found = Listing.objects.filter(event__in=event_ids, status__in=OPEN_LISTING_STATUSES).order_by()
    return dict(found.values_list("event").annotate(Count("id")))


def listing_rows(listings: QuerySet[Listing], *, with_event: bool = False) -> list[Row]:
    """Return listings as the rows that `listing_answers` needs, with the event if the answers show it."""
    return rows_of(listings, _ROWS_WITH_EVENT if with_event else _ROWS)


def listing_answers(rows: Sequence[Row], *, on: date) -> list[Row]:
    """Return rows of `listing_rows` as the API shows them, with the split of the UTC date `on`."""
    asked = [(row["holder_id"], row["team_id"], row["commission_rate_bps"]) for row in rows]
    keys = {(holder, team, own): RateKey(UUID(holder), UUID(team), own) for holder, team, own in set(asked)}
    rates = commission_rates_for(keys=set(keys.values()), on=on) if rows else {}
    found = {text: rates[key] for text, key in keys.items()}
    return [_answer(row, found[text]) for row, text in zip(rows, asked, strict=True)]


def listing_answers_by_id(ids: Sequence[UUID], *, on: date) -> list[Row]:
    """Return the listings of these ids, in their order, as the API shows them."""
    rows = {row["id"]: row for row in listing_rows(Listing.objects.filter(id__in=ids).order_by())}
    return listing_answers([rows[str(listing_id)] for listing_id in ids], on=on)


def new_listing_answers(listings: Sequence[NewListing], *, at: datetime, on: date) -> list[Row]:
    """Return listings that were inserted at `at` as the API shows them, without reading them back."""
    return listing_answers([_new_row(new, at) for new in listings], on=on)


def _new_row(new: NewListing, at: datetime) -> Row:
    # What `_ROWS` would read.
    offer, block, stored = new.offer, new.block, terms_stored(new.offer.terms)
    return {
        **stored,
        "price_steps": json.dumps(stored["price_steps"]),
        "id": str(new.id),
        "status": ListingStatus.PENDING.value,
        "status_changed_at": at,
        "created_at": at,
        "price_cents": new.price.price_cents,
        "base_price_cents": offer.price_cents,
        "next_markdown_at": new.price.next_markdown_at,
        "currency": settings.CURRENCY,
        "commission_rate_bps": None,
        "season_ticket_id": str(block.id),
        "holder_id": str(block.holder_id),
        "team_id": str(block.team_id),
        "section": block.section,
        "row": block.row,
        "general_admission": block.general_admission_block is not None,
        "seats": list(offer.positions),
        "available": list(offer.positions.values()),
        "event__id": str(offer.game.id),
        "event__status": offer.game.status,
    }


def _answer(row: Row, rate: CommissionRate) -> Row:
    split = commission_split(price_cents=row["price_cents"], rate_bps=rate.rate_bps)
    quantities = quantities_for_sale(
        positions=tuple(row["available"]),
        rule=row["split_rule"],
        custom=tuple(row["custom_quantities"]),
        general_admission=row["general_admission"],
    )
    return {
        "id": row["id"],
        "status": row["status"],
        "status_changed_at": utc_text(row["status_changed_at"]),
        "season_ticket": row["season_ticket_id"],
        "event": event_row(row) if "event__name" in row else row["event__id"],
        "event_postponed": row["event__status"] == EventStatus.POSTPONED.value,
        "section": row["section"],
        "row": row["row"],
        "seats": row["seats"],
        "seats_available": len(row["available"]),
        "price": cents_to_text(row["price_cents"]),
        "base_price": cents_to_text(row["base_price_cents"]),
        "currency": row["currency"],
        "split": {
            "rate": rate_to_text(split.rate_bps),
            "rule": rate.rule.value,
            "commission": cents_to_text(split.commission_cents),
            "payout": cents_to_text(split.payout_cents),
        },
        "next_price": _next_price(row, rate.rate_bps),
        "allowed_quantities": list(quantities),
        "created_at": utc_text(row["created_at"]),
        **{name: show(row[column]) if show else row[column] for name, column, show in _TERMS},
    }


def _next_price(row: Row, rate_bps: int) -> Row | None:
    if row["next_markdown_at"] is None:
        return None
    steps = [PriceStep(days_before, off_bps) for days_before, off_bps in json.loads(row["price_steps"])]
    due = next_markdown(
        price_cents=row["price_cents"],
        base_cents=row["base_price_cents"],
        steps=steps,
        floor_cents=row["floor_cents"],
        floor_basis=FloorBasis(row["floor_basis"]),
        rate_bps=rate_bps,
    )
    if due is None:
        return None
    step, price_cents = due
    return {
        "at": utc_text(row["next_markdown_at"]),
        "price": cents_to_text(price_cents),
        "off": rate_to_text(step.off_bps),
    }


def history_rows(*, listing_id: UUID) -> QuerySet[ListingEvent, Any]:
    """Return every change of a listing as the rows that `history_answers` needs."""
    changes = ListingEvent.objects.filter(listing=listing_id).annotate(holder_user_id=F("listing__holder__user_id"))
    return changes.values(
        "id", "at", "actor_id", "holder_user_id", "source", "change", "from_status", "to_status", "from_price_cents",
        "to_price_cents", "note",
    )  # fmt: skip


def history_answers(rows: Iterable[Row]) -> list[Row]:
    """Return rows of `history_rows` as the API shows them: staff stay unnamed."""
    return [
        {
            "at": utc_text(row["at"]),
            "by": _side(row),
            **{name: row[name] for name in ("source", "change", "from_status", "to_status")},
            "from_price": _money(row["from_price_cents"]),
            "to_price": _money(row["to_price_cents"]),
            "note": row["note"],
        }
        for row in rows
    ]


def _side(row: Row) -> str:
    if row["actor_id"] is None:
        return "system"
    return "holder" if row["actor_id"] == row["holder_user_id"] else "staff"


def _money(cents: int | None) -> str | None:
    return None if cents is None else cents_to_text(cents)


def _steps(text: str) -> list[Row]:
    rows = () if text == "[]" else json.loads(text)
    return [{"days_before": days_before, "off": rate_to_text(off_bps)} for days_before, off_bps in rows]


_SHOWN: Final[Mapping[TermKind, Callable[[Any], Any]]] = {
    TermKind.MONEY: _money,
    TermKind.DAY: lambda day: day and day.isoformat(),
    TermKind.STEPS: _steps,
}
_TERMS: Final[tuple[tuple[str, str, Callable[[Any], Any] | None], ...]] = tuple(
    (term.name, term.column, _SHOWN.get(term.kind)) for term in TERMS
)


def open_listings_of_begun_events(*, now: datetime) -> QuerySet[Listing, UUID]:
    """Return the ids of the open listings whose event has begun, in their order."""
    return _begun(now).filter(status__in=OPEN_LISTING_STATUSES).order_by("id").values_list("id", flat=True)


def listings_of_begun_events(*, listing_ids: Collection[UUID], now: datetime) -> list[UUID]:
    """Return those of the listings whose event has begun."""
    return list(_begun(now).filter(id__in=listing_ids).order_by("id").values_list("id", flat=True))


def _begun(now: datetime) -> QuerySet[Listing]:
    return Listing.objects.filter(begun(at=now, event="event__"))
