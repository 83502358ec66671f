"""Uses of coupons: reserved by a checkout, confirmed by its payment, released when the order ends unpaid.

Callers have a transaction open. Every function takes the lock of the coupon, after the listings and before the order.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from apps.orders.enums import CouponUseState
from apps.orders.errors.coupons import CouponRefused
from apps.orders.locks import coupon_locked, coupon_of_order_locked
from apps.orders.models import Coupon, CouponUse, Order
from apps.orders.rules.coupon_codes import coupon_code
from apps.orders.selectors.coupons import coupon_works


def coupon_for_order(*, code: str, buyer_key: str, total_cents: int, now: datetime) -> Coupon:
    """Return the coupon for an order that is about to be placed, under its row lock.

    `total_cents` is that of the order before the discount, fees included.

    Raises:
        CouponRefused: there is no such coupon, or this buyer cannot use it for this order now.
    """
    coupon = coupon_locked(coupon_code(code))
    if coupon is None or not coupon_works(coupon, buyer_key=buyer_key, total_cents=total_cents, now=now):
        raise CouponRefused
    return coupon


def coupon_use_reserve(*, coupon: Coupon, order: Order) -> None:
    """Record that a new order uses a coupon, which `coupon_for_order` has locked."""
    CouponUse.objects.create(coupon=coupon, order=order, buyer_key=order.buyer_key)


def coupon_use_confirm(*, order_id: UUID) -> None:
    """Count the use of a paid order for good; without an effect if it uses no coupon.

    A released use counts again: money that came late was paid at the price with the discount. The coupon may then have
    more uses than its limit.
    """
    _use_move(order_id, {CouponUseState.RESERVED, CouponUseState.RELEASED}, CouponUseState.CONFIRMED)


def coupon_use_release(*, order_id: UUID) -> None:
    """Give back the use of an order that ended unpaid; without an effect if it uses no coupon, or was paid."""
    _use_move(order_id, {CouponUseState.RESERVED}, CouponUseState.RELEASED)


def _use_move(order_id: UUID, sources: Collection[CouponUseState], target: CouponUseState) -> None:
    if coupon_of_order_locked(order_id) is None:
        return
    use = CouponUse.objects.get(order=order_id)  # after the lock, so that it has the state that was waited for
    if use.state in sources:
        use.state = target
        use.save(update_fields=["state", "updated_at"])
