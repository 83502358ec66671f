"""Filters of the list of orders."""

import django_filters

from apps.catalog.enums import EVENTS
from apps.common.filters import ChoiceFilter, IdFilter, InstantFilter
from apps.orders.enums import OrderStatus


class OrderFilter(django_filters.FilterSet):
    """By number, e-mail of the buyer, status, event, and time of the order."""

    number = django_filters.CharFilter(lookup_expr="iexact", help_text="As on the invoice: `KHF6-A65Y`.")
    email = django_filters.CharFilter(lookup_expr="iexact", help_text="The buyer's address.")
    status = ChoiceFilter(choices=OrderStatus.choices)
    event = IdFilter(field_name="lines__event_id", distinct=True, look_up=EVENTS)
    placed_after = InstantFilter(field_name="placed_at", lookup_expr="gte", help_text="ISO 8601; this time or later.")
    placed_before = InstantFilter(field_name="placed_at", lookup_expr="lt", help_text="ISO 8601; before this time.")
