"""Filters of the lists of listings and seats."""

from decimal import Decimal
from typing import Any

import django_filters
from django.db.models import QuerySet, TextChoices
from drf_spectacular.utils import extend_schema_field

from apps.catalog.api import LeagueFilter, SeasonFilter, start_filters
from apps.catalog.enums import EVENTS, TEAMS
from apps.catalog.models import Team
from apps.common.filters import ChoicesFilter, DecimalFilter, IdFilter, RowFilter
from apps.common.money import CENTS_PER_UNIT, MAX_PRICE_CENTS, cents_from_decimal
from apps.common.openapi import MONEY_SENT
from apps.common.text import normalise_printed
from apps.listings.enums import LISTINGS, ListingStatus, TicketStatus
from apps.season_tickets.enums import SEASON_TICKETS


@extend_schema_field(MONEY_SENT)
class MoneyFilter(DecimalFilter):
    """Takes dollars and compares cents."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            min_value=Decimal(0), max_value=Decimal(MAX_PRICE_CENTS) / CENTS_PER_UNIT, decimal_places=2, **kwargs
        )

    def filter(self, qs: QuerySet[Any], value: Decimal | None) -> QuerySet[Any]:
        filtered: QuerySet[Any] = super().filter(qs, None if value is None else cents_from_decimal(value))
        return filtered


class SectionFilter(django_filters.CharFilter):
    """Takes a section as printed, in any case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=30, help_text="As printed on the ticket.", **kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        filtered: QuerySet[Any] = super().filter(qs, normalise_printed(value))
        return filtered


def _statuses(choices: type[TextChoices], **kwargs: Any) -> ChoicesFilter:
    return ChoicesFilter(choices=choices.choices, distinct=False, help_text="May be given several times.", **kwargs)


class OfferFilter(django_filters.FilterSet):
    """Filters shared by listings and their seats, mostly about the event."""

    event = IdFilter(field_name="event_id", look_up=EVENTS, help_text="Id of the event.")
    league = LeagueFilter(field_name="event__season__league")
    team = RowFilter(
        field_name="event__home_team", queryset=Team.objects.all(), look_up=TEAMS, description="Id of the home team."
    )
    season = SeasonFilter(field_name="event__season", lookup_expr="in")
    starts_after, starts_before = start_filters("event__starts_at")


class ListingFilter(OfferFilter):
    """Listings by event, block, status, price and section."""

    season_ticket = IdFilter(
        field_name="season_ticket_id", look_up=SEASON_TICKETS, help_text="Id of the season ticket."
    )
    status = _statuses(ListingStatus)
    exclude_status = _statuses(ListingStatus, field_name="status", exclude=True)
    price_min = MoneyFilter(field_name="price_cents", lookup_expr="gte", help_text="Lowest list price.")
    price_max = MoneyFilter(field_name="price_cents", lookup_expr="lte", help_text="Highest list price.")
    section = SectionFilter(field_name="season_ticket__section")


class TicketFilter(OfferFilter):
    """Seats by event, listing, block, status, price and section."""

    listing = IdFilter(field_name="listing_id", look_up=LISTINGS, help_text="Id of the listing.")
    season_ticket = IdFilter(
        field_name="listing__season_ticket_id", look_up=SEASON_TICKETS, help_text="Id of the season ticket."
    )
    status = _statuses(TicketStatus)
    exclude_status = _statuses(TicketStatus, field_name="status", exclude=True)
    price_min = MoneyFilter(field_name="listing__price_cents", lookup_expr="gte", help_text="Lowest list price.")
    price_max = MoneyFilter(field_name="listing__price_cents", lookup_expr="lte", help_text="Highest list price.")
    section = SectionFilter(field_name="section")
