"""Forms of the admin pages."""

import re
from decimal import Decimal
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminSplitDateTimeWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from apps.catalog.models import Event, Venue
from apps.common.form_fields import (
    HundredthsField,
    IdFormField,
    LineFormField,
    PlainDecimalField,
    WholeNumberFormField,
)
from apps.common.form_versions import Changes, VersionedForm
from apps.common.money import BPS_PER_ONE, CENTS_PER_UNIT, MAX_PRICE_CENTS, cents_from_decimal
from apps.listings.enums import STAFF_LISTINGS
from apps.orders.enums import CouponFunding
from apps.orders.errors.sales import SaleRecordedAlready
from apps.orders.models import Coupon, Product
from apps.orders.models.products import MAX_PRODUCT_CENTS
from apps.orders.rules.coupon_codes import CODE_PATTERN, coupon_code
from apps.orders.selectors.sales import marketplaces_in_use
from apps.season_tickets.models import MAX_SEATS_PER_BLOCK

MAX_PRODUCT_BYTES: Final = 20_000_000  # nginx lets 25 MB pass


class SaleForm(forms.Form):
    """A sale that was made on a marketplace, as staff record it."""

    listing = IdFormField(
        label="Listing", look_up=STAFF_LISTINGS, widget=UnfoldAdminTextInputWidget, help_text="Id of the listing."
    )
    seats = LineFormField(
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Names separated by commas: 1, 2. Or give a quantity.",
    )
    quantity = WholeNumberFormField(
        required=False,
        min_value=1,
        max_value=MAX_SEATS_PER_BLOCK,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Neighbours are chosen so that the remaining seats can still be sold.",
    )
    marketplace = forms.ModelChoiceField(marketplaces_in_use(), to_field_name="code", widget=UnfoldAdminSelectWidget)
    invoice_number = LineFormField(max_length=100, widget=UnfoldAdminTextInputWidget)
    customer_reference = LineFormField(max_length=200, required=False, widget=UnfoldAdminTextInputWidget)
    price = PlainDecimalField(
        label="Price of one seat",
        required=False,
        min_value=Decimal("0.01"),
        max_value=Decimal(MAX_PRICE_CENTS) / CENTS_PER_UNIT,
        decimal_places=2,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="Leave empty to use the price of the listing.",
    )
    sold_at = forms.SplitDateTimeField(
        label="Sold at (UTC)",
        required=False,
        widget=UnfoldAdminSplitDateTimeWidget,
        help_text="Leave empty to use the current time.",
    )
    ignore_split_rule = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="The sale was made, even if the split rule forbids it.",
    )
    allow_duplicate_invoice = forms.BooleanField(
        label="Record it a second time",
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="It is another sale, of other seats, under the same invoice.",
    )

    def asks_again(self) -> bool:
        """Whether to show the confirmation: only if the form was refused for lack of it, or has it."""
        return bool(
            self["allow_duplicate_invoice"].value() or self.has_error("invoice_number", SaleRecordedAlready.code)
        )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        seats = [name.strip() for name in cleaned.pop("seats", "").split(",") if name.strip()]
        if bool(seats) == bool(cleaned.get("quantity")) and not self.errors:
            self.add_error("seats", "Name either seats or a quantity.")
        price: Decimal | None = cleaned.pop("price", None)
        cleaned["price_cents"] = None if price is None else cents_from_decimal(price)
        cleaned["seats"] = seats or None
        return cleaned


class CouponTermsForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """What staff may change about a coupon for good: when it is valid, for which totals, and how often."""

    minimum_total_cents = HundredthsField(
        label="Lowest total",
        initial=0,
        lowest=0,
        highest=MAX_PRICE_CENTS,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="Of an order before the discount, fees included. 0.00: any.",
    )

    class Meta:
        model = Coupon
        fields: tuple[str, ...] = (
            "minimum_total_cents", "valid_from", "valid_until", "is_active", "max_uses", "max_uses_per_buyer", "note",
        )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        begin, end = data.get("valid_from"), data.get("valid_until")
        if begin and end and end <= begin:
            self.add_error("valid_until", "The end must be after the beginning.")
        return data


