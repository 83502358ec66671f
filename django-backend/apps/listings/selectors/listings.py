"""Reads of listings and their history.

Lists and single listings are read as rows and given to the API as they are: no model objects, no serializer. What
`listing_answers` returns is what `ListingOutput` describes; a test compares the two.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet

from apps.catalog.enums import EventStatus
from apps.catalog.selectors import EVENT_COLUMNS, event_row
from apps.common.money import cents_to_text, rate_to_text
from apps.common.time import utc_text
from apps.holders.rules import CommissionRate, RateKey, commission_split
from apps.holders.selectors import commission_rates_for, holder_id_of
from apps.listings.enums import SeatNumbering, TicketStatus
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.rules.next_price import next_markdown
from apps.listings.rules.price_plans import FloorBasis
from apps.listings.rules.seat_choice import seat_runs
from apps.listings.rules.split_rules import SplitRule, allowed_quantities_of_runs
from apps.listings.rules.terms import steps_from_json
from apps.users.models import User

Row = dict[str, Any]

_COLUMNS: Final = (
    "id",
    "status",
    "status_changed_at",
    "season_ticket_id",
    "event_id",
    "price_cents",
    "base_price_cents",
    "currency",
    "floor_cents",
    "floor_basis",
    "price_steps",
    "next_markdown_at",
    "commission_rate_bps",
    "split_rule",
    "custom_quantities",
    "in_hand_date",
    "delivery_type",
    "disclosures",
    "notes",
    "created_at",
    "holder_id",
    "season_ticket__team_id",
    "season_ticket__section",
    "season_ticket__row",
    "season_ticket__numbering",
    "event__starts_at",
    "event__status",
)
_EVENT_COLUMNS: Final = tuple(f"event__{name}" for name in EVENT_COLUMNS)


def listings_visible_to(*, user: User) -> QuerySet[Listing]:
    """Return the user's own listings, or all of them for staff who may view them."""
    if user.is_staff and user.has_perm("listings.view_listing"):
        return Listing.objects.all()
    return Listing.objects.filter(holder=holder_id_of(user=user))


def listing_rows(listings: QuerySet[Listing], *, with_event: bool = False) -> QuerySet[Listing, Any]:
    """Return listings as the rows that `listing_answers` needs, the event in full if the answers show it."""
    seats = Ticket.objects.filter(listing=OuterRef("pk")).order_by("position")
    available = seats.filter(status=TicketStatus.AVAILABLE)
    return listings.annotate(
        seats=ArraySubquery(seats.values("seat")), available=ArraySubquery(available.values("position"))
    ).values(*_COLUMNS, *(_EVENT_COLUMNS if with_event else ()), "seats", "available")


def listing_answers(rows: Sequence[Row], *, on: date) -> list[Row]:
    """Return rows of `listing_rows` as the API shows them, with the split of the UTC date `on`; at most one query."""
    keys = [RateKey(row["holder_id"], row["season_ticket__team_id"], row["commission_rate_bps"]) for row in rows]
    rates = commission_rates_for(keys=set(keys), on=on) if rows else {}
    return [_answer(row, rates[key]) for row, key in zip(rows, keys, strict=True)]


def listing_answers_by_id(ids: Iterable[UUID], *, on: date) -> list[Row]:
    """Return the listings of these ids, in their order, as the API shows them; two queries however many."""
    rows = {row["id"]: row for row in listing_rows(Listing.objects.filter(id__in=list(ids)))}
    return listing_answers([rows[listing_id] for listing_id in ids], on=on)


def _answer(row: Row, rate: CommissionRate) -> Row:
    split = commission_split(price_cents=row["price_cents"], rate_bps=rate.rate_bps)
    answer = {
        "id": str(row["id"]),
        "status": row["status"],
        "status_changed_at": utc_text(row["status_changed_at"]),
        "season_ticket": str(row["season_ticket_id"]),
        "event": str(row["event_id"]),
        "event_postponed": row["event__status"] == EventStatus.POSTPONED.value,
        "section": row["season_ticket__section"],
        "row": row["season_ticket__row"],
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
        "floor": _money(row["floor_cents"]),
        "floor_basis": row["floor_basis"],
        "price_steps": [{"days_before": days, "off": rate_to_text(off)} for days, off in row["price_steps"]],
        "next_price": _next_price(row, rate.rate_bps),
        "split_rule": row["split_rule"],
        "custom_quantities": row["custom_quantities"],
        "allowed_quantities": _allowed_quantities(row),
        "in_hand_date": row["in_hand_date"] and row["in_hand_date"].isoformat(),
        "delivery_type": row["delivery_type"],
        "disclosures": row["disclosures"],
        "notes": row["notes"],
        "created_at": utc_text(row["created_at"]),
    }
    if "event__name" in row:
        answer["event"] = event_row(row, prefix="event__")
    return answer


def _next_price(row: Row, rate_bps: int) -> Row | None:
    if row["next_markdown_at"] is None:
        return None
    due = next_markdown(
        price_cents=row["price_cents"],
        base_cents=row["base_price_cents"],
        steps=steps_from_json(row["price_steps"]),
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


def _allowed_quantities(row: Row) -> list[int]:
    general_admission = row["season_ticket__numbering"] == SeatNumbering.GENERAL_ADMISSION.value
    runs = [len(run) for run in seat_runs(row["available"], general_admission=general_admission)]
    rule = SplitRule(row["split_rule"])
    return list(allowed_quantities_of_runs(rule=rule, runs=runs, custom=row["custom_quantities"]))


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
