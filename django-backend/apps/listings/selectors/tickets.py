"""Reads of single seats as rows; `TicketOutput` describes what `ticket_answers` returns."""

from collections.abc import Iterable
from typing import Any, Final

from django.db.models import QuerySet

from apps.catalog.selectors import EVENT_COLUMNS, event_row
from apps.common.money import cents_to_text
from apps.holders.selectors import holder_id_of
from apps.listings.models import Ticket
from apps.users.models import User

Row = dict[str, Any]

# `listing__price_cents` and `event__starts_at` are there for the orderings too.
_COLUMNS: Final = (
    "id",
    "listing_id",
    "listing__status",
    "listing__price_cents",
    "listing__currency",
    "event_id",
    "event__starts_at",
    "section",
    "row",
    "seat",
    "position",
    "status",
)
_EVENT_COLUMNS: Final = tuple(f"event__{name}" for name in EVENT_COLUMNS)


def tickets_visible_to(*, user: User) -> QuerySet[Ticket]:
    """Return the user's own seats, or all of them for staff who may view them."""
    if user.is_staff and user.has_perm("listings.view_ticket"):
        return Ticket.objects.all()
    return Ticket.objects.filter(listing__holder=holder_id_of(user=user))


def ticket_rows(tickets: QuerySet[Ticket], *, with_event: bool = False) -> QuerySet[Ticket, Any]:
    """Return seats as the rows that `ticket_answers` needs, the event in full if the answers show it."""
    return tickets.values(*_COLUMNS, *(_EVENT_COLUMNS if with_event else ()))


def ticket_answers(rows: Iterable[Row]) -> list[Row]:
    """Return rows of `ticket_rows` as the API shows them."""
    return [_answer(row) for row in rows]


def _answer(row: Row) -> Row:
    return {
        "id": str(row["id"]),
        "listing": str(row["listing_id"]),
        "listing_status": row["listing__status"],
        "event": event_row(row, prefix="event__") if "event__name" in row else str(row["event_id"]),
        "section": row["section"],
        "row": row["row"],
        "seat": row["seat"],
        "status": row["status"],
        "price": cents_to_text(row["listing__price_cents"]),
        "currency": row["listing__currency"],
    }
