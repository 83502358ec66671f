"""What buyers put into their carts: numbers of seats of listings. Nothing is held before the checkout.

`services/products.py` has the products beside them. A cart belongs to a user, or to a visitor, who proves it by a
token. Every change takes the lock of the cart.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from apps.common.database import deleted_in_batches
from apps.orders.errors.carts import (
    CartFull,
    CartLineUnknown,
    CartPricesChanged,
    CartUnknown,
    NotInMarket,
    QuantityNotAllowed,
)
from apps.orders.errors.coupons import CouponRefused
from apps.orders.locks import cart_changing
from apps.orders.models import Cart, CartLine, CartProduct
from apps.orders.models.carts import MAX_LINES
from apps.orders.rules.coupon_codes import coupon_code
from apps.orders.selectors.carts import Offer, lines_total_cents, offers_for_sale, seat_price
from apps.orders.selectors.coupons import coupon_effect, coupon_now
from apps.orders.selectors.products import cart_products, products_total_cents
from apps.orders.services.products import cart_products_accept, cart_products_merge

RETENTION: Final = timedelta(days=30)
PURGE_BATCH: Final = 5_000


def visitor_cart_begin(*, now: datetime) -> tuple[Cart, str]:
    """Make a cart for a visitor; return it with its token, which nobody can read again."""
    token = secrets.token_urlsafe(32)
    return Cart.objects.create(token_hash=token_hash(token), changed_at=now), token


def user_cart(*, user_id: UUID, now: datetime) -> Cart:
    """Return the cart of a user, made if there is none."""
    return Cart.objects.get_or_create(user_id=user_id, defaults={"changed_at": now})[0]


def visitor_cart(*, token: str) -> Cart:
    """Return the cart of a visitor.

    Raises:
        CartUnknown: no cart has this token.
    """
    cart = Cart.objects.filter(token_hash=token_hash(token)).first()
    if cart is None:
        raise CartUnknown
    return cart


def token_hash(token: str) -> str:
    """Return what the database knows of the token of a visitor."""
    return hashlib.sha256(token.encode(errors="backslashreplace")).hexdigest()


@transaction.atomic
def cart_line_add(*, cart_id: UUID, listing_id: UUID, quantity: int, now: datetime) -> None:
    """Add seats of a listing to a cart, besides those already there; the buyer accepts the current price.

    Raises:
        CartUnknown: the cart was deleted meanwhile.
        CartFull: it has `MAX_LINES` already.
        NotInMarket, QuantityNotAllowed: the listing is not for sale, or not in this number.
    """
    lines = _lines_locked(cart_id, now)
    line = lines.filter(listing=listing_id).first()
    if line is None and lines.count() + CartProduct.objects.filter(cart=cart_id).count() >= MAX_LINES:
        raise CartFull(MAX_LINES)
    _put(cart_id, listing_id, quantity, now, besides=line.quantity if line else 0)


@transaction.atomic
def cart_line_set(*, cart_id: UUID, listing_id: UUID, quantity: int, now: datetime) -> None:
    """Change how many seats of a listing are in a cart; the buyer accepts the current price.

    Raises:
        CartLineUnknown: there are none. Others as of `cart_line_add`.
    """
    if not _lines_locked(cart_id, now).filter(listing=listing_id).exists():
        raise CartLineUnknown
    _put(cart_id, listing_id, quantity, now)


@transaction.atomic
def cart_line_remove(*, cart_id: UUID, listing_id: UUID, now: datetime) -> None:
    """Take a listing out of a cart.

    Raises:
        CartLineUnknown: it is not in there.
    """
    deleted, _ = _lines_locked(cart_id, now).filter(listing=listing_id).delete()
    if not deleted:
        raise CartLineUnknown


@transaction.atomic
def cart_clear(*, cart_id: UUID, now: datetime) -> None:
    """Take everything out of a cart, its coupon included."""
    _lines_locked(cart_id, now).delete()
    CartProduct.objects.filter(cart=cart_id).delete()
    _coupon_put(cart_id, "")


@transaction.atomic
def cart_coupon_set(*, cart_id: UUID, code: str, now: datetime) -> None:
    """Put the coupon with this code into a cart, in place of another one. The checkout checks it again.

    Raises:
        CouponRefused: it does not work now for what is in the cart, or there is none.
        CartUnknown: the cart was deleted meanwhile.
    """
    total = lines_total_cents(_lines_locked(cart_id, now), at=now) + products_total_cents(cart_id)
    coupon = coupon_now(coupon_code(code), total_cents=total, now=now)
    if coupon is None:
        raise CouponRefused
    _coupon_put(cart_id, coupon.code)


@transaction.atomic
def cart_coupon_clear(*, cart_id: UUID, now: datetime) -> None:
    """Take the coupon out of a cart, if there is one.

    Raises:
        CartUnknown: the cart was deleted meanwhile.
    """
    _lines_locked(cart_id, now)
    _coupon_put(cart_id, "")


@transaction.atomic
def cart_prices_accept(*, cart_id: UUID, total_cents: int, now: datetime) -> None:
    """Let the buyer accept the current prices, whose total after the discount they have seen.

    Raises:
        CartPricesChanged: the total has changed since.
        NotInMarket, QuantityNotAllowed: a listing is no longer for sale, or no longer in this number.
        ProductNotForSale: a product is no longer for sale.
    """
    lines = list(_lines_locked(cart_id, now))
    offers = offers_for_sale([line.listing_id for line in lines], at=now)
    for line in lines:
        offer = _offer(offers, line.listing_id)
        if line.quantity not in offer.quantities:
            raise QuantityNotAllowed(line.quantity, allowed=offer.quantities)
        line.price_cents = offer.price_cents
    total = sum(line.quantity * seat_price(line.price_cents).total_cents for line in lines)
    total += cart_products_accept(cart_products(cart_id))
    code = Cart.objects.values_list("coupon_code", flat=True).get(id=cart_id)
    total -= coupon_effect(code, total_cents=total, now=now).discount_cents
    if total != total_cents:
        raise CartPricesChanged(seen_cents=total_cents, now_cents=total)
    CartLine.objects.bulk_update(lines, ["price_cents"])


@transaction.atomic
def carts_merge(*, user_id: UUID, token: str, now: datetime) -> Cart:
    """Move the lines of a visitor's cart into the cart of the user who the visitor is, and return the latter.

    Of a listing or product that is in both, the larger number stays. Lines that do not fit into the cart are dropped.
    A coupon of the visitor replaces that of the user.

    Raises:
        CartUnknown: no cart has this token; it may have been merged before.
    """
    from_cart, into = visitor_cart(token=token), user_cart(user_id=user_id, now=now)
    # In id order, so that two merges never lock each other out.
    lines = {cart_id: list(_lines_locked(cart_id, now)) for cart_id in sorted((from_cart.id, into.id))}
    own = {line.listing_id: line for line in lines[into.id]}
    for line in lines[from_cart.id]:
        mine = own.get(line.listing_id)
        if mine is None and len(own) + into.products.count() < MAX_LINES:
            line.cart = into
            line.save(update_fields=["cart", "updated_at"])
            own[line.listing_id] = line
        elif mine and line.quantity > mine.quantity:
            mine.quantity, mine.price_cents = line.quantity, line.price_cents
            mine.save(update_fields=["quantity", "price_cents", "updated_at"])
    cart_products_merge(source=from_cart, target=into, room=MAX_LINES - len(own) - into.products.count())
    if from_cart.coupon_code:
        into.coupon_code = from_cart.coupon_code
        _coupon_put(into.id, into.coupon_code)
    from_cart.delete()
    return into


def carts_purge(*, now: datetime) -> int:
    """Delete carts that nobody has changed for `RETENTION`; return how many rows."""
    old = Cart.objects.filter(changed_at__lte=now - RETENTION).order_by("changed_at")
    return deleted_in_batches(old, size=PURGE_BATCH)


def _lines_locked(cart_id: UUID, now: datetime) -> QuerySet[CartLine]:
    if not cart_changing(cart_id, now=now):
        raise CartUnknown
    return CartLine.objects.filter(cart=cart_id).order_by("id")


def _coupon_put(cart_id: UUID, code: str) -> None:
    Cart.objects.filter(id=cart_id).update(coupon_code=code)


def _put(cart_id: UUID, listing_id: UUID, quantity: int, now: datetime, *, besides: int = 0) -> None:
    offer, total = _offer(offers_for_sale([listing_id], at=now), listing_id), besides + quantity
    if total not in offer.quantities:
        raise QuantityNotAllowed(total, allowed=offer.quantities, besides=besides)
    CartLine.objects.update_or_create(
        cart_id=cart_id, listing_id=listing_id, defaults={"quantity": total, "price_cents": offer.price_cents}
    )


def _offer(offers: Mapping[UUID, Offer], listing_id: UUID) -> Offer:
    if (offer := offers.get(listing_id)) is None:
        raise NotInMarket
    return offer
