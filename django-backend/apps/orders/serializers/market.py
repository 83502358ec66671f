"""Shapes of the market. They describe the rows of `selectors.market` for the OpenAPI document."""

from typing import Any

from rest_framework import serializers

from apps.catalog.api import EventOutput
from apps.common.fields import CurrencyField, MoneyField
from apps.listings.enums import DeliveryType, Disclosure

_FEE_HELP = "What is on top of the price: a fee that every buyer pays."


class MarketEventOutput(EventOutput):
    """An event of which seats can be bought now. Seats and quantities are those of its 50 cheapest listings."""

    from_total = MoneyField(help_text="What the cheapest seat costs with all mandatory fees. Show it first.")
    from_price = MoneyField(help_text="The price of this seat.")
    from_fee = MoneyField(min_cents=0, help_text=_FEE_HELP)
    currency = CurrencyField()
    seats_available = serializers.IntegerField(min_value=1, help_text="Seats that can be bought.")
    allowed_quantities = serializers.ListField(
        child=serializers.IntegerField(min_value=1), help_text="How many seats can be bought at once."
    )
    has_more = serializers.BooleanField(
        help_text="There are more listings, so there are more seats, and maybe more quantities."
    )

    class Meta(EventOutput.Meta):
        fields = (  # type: ignore[assignment]  # others than those of the catalogue
            "from_total", "from_price", "from_fee", "currency", "seats_available", "allowed_quantities", "has_more",
            *(name for name in EventOutput.Meta.fields if name != "stubhub_event_url"),
        )  # fmt: skip


class MarketProductOutput(serializers.Serializer[Any]):
    """A digital product that can be bought now, in any number; amounts are those of one."""

    total = MoneyField(help_text="What a buyer pays. Show it first.")
    price = MoneyField()
    fee = MoneyField(min_cents=0, help_text="There is none.")
    currency = CurrencyField()
    id = serializers.UUIDField()
    name = serializers.CharField()


class MarketListingOutput(serializers.Serializer[Any]):
    """Seats beside each other of which some or all can be bought now; amounts are those of one seat."""

    total = MoneyField(help_text="What a buyer pays for one seat, with all mandatory fees. Show it first.")
    price = MoneyField()
    fee = MoneyField(min_cents=0, help_text=_FEE_HELP)
    currency = CurrencyField()
    id = serializers.UUIDField()
    section = serializers.CharField()
    row = serializers.CharField()
    seats = serializers.ListField(
        child=serializers.CharField(),
        allow_null=True,
        help_text="Numbers of the seats that can be bought; null: not shown, or places without numbers.",
    )
    seats_available = serializers.IntegerField(min_value=1, help_text="Seats that can be bought.")
    allowed_quantities = serializers.ListField(
        child=serializers.IntegerField(min_value=1), help_text="How many seats can be bought at once."
    )
    disclosures = serializers.ListField(
        child=serializers.ChoiceField(choices=Disclosure.choices), help_text="What a buyer must know before paying."
    )
    delivery_type = serializers.ChoiceField(choices=DeliveryType.choices)
    in_hand_date = serializers.DateField(
        allow_null=True, help_text="First day on which tickets can be delivered; null: no such day is known."
    )
