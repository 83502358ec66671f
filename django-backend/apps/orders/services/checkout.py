"""Orders are placed: seats held, totals frozen and the payment begun, all in one transaction that calls nobody.

Locks are taken in one order: the buyer's checkouts, the cart, the listings, the coupon, the order, the payment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.common.acts import Act, ChangeSource
from apps.common.ids import uuid7
from apps.listings.api import SeatRequest, SeatsNotHeld, seats_hold
from apps.listings.enums import DeliveryType, HoldOwner
from apps.listings.models import Hold
from apps.orders.errors.carts import CartPricesChanged, CartUnknown
from apps.orders.errors.orders import (
    CartEmpty,
    EventTooSoon,
    TermsNotCurrent,
    TotalTooSmall,
    TransferEmailMissing,
    seats_gone,
)
from apps.orders.errors.products import ProductNotForSale
from apps.orders.locks import cart_changing, checkouts_of_buyer_alone
from apps.orders.models import Cart, CartLine, CartProduct, Coupon, Order, OrderLine, OrderProduct
from apps.orders.rules.buyer_prices import BuyerPrice, buyer_price
from apps.orders.rules.discounts import discount_cents, discount_parts, holder_part
from apps.orders.rules.payment_lines import LineCosts, payment_lines
from apps.orders.selectors.products import HAS_PRODUCTS, WantedProduct, cart_products
from apps.orders.services.buyers import address_key, buyer_key, order_number
from apps.orders.services.checkout_limits import limits_check
from apps.orders.services.coupons import coupon_for_order, coupon_use_reserve
from apps.orders.services.products import order_products
from apps.orders.services.settlement import order_settle_free
from apps.payments.api import MIN_AMOUNT_CENTS, SESSION_LIFE, Payer, payment_begin
from apps.payments.enums import LineLabel, Purpose
from apps.payments.models import Payment

# Longer than a session, by what Stripe, its webhook and the sweep may take to report the last payment.
HOLD_LIFE: Final = SESSION_LIFE + timedelta(minutes=10)
# Each attempt to pay holds the seats for `HOLD_LIFE`; after this, the buyer gets no other one.
LONGEST_ORDER_HOLD: Final = timedelta(hours=2)
_TRANSFERRED: Final = frozenset({DeliveryType.MOBILE_TRANSFER.value})


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """Who orders, and from which network. `terms_version` is what they have accepted."""

    name: str
    email: str
    transfer_email: str
    terms_version: str
    user_id: UUID | None
    network: str


class Placed(NamedTuple):
    """An order with its lines; those of seats come with their events and blocks."""

    order: Order
    lines: list[OrderLine]
    products: list[OrderProduct]


@transaction.atomic
def order_place(*, cart_id: UUID, buyer: Buyer, total_cents: int, now: datetime) -> Placed:
    """Order what is in a cart at current prices, hold the seats, begin the payment and empty the cart.

    `total_cents` is the total that the buyer has seen. An order whose coupon leaves nothing to pay is paid at once: the
    rows have changed then. 14 queries, four more with a coupon.

    Raises:
        TermsNotCurrent, TransferEmailMissing, CartEmpty, CartUnknown: as their names say.
        TooManyOpenOrders, TooManySeats: the buyer, or the network, has enough.
        SeatsGone: for each line that cannot be bought now, why.
        CartPricesChanged: a price is not the one that the buyer has accepted, or the total not the one they have seen.
        CouponRefused: the coupon of the cart cannot be used.
        ProductNotForSale: a product cannot be bought now.
        EventTooSoon, TotalTooSmall, PaymentsOff, AmountOutOfRange: nobody could pay this order.
    """
    if buyer.terms_version != settings.TERMS_VERSION:
        raise TermsNotCurrent(settings.TERMS_VERSION)
    keys = {"buyer_key": buyer_key(buyer.email), "address_key": buyer.network and address_key(buyer.network)}
    checkouts_of_buyer_alone(*filter(None, keys.values()))
    wanted, products, code = _cart_lines(cart_id, now)
    limits_check(**keys, wanted=wanted)
    order_id, act = uuid7(), Act(buyer.user_id, ChangeSource.SHOP, now)
    holds = _held(wanted, order_id, act)
    _require_payable_events(holds, now)
    if not buyer.transfer_email and any(hold.listing.delivery_type in _TRANSFERRED for hold in holds):
        raise TransferEmailMissing
    prices = [buyer_price(price_cents=hold.price_cents, fee_bps=settings.BUYER_FEE_BPS) for hold in holds]
    totals = [line.quantity * price.total_cents for line, price in zip(wanted, prices, strict=True)]
    totals += [product.total_cents for product in products]
    coupon = code and coupon_for_order(code=code, buyer_key=keys["buyer_key"], total_cents=sum(totals), now=now)
    discounts = _discounts(coupon or None, totals)
    _require_seen(wanted, prices, products, total_cents, now_cents=sum(totals) - sum(discounts))
    fee_cents = sum(line.quantity * price.fee_cents for line, price in zip(wanted, prices, strict=True))
    order = Order(
        id=order_id,
        number=order_number(),
        user_id=buyer.user_id,
        name=buyer.name,
        email=buyer.email,
        transfer_email=buyer.transfer_email,
        terms_version=buyer.terms_version,
        currency=settings.CURRENCY,
        subtotal_cents=sum(totals) - fee_cents,
        fee_cents=fee_cents,
        discount_cents=sum(discounts),
        total_cents=sum(totals) - sum(discounts),
        placed_at=now,
        held_until=now + LONGEST_ORDER_HOLD,
        **keys,
    )
    share = coupon.holder_share_bps if coupon else 0
    lines = [
        _line(order, hold, price, discount, share)
        for hold, price, discount in zip(holds, prices, discounts[: len(holds)], strict=True)
    ]
    bought = order_products(order=order, wanted=products, discounts=discounts[len(holds) :])
    if order.total_cents:
        order.payment = payment_of(order, lines, bought, now=now)
    order.save(force_insert=True)
    OrderLine.objects.bulk_create(lines)
    if coupon:
        coupon_use_reserve(coupon=coupon, order=order)
        Cart.objects.filter(id=cart_id).update(coupon_code="")
    CartLine.objects.filter(cart=cart_id).delete()
    if products:
        OrderProduct.objects.bulk_create(bought)
        CartProduct.objects.filter(cart=cart_id).delete()
    if not order.total_cents:
        order_settle_free(order_id=order.id, now=now)
    return Placed(order, lines, bought)


def payment_of(order: Order, lines: Sequence[OrderLine], products: Sequence[OrderProduct], *, now: datetime) -> Payment:
    """Begin the payment of an order that this transaction saves, or another attempt of it.

    Raises:
        TotalTooSmall, PaymentsOff, AmountOutOfRange: nobody could pay it.
    """
    if order.total_cents < MIN_AMOUNT_CENTS:
        raise TotalTooSmall(total_cents=order.total_cents, least_cents=MIN_AMOUNT_CENTS)
    costs = [LineCosts(line.quantity, line.price_cents, line.fee_cents) for line in lines]
    costs += [LineCosts(line.quantity, line.price_cents, label=LineLabel.PRODUCTS) for line in products]
    return payment_begin(
        purpose=Purpose.ORDER,
        reference=order.id,
        lines=payment_lines(costs, discount_cents=order.discount_cents),
        payer=Payer(order.name, order.email),
        now=now,
    )


def _cart_lines(cart_id: UUID, now: datetime) -> tuple[Sequence[CartLine], list[WantedProduct], str]:
    if not cart_changing(cart_id, now=now):
        raise CartUnknown
    rows = CartLine.objects.filter(cart=cart_id).select_related("cart", "listing__event", "listing__season_ticket")
    lines = list(rows.annotate(has_products=HAS_PRODUCTS).order_by("id"))
    products = [] if lines and not lines[0].has_products else cart_products(cart_id)
    if not (lines or products):
        raise CartEmpty
    if any(product.now_cents is None for product in products):
        raise ProductNotForSale
    return lines, products, (lines[0] if lines else products[0].line).cart.coupon_code


def _held(wanted: Sequence[CartLine], order_id: UUID, act: Act) -> list[Hold]:
    if not wanted:
        return []
    requests = [SeatRequest(line.listing_id, quantity=line.quantity) for line in wanted]
    try:
        holds = seats_hold(
            requests=requests,
            owner_kind=HoldOwner.ORDER,
            owner_id=order_id,
            expires_at=act.at + HOLD_LIFE,
            act=act,
        )
    except SeatsNotHeld as error:
        places = {line.listing_id: index for index, line in enumerate(wanted)}
        gone = sorted((places[listing_id], str(refusal)) for listing_id, refusal in error.refusals.items())
        raise seats_gone(gone) from error
    for line, hold in zip(wanted, holds, strict=True):
        hold.listing.season_ticket = line.listing.season_ticket
    return holds


def _require_payable_events(holds: Sequence[Hold], now: datetime) -> None:
    for hold in holds:
        if hold.listing.event.starts_at <= now + HOLD_LIFE:
            raise EventTooSoon(hold.listing.event.label)


def _discounts(coupon: Coupon | None, totals: Sequence[int]) -> list[int]:
    if coupon is None:
        return [0] * len(totals)
    cents = discount_cents(total_cents=sum(totals), percent_bps=coupon.percent_bps, amount_cents=coupon.amount_cents)
    return discount_parts(discount_cents=cents, line_totals=totals)


def _require_seen(
    wanted: Sequence[CartLine],
    prices: Sequence[BuyerPrice],
    products: Sequence[WantedProduct],
    seen_cents: int,
    *,
    now_cents: int,
) -> None:
    changed = any(line.price_cents != price.price_cents for line, price in zip(wanted, prices, strict=True))
    changed = changed or any(product.line.price_cents != product.now_cents for product in products)
    if changed or seen_cents != now_cents:
        raise CartPricesChanged(seen_cents=seen_cents, now_cents=now_cents)


def _line(order: Order, hold: Hold, price: BuyerPrice, discount: int, holder_share_bps: int) -> OrderLine:
    listing = hold.listing
    return OrderLine(
        order=order,
        listing=listing,
        event=listing.event,
        hold=hold,
        quantity=len(hold.seats),
        seats=hold.seats,
        price_cents=price.price_cents,
        fee_cents=price.fee_cents,
        discount_cents=discount,
        holder_discount_cents=holder_part(discount_cents=discount, holder_share_bps=holder_share_bps),
        delivery_type=listing.delivery_type,
        in_hand_date=listing.in_hand_date,
        disclosures=listing.disclosures,
    )
