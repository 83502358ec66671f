"""Shared by the pages on which staff decide."""

from decimal import Decimal

from django import forms

from apps.common.admin_once import DecisionForm, action_box
from apps.common.form_fields import LineFormField, PlainDecimalField
from apps.common.money import BPS_PER_ONE


class ListingDecisionForm(DecisionForm):
    """The action bar with a field for a commission rate, which `OwnRateForm` reads."""

    rate = LineFormField(label="", max_length=6, required=False, widget=action_box("Rate, 0.1500; empty: none"))


class OwnRateForm(forms.Form):
    """A commission rate from 0 up to but not including 1; empty takes the listing's own rate away."""

    rate = PlainDecimalField(
        share=True, min_value=Decimal(0), max_value=Decimal("0.9999"), decimal_places=4, required=False
    )
    reason = LineFormField(max_length=300)

    def rate_bps(self) -> int | None:
        rate: Decimal | None = self.cleaned_data["rate"]
        return None if rate is None else int(rate * BPS_PER_ONE)
