"""Whether a coupon can be used now."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Count, Q

from apps.orders.enums import CouponUseState
from apps.orders.models import Coupon, CouponUse
from apps.orders.rules.discounts import discount_cents


class CouponUses(NamedTuple):
    """How many orders use a coupon, released uses not counted: all of them, and those of one buyer."""

    in_all: int
    of_buyer: int


def coupon_uses(coupon: Coupon, *, buyer_key: str | None) -> CouponUses:
    """Return how often a coupon is used; one query. Only the coupon's row lock makes sure that it stays so."""
    counted = CouponUse.objects.filter(coupon=coupon).exclude(state=CouponUseState.RELEASED)
    return CouponUses(**counted.aggregate(in_all=Count("id"), of_buyer=Count("id", filter=Q(buyer_key=buyer_key))))


def coupon_works(coupon: Coupon, uses: CouponUses, *, total_cents: int, now: datetime) -> bool:
    """Return whether another order with this total, before the discount, can use the coupon now."""
    return (
        coupon.is_active
        and coupon.valid_from <= now < coupon.valid_until
        and total_cents >= coupon.minimum_total_cents
        and (coupon.max_uses is None or uses.in_all < coupon.max_uses)
        and (coupon.max_uses_per_buyer is None or uses.of_buyer < coupon.max_uses_per_buyer)
    )


def coupon_discount(coupon: Coupon, *, total_cents: int) -> int:
    """Return what the coupon takes off this total, in cents."""
    return discount_cents(total_cents=total_cents, percent_bps=coupon.percent_bps, amount_cents=coupon.amount_cents)
