"""How query parameters reach filters."""

import re
from datetime import UTC, datetime
from typing import Any, Final

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django_filters.fields import IsoDateTimeField, ModelChoiceField
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.common.form_fields import IdFormField, PlainDecimalField, ReadsIds, YesNoFormField


class AskedFilterBackend(DjangoFilterBackend):
    """Builds the filter set only if the request uses one of its filters: building a dozen costs as much as a query."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        filterset_class = self.get_filterset_class(view, queryset)
        if filterset_class is None or filterset_class.base_filters.keys().isdisjoint(request.query_params):
            return queryset
        filtered: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return filtered

    def to_html(self, request: Request, queryset: QuerySet[Any], view: APIView) -> str:
        """Return no form for the browsable API: its menus would hold every team, venue and season ticket."""
        return ""


class ChoiceFilter(django_filters.ChoiceFilter):
    """Takes one of a few words; the error for another one lists them."""

    def __init__(self, *, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(choices=choices, error_messages=_words(choices), **kwargs)


class ChoicesFilter(django_filters.MultipleChoiceFilter):
    """Takes one or more of a few words; the error for another one lists them."""

    def __init__(self, *, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(choices=choices, error_messages=_words(choices), **kwargs)


@extend_schema_field({"type": "boolean"})
class YesNoFilter(django_filters.Filter):
    """Takes `true` or `false`; the library's ignores any other value."""

    field_class = YesNoFormField


class IdFilter(django_filters.UUIDFilter):
    """Takes an id; `look_up` is where people find it."""

    field_class = IdFormField


class DecimalFilter(django_filters.NumberFilter):
    """Takes a number in the format that the API has for decimals."""

    field_class = PlainDecimalField


class RowFormField(ReadsIds, ModelChoiceField):
    """Turns the id of a row that exists into the row."""


class RowFilter(django_filters.ModelChoiceFilter):
    """Takes the id of a row that exists."""

    field_class = RowFormField

    def __init__(self, *, queryset: QuerySet[Any], look_up: str, description: str, **kwargs: Any) -> None:
        name = queryset.model._meta.verbose_name  # noqa: SLF001 - Django's documented model API
        errors = {"invalid_choice": f"There is no {name} %(value)s."}
        super().__init__(queryset=queryset, look_up=look_up, error_messages=errors, **kwargs)
        extend_schema_field({"type": "string", "format": "uuid", "description": description})(self)


_LOST_PLUS: Final = re.compile(r"T\d\d:\d\d\S* \d\d:?\d\d$")


class InstantField(IsoDateTimeField):
    """Turns ISO 8601 into UTC: PostgreSQL refuses some offsets that Python takes, such as `-23:59`."""

    def clean(self, value: Any) -> datetime | None:
        if isinstance(value, str) and _LOST_PLUS.search(value):
            sentence = 'A "+" in an address means a space. Write the offset with "%(plus)s".'
            raise ValidationError(sentence, code="invalid", params={"plus": "%2B"})
        instant: datetime | None = super().clean(value)
        try:
            return instant.astimezone(UTC) if instant else None
        except OverflowError:
            raise ValidationError(self.error_messages["invalid"], code="invalid")


class InstantFilter(django_filters.IsoDateTimeFilter):
    """Takes an ISO 8601 time; without an offset it is UTC."""

    field_class = InstantField


def _words(choices: list[tuple[str, str]]) -> dict[str, str]:
    sentence = f'"%(value)s" is not known. Choose from: {", ".join(value for value, _ in choices)}.'
    return {"invalid_choice": sentence}
