"""Filters of the lists of sales."""

import django_filters
from drf_spectacular.utils import extend_schema_field

from apps.catalog.api import LeagueFilter, SeasonFilter
from apps.catalog.enums import EVENTS, TEAMS
from apps.common.filters import ChoiceFilter, IdFilter, InstantFilter, YesNoFilter
from apps.orders.enums import DeliveryStatus
from apps.orders.errors.sales import MARKETPLACES
from apps.orders.models import Marketplace


@extend_schema_field({"type": "string", "description": "Code of a marketplace: `ticket-evolution`."})
class MarketplaceFilter(django_filters.ModelChoiceFilter):
    """Takes the code of a marketplace, in use or not."""


class SaleFilter(django_filters.FilterSet):
    """By event, team, season, league, marketplace, delivery, void or not, and time of the sale."""

    event = IdFilter(field_name="event_id", look_up=EVENTS)
    team = IdFilter(field_name="event__home_team_id", look_up=TEAMS, help_text="Id of the home team.")
    season = SeasonFilter(field_name="event__season", lookup_expr="in")
    league = LeagueFilter(field_name="event__season__league")
    marketplace = MarketplaceFilter(
        queryset=Marketplace.objects.all(),
        to_field_name="code",
        error_messages={"invalid_choice": f"There is no marketplace %(value)s. Look up the code: GET {MARKETPLACES}"},
    )
    delivery_status = ChoiceFilter(choices=DeliveryStatus.choices)
    voided = YesNoFilter(
        field_name="voided_at",
        lookup_expr="isnull",
        exclude=True,
        help_text="`true` for void sales, `false` for the others.",
    )
    sold_after = InstantFilter(field_name="sold_at", lookup_expr="gte", help_text="ISO 8601; this time or later.")
    sold_before = InstantFilter(field_name="sold_at", lookup_expr="lt", help_text="ISO 8601; before this time.")
