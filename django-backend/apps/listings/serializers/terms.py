"""Shapes of the terms of a listing, shared by every way of listing, by changes and by answers."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from rest_framework import serializers

from apps.common.fields import MoneyField, MultilineField, RateField, ShortListField, WholeNumberField, WordField
from apps.common.serializers import StrictSerializer
from apps.listings.rules.price_plans import MAX_DAYS_BEFORE, MAX_OFF_BPS, PriceStep
from apps.listings.rules.terms import MAX_NOTES_LENGTH, TERMS, ListingTerms, Term, TermKind
from apps.season_tickets.models import MAX_SEATS_PER_BLOCK

MAX_STEPS = 50
_Field = serializers.Field[Any, Any, Any, Any]


class PriceStepInput(StrictSerializer[Any]):
    """A mark-down: from some day before the event on, so much is off the base price."""

    days_before = WholeNumberField(
        min_value=0, max_value=MAX_DAYS_BEFORE, help_text="Days before the event, in the venue's calendar; 0: its day."
    )
    off = RateField(min_bps=1, max_bps=MAX_OFF_BPS, help_text="Share of the base price, 0.0001 to 0.9000.")


class PriceStepOutput(serializers.Serializer[Any]):
    """A mark-down: from some day before the event on, so much is off the base price."""

    days_before = serializers.IntegerField(min_value=0)
    off = RateField()


def _choices(term: Term) -> Any:
    return getattr(term.words, "choices", None) or [word.value for word in term.words]


_INPUTS: Final[Mapping[TermKind, Callable[..., _Field]]] = {
    TermKind.MONEY: lambda _, **named: MoneyField(allow_null=True, **named),
    TermKind.DAY: lambda _, **named: serializers.DateField(allow_null=True, **named),
    TermKind.WORD: lambda term, **named: WordField(choices=_choices(term), **named),
    TermKind.WORDS: lambda term, **named: ShortListField(
        child=WordField(choices=_choices(term)), max_length=len(term.words), **named
    ),
    TermKind.NUMBERS: lambda _, **named: ShortListField(
        child=WholeNumberField(min_value=1, max_value=MAX_SEATS_PER_BLOCK), max_length=MAX_SEATS_PER_BLOCK, **named
    ),
    TermKind.STEPS: lambda _, **named: ShortListField(child=PriceStepInput(), max_length=MAX_STEPS, **named),
    TermKind.TEXT: lambda _, **named: MultilineField(max_length=MAX_NOTES_LENGTH, allow_blank=True, **named),
    TermKind.FLAG: lambda _, **named: serializers.BooleanField(**named),
}
_OUTPUTS: Final[Mapping[TermKind, Callable[..., _Field]]] = {
    TermKind.MONEY: lambda _, **named: MoneyField(allow_null=True, **named),
    TermKind.DAY: lambda _, **named: serializers.DateField(allow_null=True, **named),
    TermKind.WORD: lambda term, **named: serializers.ChoiceField(choices=_choices(term), **named),
    TermKind.WORDS: lambda term, **named: serializers.ListField(
        child=serializers.ChoiceField(choices=_choices(term)), **named
    ),
    TermKind.NUMBERS: lambda _, **named: serializers.ListField(child=serializers.IntegerField(min_value=1), **named),
    TermKind.STEPS: lambda _, **named: PriceStepOutput(many=True, **named),
    TermKind.TEXT: lambda _, **named: serializers.CharField(**named),
    TermKind.FLAG: lambda _, **named: serializers.BooleanField(**named),
}
_VALUES: Final[Mapping[TermKind, Callable[[Term, Any], Any]]] = {
    TermKind.WORD: lambda term, word: term.words(word),
    TermKind.WORDS: lambda _, words: tuple(words),
    TermKind.NUMBERS: lambda _, numbers: tuple(numbers),
    TermKind.STEPS: lambda _, steps: tuple(PriceStep(step["days_before"], step["off"]) for step in steps),
}


class TermsInput(StrictSerializer[Any]):
    """What belongs to price and seats. The service checks whether the parts fit together."""

    def get_fields(self) -> dict[str, _Field]:
        """Return a field for each term, then those of the request."""
        return {
            term.name: _INPUTS[term.kind](term, required=False, help_text=term.help) for term in TERMS
        } | super().get_fields()

    def terms(self) -> ListingTerms:
        """Return the validated terms; what is not named has its default."""
        return ListingTerms(**self.terms_named())

    def terms_named(self) -> dict[str, Any]:
        """Return those terms that the request names, as `ListingTerms` calls them."""
        named = {term: self.validated_data[term.name] for term in TERMS if term.name in self.validated_data}
        return {
            term.column: _VALUES[term.kind](term, value) if term.kind in _VALUES else value
            for term, value in named.items()
        }


class TermsOutput(serializers.Serializer[Any]):
    """The terms of a listing, after what else is shown of it."""

    def get_fields(self) -> dict[str, _Field]:
        """Return the fields of the answer, then one for each term."""
        return super().get_fields() | {term.name: _OUTPUTS[term.kind](term, help_text=term.help) for term in TERMS}
