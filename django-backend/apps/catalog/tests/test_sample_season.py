"""The invented season for newcomers."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command

from apps.catalog.models import Event, League, Season, Team
from apps.catalog.services.reference_data import reference_data_load
from apps.catalog.services.sample_season import sample_season_load

NOW = datetime(2026, 11, 18, 23, 30, tzinfo=UTC)  # a Wednesday


@pytest.mark.django_db
class TestSampleSeasonLoad:
    def test_makes_eight_weekly_games_from_the_first_sunday_after_two_weeks(self) -> None:
        result = sample_season_load(now=NOW)
        games = Event.objects.filter(season__name="Sample 2026", season__league__code="NFL").select_related("venue")
        local = [game.starts_at.astimezone(game.venue.zone) for game in games]
        assert (result.games_created, result.concerts_created) == (8, 1)
        assert [at.date() for at in local] == [date(2026, 12, 6) + timedelta(weeks=week) for week in range(8)]
        assert {(at.hour, at.minute) for at in local} == {(13, 0)}
        assert result.first_starts_at == games[0].starts_at == datetime(2026, 12, 6, 18, tzinfo=UTC)
        assert result.last_starts_at == games[7].starts_at

    @pytest.mark.parametrize("days", range(7))
    def test_starts_13_to_21_days_ahead_on_every_day_of_the_week(self, days: int) -> None:
        now = NOW + timedelta(days=days)
        ahead = sample_season_load(now=now).first_starts_at - now
        assert timedelta(days=13) < ahead < timedelta(days=21)

    def test_plays_each_game_in_the_home_venue(self) -> None:
        sample_season_load(now=NOW)
        games = Event.objects.filter(season__league__code="NFL")
        assert games
        for game in games:
            assert game.venue_id == game.home_team.home_venue_id
            assert game.name == f"{game.away_team.name} at {game.home_team.name}"

    def test_gives_the_eagles_at_least_three_future_home_games(self) -> None:
        sample_season_load(now=NOW)
        assert Event.objects.filter(home_team__name="Philadelphia Eagles", starts_at__gt=NOW).count() >= 3

    def test_holds_a_concert_without_teams(self) -> None:
        """S3-02: another kind of event is a row of data."""
        sample_season_load(now=NOW)
        concert = Event.objects.get(season__league__code="CONCERTS")
        assert concert.season.league.category == "concert"
        assert (concert.home_team, concert.away_team) == (None, None)
        assert concert.starts_at > NOW

    @pytest.mark.parametrize("later", [timedelta(hours=1), timedelta(days=400)])
    def test_changes_nothing_the_second_time_even_when_the_games_are_over(self, later: timedelta) -> None:
        first = sample_season_load(now=NOW)
        before = list(Event.objects.values())
        again = sample_season_load(now=NOW + later)
        assert (again.games_created, again.concerts_created) == (0, 0)
        assert (again.first_starts_at, again.last_starts_at) == (first.first_starts_at, first.last_starts_at)
        assert list(Event.objects.values()) == before

    def test_puts_back_a_game_that_was_deleted(self) -> None:
        sample_season_load(now=NOW)
        game = Event.objects.get(home_team__name="Seattle Seahawks", away_team__name="Los Angeles Rams")
        game.delete()
        assert sample_season_load(now=NOW).games_created == 1
        assert Event.objects.filter(name=game.name, starts_at=game.starts_at).exists()

    def test_finds_its_season_and_leagues_whatever_their_case(self) -> None:
        sample_season_load(now=NOW)
        League.objects.filter(code="CONCERTS").update(code="concerts")
        Season.objects.update(name="SAMPLE 2026")
        assert sample_season_load(now=NOW).games_created == 0
        assert (Season.objects.count(), Event.objects.count()) == (2, 9)

    def test_leaves_the_reference_data_alone_when_its_teams_are_there(self) -> None:
        reference_data_load()
        Team.objects.filter(name="Boston Celtics").update(abbreviation="OURS")
        sample_season_load(now=NOW)
        assert Team.objects.get(name="Boston Celtics").abbreviation == "OURS"

    def test_loads_the_reference_data_when_a_team_lost_its_venue(self) -> None:
        reference_data_load()
        Team.objects.filter(name="Philadelphia Eagles").update(home_venue=None)
        assert sample_season_load(now=NOW).games_created == 8
        assert Team.objects.get(name="Philadelphia Eagles").home_venue.name == "Lincoln Financial Field"


@pytest.mark.django_db
class TestLoadSampleSeasonCommand:
    def test_says_what_it_made_and_that_it_was_there_before(self) -> None:
        first, second = StringIO(), StringIO()
        call_command("load_sample_season", stdout=first)
        call_command("load_sample_season", stdout=second)
        starts = list(Event.objects.filter(season__league__code="NFL").values_list("starts_at", flat=True))
        span = f"from {starts[0]:%Y-%m-%d} to {starts[-1]:%Y-%m-%d}"
        assert first.getvalue() == f"Sample season: 8 NFL games {span} and 1 concert created.\n"
        assert second.getvalue() == f"The sample season is there already: NFL games {span}.\n"
