"""Shapes of the terms of a listing, shared by every way of listing and by changes."""

from typing import Any, Final

from rest_framework import serializers

from apps.common.fields import MoneyField, MultilineField, RateField, ShortListField, WholeNumberField, WordField
from apps.common.serializers import StrictSerializer
from apps.listings.enums import DeliveryType, Disclosure
from apps.listings.models import MAX_SEATS_PER_BLOCK
from apps.listings.rules.price_plans import MAX_DAYS_BEFORE, MAX_OFF_BPS, FloorBasis, PriceStep
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import MAX_NOTES_LENGTH, ListingTerms, TermsChanges

MAX_STEPS = 50
FLOOR_BASES: Final = [basis.value for basis in FloorBasis]
SPLIT_RULES: Final = [rule.value for rule in SplitRule]


class PriceStepInput(StrictSerializer[Any]):
    """A mark-down: from some day before the event on, so much is off the base price."""

    days_before = WholeNumberField(
        min_value=0, max_value=MAX_DAYS_BEFORE, help_text="Days before the event, in the venue's calendar; 0: its day."
    )
    off = RateField(min_bps=1, max_bps=MAX_OFF_BPS, help_text="Share of the base price, 0.0001 to 0.9000.")


class TermsInput(StrictSerializer[Any]):
    """What goes with price and seats. The service says whether the parts go together."""

    floor = MoneyField(
        required=False, allow_null=True, help_text="No mark-down goes below it. Null or left out: no floor."
    )
    floor_basis = WordField(
        choices=FLOOR_BASES,
        required=False,
        help_text="What the floor is the lowest of: `list`, the price (default), or `net`, the payout.",
    )
    price_steps = ShortListField(
        child=PriceStepInput(),
        required=False,
        max_length=MAX_STEPS,
        help_text="Mark-downs by days before the event. The largest that applies wins; they are never added up.",
    )
    split_rule = WordField(
        choices=SPLIT_RULES,
        required=False,
        help_text="Which quantities may be bought; left out: `any`. See the documentation of split rules.",
    )
    custom_quantities = ShortListField(
        child=WholeNumberField(min_value=1, max_value=MAX_SEATS_PER_BLOCK),
        required=False,
        max_length=MAX_SEATS_PER_BLOCK,
        help_text="For the split rule `custom` only.",
    )
    in_hand_date = serializers.DateField(
        required=False, allow_null=True, help_text="First day on which tickets can be delivered."
    )
    delivery_type = WordField(choices=DeliveryType.choices, required=False, help_text="Left out: `mobile_transfer`.")
    disclosures = ShortListField(
        child=WordField(choices=Disclosure.choices),
        required=False,
        max_length=len(Disclosure),
        help_text="What a buyer must know before paying.",
    )
    notes = MultilineField(max_length=MAX_NOTES_LENGTH, required=False, allow_blank=True, help_text="For buyers.")

    def terms(self) -> ListingTerms:
        """Return the validated terms; what is not named has its default."""
        return ListingTerms(**self.terms_named())

    def terms_named(self) -> TermsChanges:
        """Return those terms that the request names."""
        data, named = self.validated_data, TermsChanges()
        if "floor" in data:
            named["floor_cents"] = data["floor"]
        if "floor_basis" in data:
            named["floor_basis"] = FloorBasis(data["floor_basis"])
        if "price_steps" in data:
            named["price_steps"] = tuple(PriceStep(step["days_before"], step["off"]) for step in data["price_steps"])
        if "split_rule" in data:
            named["split_rule"] = SplitRule(data["split_rule"])
        if "custom_quantities" in data:
            named["custom_quantities"] = tuple(data["custom_quantities"])
        if "in_hand_date" in data:
            named["in_hand_date"] = data["in_hand_date"]
        if "delivery_type" in data:
            named["delivery_type"] = DeliveryType(data["delivery_type"])
        if "disclosures" in data:
            named["disclosures"] = tuple(data["disclosures"])
        if "notes" in data:
            named["notes"] = data["notes"]
        return named
