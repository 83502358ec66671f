"""Serializer fields of money: decimal strings outside, integer cents inside. apps/common/openapi.py describes them."""

import re
from decimal import Decimal
from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.money import BPS_PER_ONE, cents_from_decimal, cents_to_text, rate_to_text

_PLAIN: Final = re.compile(r"-?[0-9]{1,40}(?:\.[0-9]{1,40})?")


def _plain(field: serializers.DecimalField, data: Any) -> Any:
    """Return the text of a number, as people write one.

    Python's decimals also read `1_0.50`, `1e3` and the digits of other scripts: a price that its sender may have meant
    otherwise.

    Raises:
        serializers.ValidationError: it is text of another form.
    """
    if isinstance(data, str) and not _PLAIN.fullmatch(data.strip()):
        field.fail("invalid")
    return data


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

    def to_internal_value(self, data: Any) -> Any:
        """Return the decimal of a plain number."""
        return super().to_internal_value(_plain(self, data))

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return cents; the range and the two decimals are checked on the decimal first."""
        value = super().run_validation(data)
        return cents_from_decimal(value) if isinstance(value, Decimal) else value

    def to_representation(self, value: int) -> str:  # type: ignore[override]  # cents, not the decimal of the base class
        """Return cents as text."""
        return cents_to_text(value)


class RateField(serializers.DecimalField):
    """A share such as `"0.1500"`; validated data and `to_representation` speak basis points."""

    def __init__(self, *, min_bps: int = 0, max_bps: int = BPS_PER_ONE - 1, **kwargs: Any) -> None:
        super().__init__(
            max_digits=5,
            decimal_places=4,
            min_value=Decimal(min_bps) / BPS_PER_ONE,
            max_value=Decimal(max_bps) / BPS_PER_ONE,
            **kwargs,
        )

    def to_internal_value(self, data: Any) -> Any:
        """Return the decimal of a plain number."""
        return super().to_internal_value(_plain(self, data))

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return basis points; the range and the four decimals are checked on the decimal first."""
        value = super().run_validation(data)
        return int(value * BPS_PER_ONE) if isinstance(value, Decimal) else value

    def to_representation(self, value: int) -> str:  # type: ignore[override]  # basis points, not a decimal
        """Return basis points as text."""
        return rate_to_text(value)


@extend_schema_field({"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["USD"]})
class CurrencyField(serializers.CharField):
    """A currency by its ISO 4217 code."""
