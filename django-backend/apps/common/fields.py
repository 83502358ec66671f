"""Serializer fields of money: decimal strings outside, integer cents inside."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.money import cents_from_decimal, cents_to_text


@extend_schema_field({"type": "string", "format": "decimal", "example": "100.00"})
class MoneyField(serializers.DecimalField):
    """An amount of dollars such as `"100.00"`; validated data and `to_representation` speak cents."""

    def __init__(self, *, min_cents: int = 1, max_cents: int = 100_000_000, **kwargs: Any) -> None:
        super().__init__(
            max_digits=12,
            decimal_places=2,
            min_value=Decimal(min_cents) / 100,
            max_value=Decimal(max_cents) / 100,
            **kwargs,
        )

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return cents; the range and the two decimals are checked on the decimal first."""
        value = super().run_validation(data)
        return cents_from_decimal(value) if isinstance(value, Decimal) else value

    def to_representation(self, value: int) -> str:  # type: ignore[override]  # cents, not the decimal of the base class
        """Return cents as text."""
        return cents_to_text(value)
