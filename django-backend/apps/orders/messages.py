"""What mails to holders say about their seats at an event."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from apps.catalog.models import EventChange
from apps.catalog.rules.local_time import local_start
from apps.common.money import cents_to_text
from apps.listings.enums import TicketStatus


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


def _places(seats: Iterable[SeatOfHolder]) -> list[str]:
    return [
        f"section {section}, row {row}, {_seats([seat.seat for seat in group])}"
        for (section, row), group in groupby(seats, key=lambda seat: (seat.section, seat.row))
    ]


def _seats(names: list[str]) -> str:
    return f"seat {names[0]}" if len(names) == 1 else f"seats {', '.join(names[:-1])} and {names[-1]}"
