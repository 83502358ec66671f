"""Coupons, and which orders use them."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from apps.common.model_fields import LineField
from apps.common.models import BaseModel
from apps.common.money import BPS_PER_ONE, MAX_PRICE_CENTS
from apps.orders.enums import CouponFunding, CouponUseState
from apps.orders.models.orders import Order
from apps.orders.rules.coupon_codes import CODE_PATTERN


class Coupon(BaseModel):
    """A discount on a whole order: a share of its total, or an amount, for whoever knows the code."""

    code = LineField(max_length=40, unique=True, help_text="In capitals, without spaces.")
    percent_bps = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(BPS_PER_ONE)],
        help_text="Share of the total, in basis points; empty: an amount.",
    )
    amount_cents = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1), MaxValueValidator(MAX_PRICE_CENTS)]
    )
    minimum_total_cents = models.PositiveIntegerField(
        default=0, help_text="Lowest total of an order before the discount, fees included, in cents."
    )
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(help_text="The first moment at which it is no longer valid.")
    is_active = models.BooleanField("active", default=True)
    max_uses = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="In all; empty: any number."
    )
    max_uses_per_buyer = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="By e-mail address; empty: any number."
    )
    funded_by = models.CharField(max_length=10, choices=CouponFunding.choices, default=CouponFunding.HOUSE)
    holder_share_bps = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="Share of the discount that holders bear, in basis points."
    )
    note = LineField(max_length=200, blank=True, help_text="For staff: what it is for.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=CODE_PATTERN), name="coupon_code_written_so"),
            models.CheckConstraint(
                condition=Q(percent_bps__isnull=True) ^ Q(amount_cents__isnull=True), name="coupon_percent_or_amount"
            ),
            models.CheckConstraint(
                condition=Q(percent_bps__isnull=True) | Q(percent_bps__gte=1, percent_bps__lte=BPS_PER_ONE),
                name="coupon_percent_in_range",
            ),
            models.CheckConstraint(
                condition=Q(amount_cents__isnull=True) | Q(amount_cents__gte=1, amount_cents__lte=MAX_PRICE_CENTS),
                name="coupon_amount_in_range",
            ),
            models.CheckConstraint(condition=Q(valid_until__gt=F("valid_from")), name="coupon_valid_some_time"),
            models.CheckConstraint(
                condition=Q(funded_by=CouponFunding.HOUSE, holder_share_bps=0)
                | Q(funded_by=CouponFunding.HOLDER, holder_share_bps=BPS_PER_ONE)
                | Q(funded_by=CouponFunding.SHARED, holder_share_bps__gte=1, holder_share_bps__lt=BPS_PER_ONE),
                name="coupon_share_fits_funding",
            ),
        ]

    def __str__(self) -> str:
        return self.code


class CouponUse(BaseModel):
    """The use of a coupon by one order. Written under the row lock of the coupon, which makes counting safe."""

    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="uses")
    order = models.OneToOneField(Order, on_delete=models.PROTECT, related_name="coupon_use")
    buyer_key = models.CharField(max_length=64, help_text="Keyed digest of the buyer's e-mail address.")
    state = models.CharField(max_length=10, choices=CouponUseState.choices, default=CouponUseState.RESERVED)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["coupon", "buyer_key"], name="couponuse_counted", condition=~Q(state=CouponUseState.RELEASED)
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=CouponUseState.values), name="couponuse_state_known")
        ]

    def __str__(self) -> str:
        return f"{self.coupon}, order {self.order}"
