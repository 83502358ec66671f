"""Filters of the lists of statements."""

import django_filters
from drf_spectacular.utils import extend_schema_field

from apps.common.filters import IdFilter
from apps.common.form_fields import WholeNumberFormField
from apps.holders.enums import HOLDERS
from apps.payouts.models import Statement


@extend_schema_field({"type": "integer", "minimum": 2000, "maximum": 9999, "description": "Of the month: `2026`."})
class YearFilter(django_filters.Filter):
    """Takes a year."""

    field_class = WholeNumberFormField


@extend_schema_field({"type": "string", "pattern": "^[A-Za-z]{3}$", "description": "Three letters: `USD`."})
class CurrencyFilter(django_filters.CharFilter):
    """Takes the code of a currency."""


class StatementFilter(django_filters.FilterSet):
    """By year and currency."""

    year = YearFilter(
        field_name="period_start_date",
        lookup_expr="year",
        min_value=2000,
        max_value=9999,
    )
    currency = CurrencyFilter(lookup_expr="iexact", min_length=3, max_length=3)

    class Meta:
        model = Statement
        fields: list[str] = []


class StaffStatementFilter(StatementFilter):
    """By holder, year and currency."""

    holder = IdFilter(field_name="holder_id", look_up=HOLDERS, help_text="Id of the holder.")
