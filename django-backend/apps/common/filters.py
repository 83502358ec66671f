"""How query parameters reach filters."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema_field
from rest_framework.request import Request
from rest_framework.views import APIView

from apps.common.form_fields import IdFormField, PlainDecimalField, YesNoFormField


class AskedFilterBackend(DjangoFilterBackend):
    """Builds the filter set only if the request uses one of its filters: a dozen cost as much as a query."""

    def filter_queryset(self, request: Request, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        """Return the rows that the request asks for."""
        filterset_class = self.get_filterset_class(view, queryset)
        if filterset_class is None or filterset_class.base_filters.keys().isdisjoint(request.query_params):
            return queryset
        filtered: QuerySet[Any] = super().filter_queryset(request, queryset, view)
        return filtered

    def to_html(self, request: Request, queryset: QuerySet[Any], view: APIView) -> str:
        """Return no form for the browsable API: its menus would hold every team, venue and season ticket."""
        return ""


class ChoiceFilter(django_filters.ChoiceFilter):
    """Takes one of a few words, and says which when it is given another."""

    def __init__(self, *, choices: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(choices=choices, error_messages=_words(choices), **kwargs)


class ChoicesFilter(django_filters.MultipleChoiceFilter):
    """Takes one or several of a few words, and says which when it is given another."""

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
    """Takes a number in the one form that the API has for decimals."""

    field_class = PlainDecimalField


def _words(choices: list[tuple[str, str]]) -> dict[str, str]:
    sentence = f'"%(value)s" is not known. Choose from: {", ".join(value for value, _ in choices)}.'
    return {"invalid_choice": sentence}
