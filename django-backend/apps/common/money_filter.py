"""A query parameter of money."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field

from apps.common.filters import DecimalFilter
from apps.common.money import CENTS_PER_UNIT, MAX_PRICE_CENTS, cents_from_decimal
from apps.common.openapi import MONEY_SENT


@extend_schema_field(MONEY_SENT)
class MoneyFilter(DecimalFilter):
    """Takes dollars and compares cents."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            min_value=Decimal(0), max_value=Decimal(MAX_PRICE_CENTS) / CENTS_PER_UNIT, decimal_places=2, **kwargs
        )

    def filter(self, qs: QuerySet[Any], value: Decimal | None) -> QuerySet[Any]:
        """Keep the rows whose cents compare as requested."""
        filtered: QuerySet[Any] = super().filter(qs, None if value is None else cents_from_decimal(value))
        return filtered
