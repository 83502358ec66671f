"""Serializer fields: money and rates, decimals outside and integers inside; ids, words, whole numbers."""

import re
from decimal import Decimal
from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.characters import one_kind_of_break
from apps.common.decimals import DecimalFormat
from apps.common.ids import id_from_text
from apps.common.money import BPS_PER_ONE, CENTS_PER_UNIT, MAX_PRICE_CENTS, cents_to_text, rate_to_text

_DIGITS: Final = re.compile("-?[0-9]+")


class UnitsField(serializers.DecimalField):
    """A decimal outside; validated data and `to_representation` speak whole units, cents or basis points."""

    units_per_one: ClassVar[int]
    is_share = False

    def __init__(self, *, lowest: int, highest: int, **kwargs: Any) -> None:
        self.range = (Decimal(lowest) / self.units_per_one, Decimal(highest) / self.units_per_one)
        super().__init__(min_value=self.range[0], max_value=self.range[1], **kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Return the number as the library's field takes it.

        Raises:
            serializers.ValidationError: it is written in another format than that of the API.
        """
        try:
            number = DecimalFormat(self.decimal_places or 0, *self.range, share=self.is_share).read(data)
        except ValueError as error:
            raise serializers.ValidationError(str(error), code="invalid") from None
        return super().to_internal_value(number)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return whole units; the range and the decimals are checked on the decimal first."""
        value = super().run_validation(data)
        return int(value * self.units_per_one) if isinstance(value, Decimal) else value


class MoneyField(UnitsField):
    """An amount of dollars such as `"100.00"`, in cents."""

    units_per_one = CENTS_PER_UNIT

    def __init__(self, *, min_cents: int = 1, **kwargs: Any) -> None:
        super().__init__(lowest=min_cents, highest=MAX_PRICE_CENTS, max_digits=12, decimal_places=2, **kwargs)

    def to_representation(self, value: int) -> str:  # type: ignore[override]  # cents, not the decimal of the base class
        return cents_to_text(value)


class RateField(UnitsField):
    """A share such as `"0.1500"`, in basis points."""

    units_per_one = BPS_PER_ONE
    is_share = True

    def __init__(self, *, min_bps: int = 0, max_bps: int = BPS_PER_ONE - 1, **kwargs: Any) -> None:
        super().__init__(lowest=min_bps, highest=max_bps, max_digits=5, decimal_places=4, **kwargs)

    def to_representation(self, value: int) -> str:  # type: ignore[override]  # basis points, not a decimal
        return rate_to_text(value)


class MultilineField(serializers.CharField):
    """Text of several lines, with one kind of break. Other text fields of `StrictSerializer` take one line."""

    def to_internal_value(self, data: Any) -> str:
        return one_kind_of_break(super().to_internal_value(data))


@extend_schema_field({"type": "string", "pattern": "^[A-Z]{3}$", "examples": ["USD"]})
class CurrencyField(serializers.CharField):
    """A currency by its ISO 4217 code."""


class IdField(serializers.UUIDField):
    """An id; anything else, such as a name, is refused with the address where ids are listed."""

    def __init__(self, *, look_up: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.look_up = look_up

    def to_internal_value(self, data: Any) -> UUID:
        try:
            return id_from_text(data, look_up=self.look_up)
        except ValueError as error:
            raise serializers.ValidationError(str(error), code="invalid") from None


class RowField(serializers.PrimaryKeyRelatedField[Any]):
    """The id of a row that exists; becomes the row."""

    def __init__(self, *, look_up: str, queryset: QuerySet[Any], **kwargs: Any) -> None:
        super().__init__(pk_field=IdField(look_up=look_up), queryset=queryset, **kwargs)
        name = queryset.model._meta.verbose_name  # noqa: SLF001 - Django's documented model API
        self.error_messages["does_not_exist"] = f"There is no {name} {{pk_value}}."


class WordField(serializers.ChoiceField):
    """One of a few words; the error for another one lists them all."""

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices, **kwargs)
        words = ", ".join(map(str, self.choices))
        self.error_messages["invalid_choice"] = f'"{{input}}" is not known. Choose from: {words}.'


class WholeNumberField(serializers.IntegerField):
    """A whole number in ASCII digits; Python also reads `1_0`, and the digits of other scripts."""

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, str) and not _DIGITS.fullmatch(data.strip()):
            self.fail("invalid")
        return super().to_internal_value(data)


class ShortListField(serializers.ListField):
    """A list whose length is checked before its items: each of 200,000 wrong items would cost an error of its own."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and len(data) > (self.max_length or 0):
            self.fail("max_length", max_length=self.max_length)
        return super().to_internal_value(data)


class ShortDictField(serializers.DictField):
    """An object with any names, whose size is checked before its values."""

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.max_length = max_length

    def to_internal_value(self, data: Any) -> dict[Any, Any]:
        if isinstance(data, dict) and len(data) > self.max_length:
            sentence = f"Ensure this field has no more than {self.max_length} elements."
            raise serializers.ValidationError(sentence, code="max_length")
        return super().to_internal_value(data)
