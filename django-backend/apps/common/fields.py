"""Serializer fields: money and rates, decimals outside and integers inside; ids, words, whole numbers."""

import re
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.characters import one_kind_of_break
from apps.common.decimals import DecimalFormat
from apps.common.ids import id_from_text
from apps.common.money import BPS_PER_ONE, MAX_PRICE_CENTS, cents_from_decimal, cents_to_text, rate_to_text

_DIGITS: Final = re.compile("-?[0-9]+")


def _read(field: serializers.DecimalField, data: Any, *, share: bool = False) -> Any:
    """Return the number as the library's field takes it.

    Raises:
        serializers.ValidationError: it is written in another format than that of the API.
    """
    lowest, highest = cast("Decimal", field.min_value), cast("Decimal", field.max_value)
    number_format = DecimalFormat(field.decimal_places or 0, lowest, highest, share=share)
    try:
        return number_format.read(data)
    except ValueError as error:
        raise serializers.ValidationError(str(error), code="invalid") from None


class MoneyField(serializers.DecimalField):
    """An amount of dollars such as `"100.00"`; validated data and `to_representation` speak cents."""

    def __init__(self, *, min_cents: int = 1, max_cents: int = MAX_PRICE_CENTS, **kwargs: Any) -> None:
        super().__init__(
            max_digits=12,
            decimal_places=2,
            min_value=Decimal(min_cents) / 100,
            max_value=Decimal(max_cents) / 100,
            **kwargs,
        )

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value(_read(self, data))

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return cents; the range and the two decimals are checked on the decimal first."""
        value = super().run_validation(data)
        return cents_from_decimal(value) if isinstance(value, Decimal) else value

    def to_representation(self, value: int) -> str:  # type: ignore[override]  # cents, not the decimal of the base class
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
        return super().to_internal_value(_read(self, data, share=True))

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return basis points; the range and the four decimals are checked on the decimal first."""
        value = super().run_validation(data)
        return int(value * BPS_PER_ONE) if isinstance(value, Decimal) else value

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
