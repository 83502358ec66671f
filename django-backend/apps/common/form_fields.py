"""Fields of forms and filters in the forms that the API has for the same things."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.common.characters import character_problem
from apps.common.decimals import DecimalFormat
from apps.common.ids import id_from_text
from apps.common.money import cents_to_text


def refusal(sentence: str, *, code: str = "invalid") -> ValidationError:
    """Return the error of a field; a sentence that quotes what was sent is no format string."""
    return ValidationError("%(sentence)s", code=code, params={"sentence": sentence})


def first_sentence(problems: Any) -> str:
    """Return the first sentence of what is wrong with a field, or with an item of it."""
    if isinstance(problems, dict):
        return first_sentence(next(iter(problems.values())))
    return str(problems[0]) if isinstance(problems[0], str) else first_sentence(next(one for one in problems if one))


def validate_line(text: str) -> None:
    """Refuse text of several lines, and text with control or direction characters."""
    if problem := character_problem(text):
        raise refusal(problem, code="character_not_allowed")


class LineFormField(forms.CharField):
    """Text of one line."""

    default_validators = [validate_line]


class PlainDecimalField(forms.DecimalField):
    """A number with a point and at most `decimal_places` decimals; a `share` of one is no percentage."""

    def __init__(
        self, *, min_value: Decimal, max_value: Decimal, decimal_places: int, share: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(min_value=min_value, max_value=max_value, decimal_places=decimal_places, **kwargs)
        self.number_format = DecimalFormat(decimal_places, min_value, max_value, share=share)

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the stubs say what the parent returns
        if value in self.empty_values:
            return None
        try:
            return self.number_format.read(value)
        except ValueError as error:
            raise refusal(str(error)) from None


class HundredthsField(PlainDecimalField):
    """A number with two decimals, whose value is its hundredths: dollars in cents, a percentage in basis points."""

    def __init__(self, *, lowest: int, highest: int, **kwargs: Any) -> None:
        limits = Decimal(lowest) / 100, Decimal(highest) / 100
        super().__init__(decimal_places=2, min_value=limits[0], max_value=limits[1], **kwargs)

    def clean(self, value: Any) -> int | None:
        """Return the hundredths."""
        number: Decimal | None = super().clean(value)
        return None if number is None else int(number * 100)

    def prepare_value(self, value: Any) -> Any:
        """Return the text to show; what was typed stays as it is."""
        return cents_to_text(value) if isinstance(value, int) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether another number was typed."""
        return super().has_changed(None if initial is None else Decimal(initial) / 100, data)


class ReadsIds(forms.Field):
    """Mixin for a field that takes an id; anything else is refused with the address where ids are listed."""

    def __init__(self, *args: Any, look_up: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.look_up = look_up

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            return super().to_python(id_from_text(value, look_up=self.look_up))
        except ValueError as error:
            raise refusal(str(error)) from None


class IdFormField(ReadsIds, forms.UUIDField):
    """An id."""


class YesNoFormField(forms.Field):
    """`true` or `false`, in any case."""

    def to_python(self, value: Any) -> bool | None:
        if value in self.empty_values:
            return None
        word = str(value).lower()
        if word not in {"true", "false"}:
            raise refusal(f'"{value}" is not known. Choose from: true, false.', code="invalid_choice")
        return word == "true"


class WholeNumberFormField(forms.IntegerField):
    """A whole number in ASCII digits; Python also reads `1_0`, and the digits of other scripts."""

    def to_python(self, value: Any) -> int | None:
        if isinstance(value, str) and not ((value.isascii() and value.strip("- ").isdigit()) or value == ""):
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)
