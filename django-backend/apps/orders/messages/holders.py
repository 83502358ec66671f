"""What mails and notices say to holders about their seats."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Final
from uuid import UUID

from django.utils.text import capfirst

from apps.catalog.enums import EventStatus
from apps.catalog.models import EventChange
from apps.common.money import cents_to_text
from apps.common.text import place_named
from apps.holders.api import Payable
from apps.listings.enums import ListingStatus, TicketStatus
from apps.notifications.api import NoticeWords
from apps.orders.messages.changes import change_sides, change_title
from apps.orders.models import Sale

_CHANGES: Final[Mapping[str, tuple[str, str]]] = {
    "event_postponed": ("Postponed", "It was announced for {old_start}; the new date is not known yet."),
    "event_rescheduled": ("{title}", "Before: {before}. Now: {after}."),
    "event_cancelled": ("Cancelled", "It was announced for {old_start} and does not take place."),
}
_PAYOUTS: Final[Mapping[str, str]] = {
    "event_postponed": "is held until there is a new date",
    "event_rescheduled": "is due after the new date",
    "event_cancelled": "is not due: the buyers get their money back",
}


@dataclass(frozen=True)
class SeatOfHolder:
    """One active seat at the event; the rows of a holder come by section, row and position."""

    listing_id: UUID
    user_id: UUID
    section: str
    row: str
    seat: str
    status: str
    in_hand_date: date | None = None
    listing_status: str = ""


def mail_context(
    *,
    change: EventChange,
    seats: Iterable[SeatOfHolder],
    payout_cents: int,
    currency: str,
    redelivery: bool,
    recalled: Collection[UUID] = (),
) -> dict[str, Any]:
    """Return the context of the mail to one holder about a change: the game, the seats, the payout of sold ones.

    `recalled` are listings that are off sale because their seats are at another venue.
    """
    rows = list(seats)
    old_start, new_start = change.local_starts
    before, after = change_sides(change)
    unsold = [row for row in rows if row.status != TicketStatus.SOLD and row.listing_id not in recalled]
    is_cancelled = change.to_status == EventStatus.CANCELLED
    waiting = [row for row in unsold if row.listing_status == ListingStatus.PENDING and not is_cancelled]
    day = None if change.to_date_tbd else change.to_starts_at.astimezone(change.to_venue.zone).date()
    return {
        "event": change.event.label,
        "title": change_title(change),
        "old_start": old_start,
        "new_start": new_start,
        "old_venue": str(change.from_venue),
        "new_venue": str(change.to_venue),
        "before": before,
        "after": after if change.is_new_venue else f"{after}, {change.to_venue}",
        "same_date": not change.is_new_date,
        "note": change.note,
        "listed": _places(row for row in unsold if row not in waiting),
        "pending": _places(waiting),
        "recalled": _places(row for row in rows if row.status != TicketStatus.SOLD and row.listing_id in recalled),
        "sold": _places(row for row in rows if row.status == TicketStatus.SOLD),
        "late": _places(row for row in rows if day and row.in_hand_date and row.in_hand_date > day),
        "payout": f"{cents_to_text(payout_cents)} {currency}" if payout_cents else "",
        "redelivery": redelivery,
    }


def sale_context(*, sales: Sequence[Sale], due: Payable) -> dict[str, Any]:
    """Return the context of mails to a holder about seats of one event that were sold together, lowest seat first."""
    event, currency = sales[0].event, sales[0].currency
    return {
        "event": event.label,
        "start": event.local_start,
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


def change_notice(context: Mapping[str, Any], *, template: str) -> NoticeWords:
    """Return the notice that goes with the mail `template` about a change, from its `mail_context`."""
    title, sentence = (words.format_map(context) for words in _CHANGES[template])
    lines = [sentence, f"Why: {context['note']}"]
    lines += [f"For sale: {place}" for place in context["listed"] if template != "event_cancelled"]
    lines += [f"Off sale: {place}" for place in context["listed"] if template == "event_cancelled"]
    lines += [f"Waits for our approval: {place}" for place in context["pending"]]
    lines += [f"Off sale, the seats are not at this venue: {place}" for place in context["recalled"]]
    lines += [f"Sold: {place}" for place in context["sold"]]
    if context["payout"] and (template != "event_rescheduled" or not context["same_date"]):
        lines.append(f"Your payout of {context['payout']} {_PAYOUTS[template]}.")
    if template == "event_rescheduled":
        lines += [f"In hand only after the event, change the in-hand date: {place}" for place in context["late"]]
    if context["redelivery"] and context["sold"]:
        lines.append("If your team issues new tickets, deliver them again.")
    return NoticeWords(f"{title}: {context['event']}", "\n".join(lines))


def sale_recorded_notice(context: Mapping[str, Any]) -> NoticeWords:
    """Return the notice about sold seats, from their `sale_context`."""
    lines = [f"{capfirst(context['start'])}. Sold on {context['marketplace']}."]
    lines += [f"{capfirst(seat['place'])}: price {seat['price']}, payout {seat['payout']}" for seat in context["seats"]]
    due = f"due on {context['due']}: {context['due_reason']}" if context["due"] else context["due_reason"]
    lines.append(f"Payout {context['payout']}, {due}")
    return NoticeWords(f"Sold: {context['event']}, payout {context['payout']}", "\n".join(lines))


def sale_voided_notice(context: Mapping[str, Any]) -> NoticeWords:
    """Return the notice about void sales, from their `sale_context`."""
    lines = [f"{capfirst(context['start'])}. It had been sold on {context['marketplace']}."]
    lines += [
        f"{capfirst(seat['place'])}: {'on sale again' if seat['on_sale'] else 'off sale'}" for seat in context["seats"]
    ]
    lines.append(f"The payout of {context['payout']} is not due.")
    return NoticeWords(f"Sale void: {context['event']}", "\n".join(lines))


def _places(seats: Iterable[SeatOfHolder]) -> list[str]:
    return [
        place_named(section, row, [seat.seat for seat in group])
        for (section, row), group in groupby(seats, key=lambda seat: (seat.section, seat.row))
    ]
