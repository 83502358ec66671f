"""What mails to holders say about their seats."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from apps.catalog.models import EventChange
from apps.catalog.rules.local_time import local_start
from apps.common.money import cents_to_text
from apps.holders.rules import Payable
from apps.listings.enums import TicketStatus
from apps.orders.models import Sale


@dataclass(frozen=True)
class SeatOfHolder:
    """One active seat at the event; the rows of a holder come by section, row and position."""

    listing_id: UUID
    user_id: UUID
    section: str
    row: str
    seat: str
    status: str


def starts_told(change: EventChange) -> tuple[str, str]:
    """Return the old and the new start as clocks at the venue show them; both venues are loaded."""
    before = local_start(
        change.from_starts_at,
        zone=change.from_venue.zone,
        time_tbd=change.from_time_tbd,
        date_tbd=change.from_date_tbd,
    )
    after = local_start(
        change.to_starts_at, zone=change.to_venue.zone, time_tbd=change.to_time_tbd, date_tbd=change.to_date_tbd
    )
    return before, after


def mail_context(
    *, change: EventChange, seats: Iterable[SeatOfHolder], payout_cents: int, currency: str, redelivery: bool
) -> dict[str, Any]:
    """Return what the mail about a change says to one holder: the game, the seats, the payout of what is sold."""
    rows = list(seats)
    before, after = starts_told(change)
    return {
        "event": change.event.name,
        "old_start": before,
        "new_start": after,
        "old_venue": str(change.from_venue),
        "new_venue": str(change.to_venue),
        "note": change.note,
        "listed": _places(row for row in rows if row.status != TicketStatus.SOLD),
        "sold": _places(row for row in rows if row.status == TicketStatus.SOLD),
        "payout": f"{cents_to_text(payout_cents)} {currency}" if payout_cents else "",
        "redelivery": redelivery,
    }


def sale_context(*, sales: Sequence[Sale], due: Payable) -> dict[str, Any]:
    """Return what mails say to a holder about seats of one event that were sold together, lowest seat first."""
    event, currency = sales[0].event, sales[0].currency
    return {
        "event": event.name,
        "start": local_start(event.starts_at, zone=event.venue.zone, time_tbd=event.time_tbd, date_tbd=event.date_tbd),
        "venue": str(event.venue),
        "marketplace": sales[0].marketplace.name,
        "seats": [
            {
                "place": f"section {sale.ticket.section}, row {sale.ticket.row}, seat {sale.ticket.seat}",
                "price": cents_to_text(sale.price_cents),
                "commission": cents_to_text(sale.commission_cents),
                "payout": cents_to_text(sale.payout_cents),
                "on_sale": sale.seat_returned,
            }
            for sale in sales
        ],
        "payout": f"{cents_to_text(sum(sale.payout_cents for sale in sales))} {currency}",
        "due": due.on.isoformat() if due.on else "",
        "due_reason": due.reason,
    }


def _places(seats: Iterable[SeatOfHolder]) -> list[str]:
    return [
        f"section {section}, row {row}, {_seats([seat.seat for seat in group])}"
        for (section, row), group in groupby(seats, key=lambda seat: (seat.section, seat.row))
    ]


def _seats(names: list[str]) -> str:
    return f"seat {names[0]}" if len(names) == 1 else f"seats {', '.join(names[:-1])} and {names[-1]}"
