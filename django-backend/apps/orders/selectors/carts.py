"""What is in a cart, and what it would cost now."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings

from apps.common.money import cents_to_text
from apps.common.rows import Row
from apps.listings.api import for_sale
from apps.orders.models import Cart, CartLine
from apps.orders.rules.buyer_prices import BuyerPrice, buyer_price
from apps.orders.selectors.coupons import coupon_effect
from apps.orders.selectors.market import market_listing_answer, market_listing_rows
from apps.orders.selectors.products import HAS_PRODUCTS, cart_product_answer, cart_products

_GONE: Final = "The seats are not for sale any more."


@dataclass(frozen=True)
class Offer:
    """What a listing offers now: the list price of a seat in cents, and how many seats can be bought at once."""

    price_cents: int
    quantities: Collection[int]


def offers_for_sale(listing_ids: Collection[UUID], *, at: datetime) -> dict[UUID, Offer]:
    """Return what the listings offer at the time `at`, by id; those that are not for sale are left out. One query."""
    return {UUID(row["id"]): _offer(row) for row in _rows(listing_ids, at)}


def seat_price(price_cents: int) -> BuyerPrice:
    """Return what a seat with this list price costs a buyer today."""
    return buyer_price(price_cents=price_cents, fee_bps=settings.BUYER_FEE_BPS)


def lines_total_cents(lines: Iterable[CartLine], *, at: datetime) -> int:
    """Return what the lines that can be bought cost at the time `at`, with fees and without a discount; one query."""
    lines = list(lines)
    offers = offers_for_sale([line.listing_id for line in lines], at=at)
    bought = [(line.quantity, offers[line.listing_id]) for line in lines if line.listing_id in offers]
    return sum(
        quantity * seat_price(offer.price_cents).total_cents
        for quantity, offer in bought
        if quantity in offer.quantities
    )


def cart_answer(cart: Cart, *, at: datetime) -> Row:
    """Return a cart as `CartOutput` describes it, at the prices of the time `at`.

    Two queries, four with a coupon, and one for products.

    Lines whose seats are not for sale, or not in this number, count nothing; each says why.
    """
    related = cart.lines.select_related("listing__event__venue", "listing__season_ticket")
    lines = list(related.annotate(has_products=HAS_PRODUCTS).order_by("id"))
    rows = {row["id"]: row for row in _rows([line.listing_id for line in lines], at)}
    answers = [_line(line, rows) for line in lines]
    bought = [line for line, answer in zip(lines, answers, strict=True) if not answer["problem"]]
    costs = [(line.quantity, seat_price(rows[str(line.listing_id)]["price_cents"])) for line in bought]
    wanted = [] if lines and not lines[0].has_products else cart_products(cart.id)
    products = [cart_product_answer(one) for one in wanted]
    subtotal = sum(quantity * price.price_cents for quantity, price in costs) + sum(one.total_cents for one in wanted)
    fees = sum(quantity * price.fee_cents for quantity, price in costs)
    coupon = coupon_effect(cart.coupon_code, total_cents=subtotal + fees, now=at)
    off = coupon.discount_cents
    sums = {"total": subtotal + fees - off, "subtotal": subtotal, "fees": fees, "discount": off}
    everything = [*answers, *products]
    can_check_out = bool(everything) and not any(one["problem"] or one["price_change"] for one in everything)
    return {
        **{name: cents_to_text(cents) for name, cents in sums.items()},
        "currency": settings.CURRENCY,
        "seats": sum(line.quantity for line in bought),
        "can_check_out": can_check_out and not coupon.problem,
        "coupon": cart.coupon_code or None,
        "coupon_problem": coupon.problem,
        "lines": answers,
        "products": products,
    }


def _rows(listing_ids: Collection[UUID], at: datetime) -> list[Row]:
    return market_listing_rows(for_sale(at=at).filter(id__in=listing_ids)) if listing_ids else []


def _offer(row: Row) -> Offer:
    return Offer(row["price_cents"], market_listing_answer(row)["allowed_quantities"])


def _line(line: CartLine, rows: Mapping[str, Row]) -> Row:
    row, event = rows.get(str(line.listing_id)), line.listing.event
    shown: dict[str, Any] = {
        "listing": str(line.listing_id),
        "event": {"id": str(event.id), "label": event.label, "starts_at_local": event.local_start},
        "section": line.listing.season_ticket.section,
        "row": line.listing.season_ticket.row,
        "quantity": line.quantity,
    }
    if row is None:
        return {**shown, "total": None, "seat": None, "price_change": None, "allowed_quantities": [], "problem": _GONE}
    offer, answer = _offer(row), market_listing_answer(row)
    price = seat_price(offer.price_cents)
    problem = None
    if line.quantity not in offer.quantities:
        problem = f"{line.quantity} seats cannot be bought together."
    was = seat_price(line.price_cents)
    change = {"from": cents_to_text(was.total_cents), "to": cents_to_text(price.total_cents)}
    return {
        **shown,
        "total": cents_to_text(line.quantity * price.total_cents),
        "seat": {name: answer[name] for name in ("total", "price", "fee")},
        "price_change": None if was == price else change,
        "allowed_quantities": list(offer.quantities),
        "problem": problem,
    }
