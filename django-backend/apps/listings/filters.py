"""Filters of the listing and season-ticket lists."""

import django_filters

from apps.listings.enums import ListingStatus, SeasonTicketStatus
from apps.listings.models import Listing, SeasonTicket


class SeasonTicketFilter(django_filters.FilterSet):
    """By team, season and status."""

    team = django_filters.UUIDFilter(field_name="team_id")
    season = django_filters.UUIDFilter(field_name="season_id")
    status = django_filters.ChoiceFilter(choices=SeasonTicketStatus.choices)

    class Meta:
        model = SeasonTicket
        fields = ["team", "season", "status"]


class ListingFilter(django_filters.FilterSet):
    """By event, season ticket and status."""

    event = django_filters.UUIDFilter(field_name="event_id")
    season_ticket = django_filters.UUIDFilter(field_name="season_ticket_id")
    status = django_filters.ChoiceFilter(choices=ListingStatus.choices)

    class Meta:
        model = Listing
        fields = ["event", "season_ticket", "status"]
