"""Filters of the market."""

from typing import Any

import django_filters
from django.conf import settings
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field

from apps.catalog.api import EventFilterSet
from apps.common.filters import ChoicesFilter
from apps.common.form_fields import WholeNumberFormField
from apps.common.money import cents_from_decimal
from apps.listings.api import MoneyFilter, SectionFilter, supplying
from apps.listings.enums import DeliveryType, Disclosure
from apps.listings.models import Listing
from apps.orders.rules.buyer_prices import highest_price_cents
from apps.season_tickets.models import MAX_SEATS_PER_BLOCK


class MarketEventFilter(EventFilterSet):
    """Events as in the catalogue, and by city; those of the market all have one status."""

    status = None  # type: ignore[assignment]  # takes away the filter
    city = django_filters.CharFilter(
        field_name="venue__city", lookup_expr="iexact", max_length=100, help_text="City of the venue, in any case."
    )


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MAX_SEATS_PER_BLOCK})
class QuantityFilter(django_filters.Filter):
    """Takes a number of seats."""

    field_class = WholeNumberFormField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=1, max_value=MAX_SEATS_PER_BLOCK, **kwargs)


class MaxTotalFilter(MoneyFilter):
    """Takes the total of a seat and compares its price, which has an index."""

    def filter(self, qs: QuerySet[Listing], value: Any) -> QuerySet[Listing]:
        if value is None:
            return qs
        highest = highest_price_cents(total_cents=cents_from_decimal(value), fee_bps=settings.BUYER_FEE_BPS)
        return qs.filter(price_cents__lte=highest)


class MarketListingFilter(django_filters.FilterSet):
    """Listings of an event by what a buyer needs."""

    quantity = QuantityFilter(method="filter_quantity", help_text="Only listings of which so many can be bought.")
    max_total = MaxTotalFilter(help_text="Highest total of one seat, with all fees.")
    section = SectionFilter(field_name="season_ticket__section")
    delivery_type = ChoicesFilter(choices=DeliveryType.choices, distinct=False, help_text="May be given several times.")
    exclude_disclosure = ChoicesFilter(
        choices=Disclosure.choices,
        method="filter_disclosures",
        help_text="Leaves out listings with this disclosure. May be given several times.",
    )

    def filter_quantity(self, queryset: QuerySet[Listing], name: str, value: int) -> QuerySet[Listing]:
        return supplying(queryset, quantity=value)

    def filter_disclosures(self, queryset: QuerySet[Listing], name: str, value: list[str]) -> QuerySet[Listing]:
        return queryset.exclude(disclosures__overlap=value) if value else queryset
