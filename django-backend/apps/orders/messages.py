"""What mails and notices say: to holders about their seats, to buyers about their orders."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.text import capfirst

from apps.catalog.enums import EventStatus
from apps.catalog.models import EventChange
from apps.common.money import cents_to_text
from apps.common.text import seats_named
from apps.holders.api import Payable
from apps.listings.enums import DeliveryType, ListingStatus, TicketStatus
from apps.notifications.api import NoticeWords
from apps.orders.models import Order, OrderLine, OrderProduct, OrderRefund, Sale
from apps.payments.enums import RefundReason

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
# What the buyer waits for; `{email}` is the address that tickets are transferred to.
_DELIVERIES: Final[Mapping[str, str]] = {
    DeliveryType.MOBILE_TRANSFER: "We transfer the tickets to {email}. Accept the transfer in the app of the team.",
    DeliveryType.ELECTRONIC: "We send you the tickets as PDF by e-mail.",
    DeliveryType.MOBILE_SCREENCAP: "We send you pictures of the mobile tickets by e-mail.",
    DeliveryType.HARD: "We write to you about how you get the printed tickets.",
    DeliveryType.PAPERLESS: "There are no tickets to send: we write to you about how you get in.",
    DeliveryType.FLASH: "We transfer the tickets to the Flash Seats account of {email}.",
}
_DOWNLOADS: Final = "Your files are on the page of your order."


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


def change_title(change: EventChange) -> str:
    """Return what has changed about an event: `New date and venue`."""
    news = {"date": change.is_new_date, "venue": change.is_new_venue, "opponent": change.is_new_opponent}
    words = [word for word, is_new in news.items() if is_new] or ["date"]
    return f"New {' and '.join(filter(None, (', '.join(words[:-1]), words[-1])))}"


def change_sides(change: EventChange) -> tuple[str, str]:
    """Return the event before and after a change: its start, and venue and opponent if they are new."""
    sides = []
    venues, teams = (change.from_venue, change.to_venue), ("from_away_team", "to_away_team")
    for start, venue, team in zip(change.local_starts, venues, teams, strict=True):
        opponent = f"against {getattr(change, team) or 'an opponent to be decided'}" if change.is_new_opponent else ""
        sides.append(", ".join(filter(None, (start, str(venue) if change.is_new_venue else "", opponent))))
    return sides[0], sides[1]


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


def order_context(order: Order, *, link: str) -> dict[str, Any]:
    """Return the context of mails to a buyer about an order from `with_lines`; `link` leads to its page."""
    lines, products = list(order.lines.all()), list(order.products.all())
    return {
        "name": order.name,
        "number": order.number,
        "total": f"{cents_to_text(order.total_cents)} {order.currency}",
        "paid": f"{cents_to_text(order.paid_cents)} {order.currency}",
        "discount": cents_to_text(order.discount_cents) if order.discount_cents else "",
        "refunded": f"{cents_to_text(order.refunded_cents)} {order.currency}" if order.refunded_cents else "",
        "reason": order.end_reason,
        "is_disputed": order.disputed_at is not None,
        "lines": [_order_line(line) for line in lines],
        "products": [_order_product(line) for line in products],
        "deliveries": [*dict.fromkeys(_delivery(line, order) for line in lines), *([_DOWNLOADS] if products else [])],
        "link": link,
    }


def change_template(change: EventChange) -> str:
    """Return the name of the mails about a change: `event_postponed`, `event_cancelled` or `event_rescheduled`."""
    if change.to_status not in {change.from_status, EventStatus.SCHEDULED}:
        return f"event_{change.to_status}"
    return "event_rescheduled"


def buyer_change_context(
    *,
    change: EventChange,
    sales: Sequence[Sale],
    owed_cents: int,
    currency: str,
    redelivery: bool,
    refund_until: datetime | None,
) -> dict[str, Any]:
    """Return what the mail to a buyer about a change says besides its `order_context`, where it replaces the lines.

    `sales` are those of the buyer's seats at the event, by section and row; `owed_cents` is what was paid for them. The
    buyer may give them back until `refund_until`.
    """
    before, after = change_sides(change)
    places = groupby(sales, key=lambda sale: (sale.ticket.section, sale.ticket.row))
    return {
        "event": change.event.label,
        "title": change_title(change),
        "before": before,
        "after": after,
        "old_start": change.local_starts[0],
        "old_venue": str(change.from_venue),
        "new_venue": str(change.to_venue) if change.is_new_venue else "",
        "is_new_date": change.is_new_date,
        "note": change.note,
        "owed": f"{cents_to_text(owed_cents)} {currency}" if owed_cents else "",
        "redelivery": redelivery,
        "refund_until": _moment(refund_until, change.to_venue.zone) if refund_until else "",
        "lines": [
            {"event": change.event.label, "place": _place(section, row, [sale.ticket.seat for sale in seats])}
            for (section, row), seats in places
        ],
    }


def _moment(at: datetime, zone: ZoneInfo | None) -> str:
    return date_format(at.astimezone(zone) if zone else at, "F j, Y, g:i A T")


def refund_context(refund: OrderRefund, *, credit_note: str) -> dict[str, Any]:
    """Return what the mail to a buyer about a refund says besides its `order_context`, where it replaces the lines.

    The lines of the refund are loaded, with event and seat, or product.
    """
    lines = list(refund.lines.all())
    seats = [(line, line.line, line.sale) for line in lines if line.line and line.sale]
    by_place = groupby(seats, key=lambda seat: (seat[1].event.label, seat[2].ticket.section, seat[2].ticket.row))
    are_void = {sale.voided_at is not None for _, _, sale in seats}
    return {
        "amount": f"{cents_to_text(refund.amount_cents)} {refund.order.currency}",
        "note": refund.note,
        "credit_note": credit_note,
        "are_returned": are_void == {True},
        # Staff have not said yet what becomes of the seats after a refund in Stripe's dashboard.
        "are_kept": are_void == {False} and refund.reason != RefundReason.DASHBOARD,
        "lines": [
            *(
                {
                    "event": event,
                    "place": _place(section, row, [sale.ticket.seat for _, _, sale in group]),
                    "total": cents_to_text(sum(line.amount_cents for line, _, _ in group)),
                }
                for (event, section, row), group in ((place, list(group)) for place, group in by_place)
            ),
            *(
                {"event": line.product.name, "place": "digital product", "total": cents_to_text(line.amount_cents)}
                for line in lines
                if line.product
            ),
        ],
    }


def _place(section: str, row: str, seats: Sequence[str]) -> str:
    return f"section {section}, row {row}, {seats_named(seats)}"


def _order_line(line: OrderLine) -> dict[str, str]:
    block = line.listing.season_ticket
    return {
        "event": line.event.label,
        "start": line.event.local_start,
        "venue": str(line.event.venue),
        "place": _place(block.section, block.row, line.seats),
        "total": cents_to_text(line.total_cents),
    }


def _order_product(line: OrderProduct) -> dict[str, Any]:
    return {"id": line.id, "name": line.name, "quantity": line.quantity, "total": cents_to_text(line.total_cents)}


def _delivery(line: OrderLine, order: Order) -> str:
    sentence = _DELIVERIES[line.delivery_type].format(email=order.transfer_email or order.email)
    day = f" We expect to have them on {line.in_hand_date.isoformat()}." if line.in_hand_date else ""
    return sentence + day


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
        _place(section, row, [seat.seat for seat in group])
        for (section, row), group in groupby(seats, key=lambda seat: (seat.section, seat.row))
    ]
