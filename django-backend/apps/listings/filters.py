"""Filters of the lists of listings and seats."""

from typing import Any

import django_filters
from django.db.models import QuerySet, TextChoices

from apps.catalog.api import LeagueFilter, SeasonFilter
from apps.catalog.enums import EVENTS, TEAMS
from apps.catalog.models import Team
from apps.common.filters import ChoicesFilter, IdFilter, InstantFilter, RowFilter
from apps.common.money_filter import MoneyFilter
from apps.common.text import normalise_printed
from apps.listings.enums import LISTINGS, ListingStatus, TicketStatus
from apps.season_tickets.enums import SEASON_TICKETS


class SectionFilter(django_filters.CharFilter):
    """Takes a section as printed, in any case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=30, help_text="As printed on the ticket.", **kwargs)

    def filter(self, qs: QuerySet[Any], value: str) -> QuerySet[Any]:
        """Keep the rows of the section."""
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
    starts_after = InstantFilter(
        field_name="event__starts_at",
        lookup_expr="gte",
        help_text="ISO 8601; events that start at this time or later. Without an offset it is UTC.",
    )
    starts_before = InstantFilter(
        field_name="event__starts_at",
        lookup_expr="lt",
        help_text="ISO 8601; events that start before this time. Without an offset it is UTC.",
    )


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
