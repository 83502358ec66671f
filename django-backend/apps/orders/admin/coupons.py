"""Coupons: made and switched off by staff; what orders have used keeps its discount."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.common.admin_access import ReadOnlyInline
from apps.common.admin_base import SafeModelAdmin
from apps.common.admin_lists import column
from apps.common.money import cents_to_text
from apps.orders.enums import CouponFunding
from apps.orders.forms import CouponForm, CouponTermsForm
from apps.orders.models import Coupon, CouponUse
from apps.orders.selectors.coupons import coupons_with_uses


class CouponUseInline(ReadOnlyInline):
    """Orders that use the coupon."""

    model = CouponUse
    per_page = 50
    related = ("order",)
    fields = ("order", "state", "ordered")
    readonly_fields = ("ordered",)
    ordered = column("Ordered", lambda use: use.order.placed_at)


def _discount(coupon: Coupon) -> str:
    if coupon.percent_bps is not None:
        return f"{cents_to_text(coupon.percent_bps)} %"
    return cents_to_text(coupon.amount_cents or 0)


def _borne_by(coupon: Coupon) -> str:
    if coupon.funded_by != CouponFunding.SHARED:
        return coupon.get_funded_by_display()
    return f"Holder {cents_to_text(coupon.holder_share_bps)} %, house the rest"


@admin.register(Coupon)
class CouponAdmin(SafeModelAdmin):
    """Discounts for whoever knows a code. Once an order uses one, its code, discount and funding stay."""

    empty_note = "Add a coupon to give buyers of our own shop a discount."
    list_display = ("code", "discount", "borne_by", "valid_from", "valid_until", "is_active", "uses", "note")
    list_filter = ("is_active", "funded_by", "valid_until")
    search_fields = ("code", "note")
    inlines = (CouponUseInline,)
    form = CouponForm
    discount = column("Discount", _discount)
    borne_by = column("Borne by", _borne_by, by="funded_by")
    lowest_total = column("Lowest total", lambda coupon: cents_to_text(coupon.minimum_total_cents))
    uses = column("Uses", lambda coupon: f"{coupon.used} of {coupon.max_uses or 'any number'}", by="used")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Coupon]:
        return coupons_with_uses()

    def get_form(self, request: HttpRequest, obj: Coupon | None = None, change: bool = False, **kwargs: Any) -> Any:
        if obj and obj.uses.exists():
            kwargs["form"] = CouponTermsForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request: HttpRequest, obj: Coupon | None = None) -> tuple[str, ...]:
        is_read = obj is not None and not self.has_change_permission(request, obj)
        terms = tuple(CouponTermsForm.Meta.fields)
        if is_read:
            return ("code", "discount", "borne_by", "lowest_total", *terms[1:])
        if obj and obj.uses.exists():
            return ("code", "discount", "borne_by", *terms)
        return ("code", "percent_bps", "amount_cents", "funded_by", "holder_share", *terms)

    def get_readonly_fields(self, request: HttpRequest, obj: Coupon | None = None) -> tuple[str, ...]:
        fixed = ("discount", "borne_by", "lowest_total")
        return (*fixed, "code") if obj and obj.uses.exists() else fixed

    def has_delete_permission(self, request: HttpRequest, obj: Coupon | None = None) -> bool:
        """Coupons are switched off: orders refer to those that they have used."""
        return False
