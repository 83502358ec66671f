"""Query parameters of the catalogue; an unknown value is refused, never ignored."""

import operator
from functools import reduce
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema_field

from apps.catalog.enums import LEAGUES, SEASONS, TEAMS, VENUES, EventStatus
from apps.catalog.models import Event, League, Season, Team, Venue
from apps.common.filters import ChoiceFilter, InstantFilter, RowFilter


@extend_schema_field({"type": "string", "description": "Code of a league in upper or lower case: `NFL`."})
class LeagueFilter(django_filters.ModelChoiceFilter):
    """Takes the code of a league, whatever its case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            queryset=League.objects.all(),
            to_field_name="code__iexact",
            error_messages={"invalid_choice": f"There is no league %(value)s. Look up the code: GET {LEAGUES}"},
            **kwargs,
        )


class SeasonField(forms.CharField):
    """Turns the id or name of a season into the ids of matching seasons: leagues share names such as `2025`."""

    def clean(self, value: Any) -> list[UUID]:
        text = super().clean(value)
        if not text:
            return []
        try:
            meant = Q(id=UUID(text))
        except ValueError:
            meant = Q(name__iexact=text)
        seasons = list(Season.objects.filter(meant).values_list("id", flat=True))
        if not seasons:
            sentence = f"There is no season %(value)s. Look it up: GET {SEASONS.partition('?')[0]}"
            raise ValidationError(sentence, code="invalid_choice", params={"value": text})
        return seasons


@extend_schema_field({"type": "string", "description": "Id or name of a season; leagues may share a name."})
class SeasonFilter(django_filters.Filter):
    """Takes the id or the name of a season."""

    field_class = SeasonField


def start_filters(field: str) -> tuple[InstantFilter, InstantFilter]:
    """Return the filters `starts_after` and `starts_before`, by a field with the start of an event."""
    words = "ISO 8601; events that start {}. Without an offset it is UTC."
    return (
        InstantFilter(field_name=field, lookup_expr="gte", help_text=words.format("at this time or later")),
        InstantFilter(field_name=field, lookup_expr="lt", help_text=words.format("before this time")),
    )


class SearchFilterSet(django_filters.FilterSet):
    """Adds `search`: in the folded names, unless a subclass names other fields."""

    search_fields: ClassVar[tuple[str, ...]] = ("folded",)

    search = django_filters.CharFilter(
        method="filter_search",
        max_length=100,
        help_text="Words that must all occur, in any order; case, accents and dots do not count.",
    )

    def filter_search(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        for word in value.split():
            queryset = queryset.filter(
                reduce(operator.or_, (Q(**{f"{field}__icontains": word}) for field in self.search_fields))
            )
        return queryset


class SeasonFilterSet(SearchFilterSet):
    """Seasons by league and words of the name."""

    search_fields = ("name",)

    league = LeagueFilter(field_name="league")


class TeamFilterSet(SearchFilterSet):
    """Teams by league, home venue and words of name, abbreviation or city."""

    league = LeagueFilter(field_name="league")
    venue = RowFilter(
        field_name="home_venue", queryset=Venue.objects.all(), look_up=VENUES, description="Id of the home venue."
    )


class EventFilterSet(SearchFilterSet):
    """Events by league, season, team, venue, status, time and words of label, teams or venue."""

    search_fields = ("folded", "home_team__folded", "away_team__folded", "venue__folded")

    league = LeagueFilter(field_name="season__league")
    season = SeasonFilter(field_name="season", lookup_expr="in")
    team = RowFilter(
        queryset=Team.objects.all(), look_up=TEAMS, method="filter_team", description="Id of the home or away team."
    )
    venue = RowFilter(field_name="venue", queryset=Venue.objects.all(), look_up=VENUES, description="Id of the venue.")
    status = ChoiceFilter(choices=EventStatus.choices, help_text="Whether the event takes place.")
    starts_after, starts_before = start_filters("starts_at")

    def filter_team(self, queryset: QuerySet[Event], name: str, value: Team) -> QuerySet[Event]:
        return queryset.filter(Q(home_team=value) | Q(away_team=value))
