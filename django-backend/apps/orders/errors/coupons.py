"""What can go wrong with coupons."""

from apps.common.errors import DomainError


class CouponRefused(
    DomainError,
    code="coupon_refused",
    says="This coupon code cannot be used for this order. Check its spelling, its dates and its lowest total.",
    attr="coupon",
):
    """The same sentence for every reason, unknown codes included: nobody learns which codes there are."""
