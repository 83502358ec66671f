"""Whether a coupon can be used now, and what it takes off."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from apps.orders.enums import CouponUseState
from apps.orders.errors.coupons import CouponRefused
from apps.orders.errors.orders import TotalTooSmall
from apps.orders.models import Coupon, CouponUse
from apps.orders.rules.discounts import discount_cents
from apps.payments.api import MIN_AMOUNT_CENTS


class CouponEffect(NamedTuple):
    """What a coupon takes off a cart, in cents, and why the cart cannot be bought with it."""

    discount_cents: int = 0
    problem: str | None = None


def coupon_effect(code: str, *, total_cents: int, now: datetime) -> CouponEffect:
    """Return what the coupon of a cart does now to its total before the discount; at most two queries.

    Without a code there is no effect. Limits per buyer are left to the checkout, which knows the buyer.
    """
    if not code:
        return CouponEffect()
    coupon = coupon_now(code, total_cents=total_cents, now=now)
    if coupon is None:
        return CouponEffect(problem=CouponRefused.says)
    off = coupon_discount(coupon, total_cents=total_cents)
    left = total_cents - off
    if 0 < left < MIN_AMOUNT_CENTS:
        return CouponEffect(off, str(TotalTooSmall(total_cents=left, least_cents=MIN_AMOUNT_CENTS)))
    return CouponEffect(off)


def coupon_now(code: str, *, total_cents: int, now: datetime) -> Coupon | None:
    """Return the coupon with this code if it works now for a buyer who has not used it; at most two queries."""
    coupon = Coupon.objects.filter(code=code).first()
    if coupon and coupon_works(coupon, buyer_key="", total_cents=total_cents, now=now):
        return coupon
    return None


def coupon_works(coupon: Coupon, *, buyer_key: str, total_cents: int, now: datetime) -> bool:
    """Return whether a buyer can use the coupon now, for an order with this total before the discount; one query.

    Only the coupon's row lock, taken before, makes sure that the uses that are counted here are all there are.
    """
    if not (coupon.is_active and coupon.valid_from <= now < coupon.valid_until):
        return False
    if total_cents < coupon.minimum_total_cents:
        return False
    if coupon.max_uses is None and coupon.max_uses_per_buyer is None:
        return True
    counted = CouponUse.objects.filter(coupon=coupon).exclude(state=CouponUseState.RELEASED)
    if coupon.max_uses is None:
        counted = counted.filter(buyer_key=buyer_key)
    uses = counted.aggregate(in_all=Count("id"), of_buyer=Count("id", filter=Q(buyer_key=buyer_key)))
    return (coupon.max_uses is None or uses["in_all"] < coupon.max_uses) and (
        coupon.max_uses_per_buyer is None or uses["of_buyer"] < coupon.max_uses_per_buyer
    )


def coupons_with_uses() -> QuerySet[Coupon]:
    """Return the coupons, each with the number of its uses that are not released as `used`."""
    counted = CouponUse.objects.filter(coupon=OuterRef("pk")).exclude(state=CouponUseState.RELEASED)
    number = counted.order_by().values("coupon").annotate(number=Count("id")).values("number")
    return Coupon.objects.annotate(used=Coalesce(Subquery(number), 0))


def coupon_discount(coupon: Coupon, *, total_cents: int) -> int:
    """Return what the coupon takes off this total, in cents."""
    return discount_cents(total_cents=total_cents, percent_bps=coupon.percent_bps, amount_cents=coupon.amount_cents)
