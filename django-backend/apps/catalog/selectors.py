"""Querysets of the catalogue; each loads all that its JSON or page shows, so a list is one query."""

from django.db.models import QuerySet

from apps.catalog.models import Event, League, Season, Team, Venue


def league_list() -> QuerySet[League]:
    """Return all leagues."""
    return League.objects.all()


def season_list() -> QuerySet[Season]:
    """Return all seasons with their leagues."""
    return Season.objects.select_related("league")


def team_list() -> QuerySet[Team]:
    """Return all teams with their leagues and home venues."""
    return Team.objects.select_related("league", "home_venue")


def venue_list() -> QuerySet[Venue]:
    """Return all venues."""
    return Venue.objects.all()


def event_list() -> QuerySet[Event]:
    """Return all events, past and cancelled ones too, with league, season, teams and venue."""
    return Event.objects.select_related("season__league", "home_team", "away_team", "venue")
