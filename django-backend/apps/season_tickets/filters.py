"""Filters of the lists of season tickets."""

import django_filters

from apps.catalog.api import LeagueFilter
from apps.catalog.enums import SEASONS, TEAMS
from apps.common.filters import ChoiceFilter, IdFilter
from apps.season_tickets.enums import SeasonTicketStatus, SeatNumbering


class SeasonTicketFilter(django_filters.FilterSet):
    """By team, season and status."""

    team = IdFilter(field_name="team_id", look_up=TEAMS)
    season = IdFilter(field_name="season_id", look_up=SEASONS)
    status = ChoiceFilter(choices=SeasonTicketStatus.choices)


class StaffSeasonTicketFilter(SeasonTicketFilter):
    """The filters of holders, and league, numbering and holder."""

    league = LeagueFilter(field_name="season__league")
    numbering = ChoiceFilter(choices=SeatNumbering.choices)
    search = django_filters.CharFilter(
        field_name="holder__user__email",
        lookup_expr="icontains",
        max_length=254,
        help_text="Part of the e-mail address.",
    )
