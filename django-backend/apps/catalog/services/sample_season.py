"""An invented season, so that newcomers have games to list seats for."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, TypeAlias

from django.db import transaction
from django.db.models import Max, Min

from apps.catalog.models import Event, League, Season, Team, Venue
from apps.catalog.services.event_labels import event_labels_keep
from apps.catalog.services.reference_data import reference_data_load

SEASON_NAME: Final = "Sample 2026"
LEAGUE_CODE: Final = "NFL"
FIRST_GAME_AFTER: Final = timedelta(days=14)
SUNDAY: Final = 6  # as date.weekday() counts
KICK_OFF: Final = time(13)
CONCERT_TIME: Final = time(20)
CONCERTS_CODE: Final = "CONCERTS"
CONCERT_NAME: Final = "The Paper Lanterns: Harbour Lights Tour"

# One game a week, home team first: four home games of one team, two each of two teams in other time zones.
GAMES: Final = (
    ("Philadelphia Eagles", "Dallas Cowboys"),
    ("Dallas Cowboys", "New York Giants"),
    ("Philadelphia Eagles", "Washington Commanders"),
    ("Seattle Seahawks", "San Francisco 49ers"),
    ("Philadelphia Eagles", "New York Giants"),
    ("Dallas Cowboys", "Philadelphia Eagles"),
    ("Seattle Seahawks", "Los Angeles Rams"),
    ("Philadelphia Eagles", "Green Bay Packers"),
)
CONCERT_HOST: Final = "Philadelphia Eagles"

Home: TypeAlias = tuple[Team, Venue]


@dataclass(frozen=True)
class SampleSeasonResult:
    """What a load made (zeros when the sample existed already), and first and last start, in UTC."""

    games_created: int
    concerts_created: int
    first_starts_at: datetime
    last_starts_at: datetime


@transaction.atomic
def sample_season_load(*, now: datetime) -> SampleSeasonResult:
    """Create the season `Sample 2026` of the NFL and one concert; existing rows stay as they are.

    The first game is on the first Sunday that is at least 14 days after the (UTC) date of `now`, then there is one
    every week, at 13:00 in the zone of its venue; the concert is on the evening before the first game in the stadium
    of the Eagles. A game is known by its season and pairing, so a later call neither moves nor doubles it, not even
    when all games are over. The reference data is loaded first when a team or its home venue is missing.
    """
    homes = _homes()
    first_day = now.astimezone(UTC).date() + FIRST_GAME_AFTER
    first_sunday = first_day + timedelta(days=SUNDAY - first_day.weekday())
    league = League.objects.get(code__iexact=LEAGUE_CODE)
    season = _season(league)
    known = set(season.events.values_list("home_team_id", "away_team_id"))
    games = [
        _game(season, homes[home], homes[away], day=first_sunday + timedelta(weeks=week))
        for week, (home, away) in enumerate(GAMES)
    ]
    missing = [game for game in games if (game.home_team_id, game.away_team_id) not in known]
    Event.objects.bulk_create(missing)
    event_labels_keep(season_id=season.id)
    concerts = _concert_create(venue=homes[CONCERT_HOST][1], day=first_sunday - timedelta(days=1))
    span = season.events.aggregate(first=Min("starts_at"), last=Max("starts_at"))
    return SampleSeasonResult(len(missing), concerts, span["first"], span["last"])


def _homes() -> Mapping[str, Home]:
    """Return the teams of the sample with their home venues, by name; load the reference data when one is missing."""
    names = {name for game in GAMES for name in game}
    homes = _stored_homes()
    if not names <= homes.keys():
        reference_data_load()
        homes = _stored_homes()
    return homes


def _stored_homes() -> dict[str, Home]:
    spelling = {name.lower(): name for game in GAMES for name in game}
    teams = Team.objects.filter(league__code__iexact=LEAGUE_CODE).select_related("home_venue")
    return {
        spelling[team.name.lower()]: (team, venue)
        for team in teams
        if team.name.lower() in spelling and (venue := team.home_venue) is not None
    }


def _season(league: League) -> Season:
    return league.seasons.get_or_create(name__iexact=SEASON_NAME, defaults={"name": SEASON_NAME})[0]


def _game(season: Season, home: Home, away: Home, *, day: date) -> Event:
    (home_team, venue), (away_team, _) = home, away
    return Event(
        season=season,
        venue=venue,
        home_team=home_team,
        away_team=away_team,
        name=f"{away_team.name} at {home_team.name}",
        starts_at=datetime.combine(day, KICK_OFF, venue.zone),
    )


def _concert_create(*, venue: Venue, day: date) -> int:
    league, _ = League.objects.get_or_create(
        code__iexact=CONCERTS_CODE, defaults={"code": CONCERTS_CODE, "name": "Concerts", "category": "concert"}
    )
    starts_at = datetime.combine(day, CONCERT_TIME, venue.zone)
    season = _season(league)
    _, created = Event.objects.get_or_create(
        season=season, name=CONCERT_NAME, defaults={"venue": venue, "starts_at": starts_at}
    )
    event_labels_keep(season_id=season.id)
    return int(created)