class CouponForm(CouponTermsForm):
    """All about a coupon that no order has used."""

    percent_bps = HundredthsField(
        label="Discount in percent",
        required=False,
        lowest=1,
        highest=BPS_PER_ONE,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="Of the total with fees: 20, or 12.5. Or give an amount.",
    )
    amount_cents = HundredthsField(
        label="Discount as an amount",
        required=False,
        lowest=1,
        highest=MAX_PRICE_CENTS,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="Off the total with fees, and at most all of it: 15.00.",
    )
    holder_share = HundredthsField(
        label="Holder's share in percent",
        required=False,
        lowest=1,
        highest=BPS_PER_ONE - 1,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="Of the discount, if it is shared: 50. The house bears the rest.",
    )

    class Meta(CouponTermsForm.Meta):
        fields = ("code", "percent_bps", "amount_cents", "funded_by", *CouponTermsForm.Meta.fields)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.funded_by == CouponFunding.SHARED:
            self.initial["holder_share"] = self.instance.holder_share_bps

    @property
    def changed_data(self) -> list[str]:
        """What was changed; the column of the share follows from two fields."""
        changed = super().changed_data
        return [*changed, "holder_share_bps"] if {"funded_by", "holder_share"} & set(changed) else changed

    def clean_code(self) -> str:
        code = coupon_code(self.cleaned_data["code"])
        if not re.match(CODE_PATTERN, code):
            raise ValidationError("Write 3 to 40 letters, digits, hyphens and underscores.", code="invalid")
        return code

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        is_unclear = (data.get("percent_bps") is None) == (data.get("amount_cents") is None)
        if is_unclear and not self.has_error("percent_bps") and not self.has_error("amount_cents"):
            self.add_error("percent_bps", "Give either a percentage or an amount.")
        share, is_shared = data.get("holder_share"), data.get("funded_by") == CouponFunding.SHARED
        if not self.has_error("holder_share") and (share is not None) != is_shared:
            needed = "Say which share of the discount the holder bears." if is_shared else "Only for a shared discount."
            self.add_error("holder_share", needed)
        is_holders = data.get("funded_by") == CouponFunding.HOLDER
        self.instance.holder_share_bps = BPS_PER_ONE if is_holders else share or 0
        return data


class RescheduleForm(VersionedForm, forms.Form):
    """The new start in the time of the venue, and why."""

    starts_at = forms.SplitDateTimeField(label="New start", widget=UnfoldAdminSplitDateTimeWidget)
    time_tbd = forms.BooleanField(label="Time to be decided", required=False, widget=UnfoldBooleanSwitchWidget)
    date_tbd = forms.BooleanField(label="Date to be decided", required=False, widget=UnfoldBooleanSwitchWidget)
    venue = forms.ModelChoiceField(Venue.objects.all(), widget=UnfoldAdminSelectWidget)
    note = LineFormField(
        label="Reason", max_length=300, widget=UnfoldAdminTextInputWidget, help_text="Holders and buyers read it."
    )

    def __init__(self, *args: Any, event: Event, changes: Changes, **kwargs: Any) -> None:
        zone = event.venue.zone
        initial = {
            "starts_at": event.starts_at.astimezone(zone).replace(tzinfo=None),
            "time_tbd": event.time_tbd,
            "date_tbd": event.date_tbd,
            "venue": event.venue_id,
        }
        self.changes = changes
        super().__init__(*args, **{**kwargs, "initial": initial})
        self.fields["starts_at"].help_text = f"Local time at the venue; here: {zone.key}."

    def clean(self) -> dict[str, Any]:
        """Read the start in the time of the chosen venue."""
        cleaned: dict[str, Any] = super().clean() or {}
        if (starts_at := cleaned.get("starts_at")) and (venue := cleaned.get("venue")):
            cleaned["starts_at"] = timezone.make_aware(starts_at.replace(tzinfo=None), venue.zone)
        return cleaned


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A digital product; a file replaces the one that is there."""

    price_cents = HundredthsField(
        label="Price",
        lowest=1,
        highest=MAX_PRODUCT_CENTS,
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="Of one; there is no fee on top.",
    )
    file = forms.FileField(
        label="PDF",
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".pdf,application/pdf"}),
        help_text="Replaces the present file, also for those who have bought it.",
    )

    class Meta:
        model = Product
        fields = ("name", "price_cents", "is_active")

    def clean_file(self) -> "UploadedFile[bytes] | None":
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        if file is None:
            return None
        if (file.size or 0) > MAX_PRODUCT_BYTES:
            size = MAX_PRODUCT_BYTES // 1_000_000
            raise ValidationError(f"The file is larger than {size} MB.", code="too_large")
        if file.read(5) != b"%PDF-":
            raise ValidationError("The file is not a PDF.", code="invalid")
        file.seek(0)
        return file


class NewProductForm(ProductForm):
    """A product does not exist without its file."""

    file = forms.FileField(label="PDF", widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".pdf,application/pdf"}))
