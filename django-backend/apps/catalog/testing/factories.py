"""Rows of the catalogue for tests."""

from datetime import UTC, datetime
from typing import Any

import factory

from apps.catalog.models import Event, League, Season, Team, Venue
from apps.catalog.services.event_labels import event_labels_keep


class LeagueFactory(factory.django.DjangoModelFactory[League]):
    """A sports league with a code of its own."""

    class Meta:
        model = League

    code = factory.Sequence(lambda n: f"L{n}")
    name = factory.LazyAttribute(lambda league: f"League {league.code}")


class SeasonFactory(factory.django.DjangoModelFactory[Season]):
    """A season of a league of its own."""

    class Meta:
        model = Season

    league = factory.SubFactory(LeagueFactory)
    name = factory.Sequence(lambda n: f"Season {n}")


class VenueFactory(factory.django.DjangoModelFactory[Venue]):
    """A venue on Philadelphia's clock."""

    class Meta:
        model = Venue

    name = factory.Sequence(lambda n: f"Stadium {n}")
    city = "Philadelphia"
    state = "PA"
    country = "US"
    timezone = "America/New_York"


class TeamFactory(factory.django.DjangoModelFactory[Team]):
    """A team with a league and a home venue of its own."""

    class Meta:
        model = Team

    league = factory.SubFactory(LeagueFactory)
    name = factory.Sequence(lambda n: f"Team {n}")
    abbreviation = factory.Sequence(lambda n: f"T{n}")
    city = "Philadelphia"
    home_venue = factory.SubFactory(VenueFactory)


class EventFactory(factory.django.DjangoModelFactory[Event]):
    """A game of two teams of the season's league in the home team's venue, far in the future."""

    class Meta:
        model = Event

    season = factory.SubFactory(SeasonFactory)
    home_team = factory.SubFactory(TeamFactory, league=factory.SelfAttribute("..season.league"))
    away_team = factory.SubFactory(TeamFactory, league=factory.SelfAttribute("..season.league"))
    venue = factory.SelfAttribute("home_team.home_venue")
    name = factory.LazyAttribute(lambda event: f"{event.away_team} at {event.home_team}")
    starts_at = datetime(2040, 9, 9, 17, tzinfo=UTC)

    @classmethod
    def _create(cls, model_class: type[Event], *args: Any, **kwargs: Any) -> Event:
        event = super()._create(model_class, *args, **kwargs)
        event.label = event_labels_keep(season_id=event.season_id)[event.id]
        return event
