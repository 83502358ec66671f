"""What mails, and pages, say to buyers about their orders."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

from apps.catalog.models import EventChange
from apps.common.money import cents_to_text
from apps.common.text import place_named
from apps.listings.enums import DeliveryType
from apps.orders.messages.changes import change_sides, change_title
from apps.orders.models import Order, OrderLine, OrderProduct, OrderRefund, Sale
from apps.payments.enums import RefundReason

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
            {"event": change.event.label, "place": place_named(section, row, [sale.ticket.seat for sale in seats])}
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
                    "place": place_named(section, row, [sale.ticket.seat for _, _, sale in group]),
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


def _order_line(line: OrderLine) -> dict[str, str]:
    block = line.listing.season_ticket
    return {
        "event": line.event.label,
        "start": line.event.local_start,
        "venue": str(line.event.venue),
        "place": place_named(block.section, block.row, line.seats),
        "total": cents_to_text(line.total_cents),
    }


def _order_product(line: OrderProduct) -> dict[str, Any]:
    return {"id": line.id, "name": line.name, "quantity": line.quantity, "total": cents_to_text(line.total_cents)}


def _delivery(line: OrderLine, order: Order) -> str:
    sentence = _DELIVERIES[line.delivery_type].format(email=order.transfer_email or order.email)
    day = f" We expect to have them on {line.in_hand_date.isoformat()}." if line.in_hand_date else ""
    return sentence + day
