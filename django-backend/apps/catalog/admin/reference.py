"""Admin pages of leagues, seasons, venues and teams."""

from django.contrib import admin

from apps.catalog.forms import VenueForm
from apps.catalog.models import League, Season, Team, Venue
from apps.common.admin_base import SafeModelAdmin


@admin.register(League)
class LeagueAdmin(SafeModelAdmin):
    """Leagues and other series: a new kind of event starts here."""

    list_display = ("code", "name", "category")
    list_filter = ("category",)
    search_fields = ("folded",)


@admin.register(Season)
class SeasonAdmin(SafeModelAdmin):
    """Seasons of leagues."""

    list_display = ("name", "league")
    list_filter = ("league",)
    list_select_related = ("league",)
    search_fields = ("name", "league__folded")
    autocomplete_fields = ("league",)


@admin.register(Venue)
class VenueAdmin(SafeModelAdmin):
    """Venues; the zone determines the local times of events."""

    form = VenueForm
    list_display = ("name", "city", "state", "country", "timezone")
    list_filter = ("country", "timezone")
    search_fields = ("folded",)


@admin.register(Team)
class TeamAdmin(SafeModelAdmin):
    """Teams of leagues."""

    list_display = ("name", "abbreviation", "city", "league", "home_venue")
    list_filter = ("league",)
    list_select_related = ("league", "home_venue")
    search_fields = ("folded",)
    autocomplete_fields = ("league", "home_venue")
