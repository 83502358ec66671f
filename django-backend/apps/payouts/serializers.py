"""Shapes of statements."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.api import LABEL_HELP
from apps.catalog.enums import EventStatus
from apps.common.fields import CurrencyField, MoneyField, RateField
from apps.holders.api import PayoutStepOutput
from apps.payouts.enums import StatementLineKind


@extend_schema_field({"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$", "example": "2026-10"})
class MonthField(serializers.DateField):
    """A month by its first day: `2026-10`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m", **kwargs)


class StatementOutput(serializers.Serializer[Any]):
    """What a holder has earned in one calendar month (UTC); it never changes."""

    id = serializers.UUIDField()
    month = MonthField(source="period_start_date")
    period_start = serializers.DateField(source="period_start_date", help_text="First day of the month (UTC).")
    period_end = serializers.DateField(
        source="period_end_date", help_text="First day (UTC) on which the month is over."
    )
    currency = CurrencyField()
    sale_count = serializers.IntegerField(min_value=0, help_text="Number of `sale` lines.")
    void_count = serializers.IntegerField(min_value=0, help_text="Number of `void` lines.")
    gross = MoneyField(
        source="gross_cents", read_only=True, help_text="Prices of the sales, minus those of the void ones."
    )
    commission = MoneyField(source="commission_cents", read_only=True, help_text="What the house keeps of it.")
    payout = MoneyField(
        source="payout_cents",
        read_only=True,
        help_text="What the holder has earned; below zero when more became void than was sold.",
    )
    made_at = serializers.DateTimeField()


class StaffStatementOutput(StatementOutput):
    """A statement with its holder."""

    holder = serializers.UUIDField(source="holder_id")


class StatementLineEventOutput(serializers.Serializer[Any]):
    """The event of a line as it is today."""

    id = serializers.UUIDField(source="sale__event_id")
    name = serializers.CharField(source="sale__event__name")
    label = serializers.CharField(  # type: ignore[assignment]  # a field of that name
        source="sale__event__label", help_text=LABEL_HELP
    )
    starts_at = serializers.DateTimeField(source="sale__event__starts_at")
    status = serializers.ChoiceField(choices=EventStatus.choices, source="sale__event__status")


class StatementLineMarketplaceOutput(serializers.Serializer[Any]):
    """Where the seat was sold."""

    code = serializers.CharField(source="sale__marketplace__code")
    name = serializers.CharField(source="sale__marketplace__name")


class StatementLineOutput(serializers.Serializer[Any]):
    """A sale, or a void sale with negative amounts."""

    kind = serializers.ChoiceField(choices=StatementLineKind.choices)
    happened_at = serializers.DateTimeField(help_text="When the seat was sold, or the sale became void.")
    sale = serializers.UUIDField(source="sale_id")
    event = StatementLineEventOutput(source="*")
    section = serializers.CharField(source="sale__ticket__section")
    row = serializers.CharField(source="sale__ticket__row")
    seat = serializers.CharField(source="sale__ticket__seat")
    marketplace = StatementLineMarketplaceOutput(source="*")
    price = MoneyField(source="price_cents", read_only=True, help_text="Of the seat; negative for a void.")
    currency = CurrencyField(source="sale__currency")
    rate = RateField(source="sale__rate_bps", read_only=True)
    rule = serializers.CharField(
        source="sale__rate_rule", help_text="Which rule gave the rate: listing, holder_team, holder, team or default."
    )
    commission = MoneyField(source="commission_cents", read_only=True, help_text="Negative for a void.")
    payout = MoneyField(source="payout_cents", read_only=True, help_text="Negative for a void.")
    steps = PayoutStepOutput(
        source="sale__explanation.steps",
        many=True,
        help_text="How the payout of the sale was calculated, frozen on its day; a void has the steps of its sale.",
    )
