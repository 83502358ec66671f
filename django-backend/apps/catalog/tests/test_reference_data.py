"""Reference data and the sample season, and the real schedules that need nothing beyond them."""

import csv
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Event, League, Season, Team, Venue
from apps.catalog.services.reference_data import LoadCounts, reference_data_load, reference_rows
from apps.catalog.services.sample_season import sample_season_load
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.services.skybox_result import ImportResult
from apps.catalog.testing.factories import LeagueFactory, TeamFactory, VenueFactory
from apps.common.time import time_zone_names

TEAMS_PER_LEAGUE = {"MLB": 30, "MLS": 30, "NBA": 30, "NFL": 32, "NHL": 32}


class TestShippedFiles:
    def test_hold_the_six_leagues(self) -> None:
        assert [row["code"] for row in reference_rows("leagues")] == ["MLB", "MLS", "NBA", "NCAAF", "NFL", "NHL"]

    def test_hold_every_team_of_five_leagues(self) -> None:
        assert Counter(row["league"] for row in reference_rows("teams")) == TEAMS_PER_LEAGUE

    def test_give_every_team_a_venue_of_the_file(self) -> None:
        venues = {row["name"] for row in reference_rows("venues")}
        assert {row["home_venue"] for row in reference_rows("teams")} == venues

    def test_give_every_venue_a_time_zone_that_exists(self) -> None:
        assert {row["timezone"] for row in reference_rows("venues")} <= time_zone_names()

    @pytest.mark.parametrize(
        ("file", "columns"),
        [
            ("leagues", ("code",)),
            ("venues", ("name",)),
            ("teams", ("league", "name")),
            ("teams", ("league", "abbreviation")),
        ],
    )
    def test_hold_nothing_twice(self, file: str, columns: tuple[str, ...]) -> None:
        keys = Counter(tuple(row[column].lower() for column in columns) for row in reference_rows(file))
        assert [key for key, times in keys.items() if times > 1] == []

    def test_leave_no_cell_empty_or_padded(self) -> None:
        cells = [c for file in ("leagues", "venues", "teams") for row in reference_rows(file) for c in row.values()]
        assert [cell for cell in cells if not cell or cell != cell.strip()] == []

    @pytest.mark.parametrize(
        ("venue", "timezone"),
        [
            ("State Farm Stadium", "America/Phoenix"),
            ("Lucas Oil Stadium", "America/Indiana/Indianapolis"),
            ("Ford Field", "America/Detroit"),
            ("Scotiabank Arena", "America/Toronto"),
            ("Canada Life Centre", "America/Winnipeg"),
            ("Scotiabank Saddledome", "America/Edmonton"),
            ("Rogers Arena", "America/Vancouver"),
            ("Bridgestone Arena", "America/Chicago"),
            ("Ball Arena", "America/Denver"),
        ],
    )
    def test_put_venues_off_the_coasts_in_their_own_zones(self, venue: str, timezone: str) -> None:
        assert {row["name"]: row["timezone"] for row in reference_rows("venues")}[venue] == timezone


@pytest.mark.django_db
class TestReferenceDataLoad:
    def test_creates_everything_in_an_empty_catalogue(self) -> None:
        result = reference_data_load()
        venues = len(reference_rows("venues"))
        assert result.leagues == LoadCounts(created=6, updated=0, unchanged=0)
        assert result.venues == LoadCounts(created=venues, updated=0, unchanged=0)
        assert result.teams == LoadCounts(created=154, updated=0, unchanged=0)
        assert (League.objects.count(), Venue.objects.count(), Team.objects.count()) == (6, venues, 154)

    def test_changes_nothing_the_second_time(self) -> None:
        reference_data_load()
        before = list(Team.objects.order_by("id").values())
        result = reference_data_load()
        assert result.leagues == LoadCounts(created=0, updated=0, unchanged=6)
        assert result.venues == LoadCounts(created=0, updated=0, unchanged=len(reference_rows("venues")))
        assert result.teams == LoadCounts(created=0, updated=0, unchanged=154)
        assert list(Team.objects.order_by("id").values()) == before

    def test_takes_a_constant_number_of_queries(self) -> None:
        with CaptureQueriesContext(
            connection,
        ) as first:
            reference_data_load()
        Venue.objects.update(state="", country="")
        Team.objects.update(abbreviation="")
        with CaptureQueriesContext(connection) as every_row_changes:
            reference_data_load()
        # Each table is read once and written at most once, in one savepoint (two statements).
        assert len(first) == 8
        assert len(every_row_changes) <= 12

    def test_fills_in_what_rows_lack_in_any_case(self) -> None:
        league = LeagueFactory(code="nfl", name="Our name")
        venue = VenueFactory(name="lincoln financial field", city="philadelphia", state="", country="")
        team = TeamFactory(league=league, name="philadelphia eagles", abbreviation="", city="", home_venue=None)
        updated_at = team.updated_at

        result = reference_data_load()

        team.refresh_from_db()
        venue.refresh_from_db()
        assert (team.abbreviation, team.city, team.home_venue) == ("PHI", "Philadelphia", venue)
        assert (venue.state, venue.country) == ("PA", "US")
        assert (result.venues.updated, result.teams.updated) == (1, 1)
        assert team.updated_at > updated_at

    def test_undoes_nothing_that_staff_have_changed(self) -> None:
        """Deployments load the files again and again."""
        reference_data_load()
        eagles = Team.objects.filter(name="Philadelphia Eagles")
        eagles.update(abbreviation="PHL", city="Camden", home_venue=VenueFactory(name="Veterans Stadium"))
        Venue.objects.filter(name="Lincoln Financial Field").update(timezone="America/Phoenix", state="NJ")
        before = [list(model.objects.order_by("id").values()) for model in (Team, Venue)]
        assert reference_data_load().teams.updated == 0
        assert [list(model.objects.order_by("id").values()) for model in (Team, Venue)] == before

    def test_leaves_alone_what_belongs_to_staff(self) -> None:
        league = LeagueFactory(code="NFL", name="Our name", category="our category")
        team = TeamFactory(league=league, name="Our Own Team", abbreviation="OWN")
        venue = VenueFactory(name="Lincoln Financial Field", city="Philadelphia", skybox_venue_id=7)
        other_city = VenueFactory(name="Lincoln Financial Field", city="Zwolle", timezone="UTC")
        reference_data_load()
        for row in (league, team, venue, other_city):
            row.refresh_from_db()
        assert (league.name, league.category) == ("Our name", "our category")
        assert team.abbreviation == "OWN"
        assert venue.skybox_venue_id == 7
        assert other_city.timezone == "UTC"

    def test_creates_a_renamed_team_again_under_its_shipped_name(self) -> None:
        reference_data_load()
        Team.objects.filter(name="Philadelphia Eagles").update(name="Philadelphia Birds")
        assert reference_data_load().teams.created == 1
        assert Team.objects.filter(name__startswith="Philadelphia", league__code="NFL").count() == 2


@pytest.mark.django_db
class TestLoadReferenceDataCommand:
    def test_says_what_it_did(self) -> None:
        out = StringIO()
        call_command("load_reference_data", stdout=out)
        assert out.getvalue().splitlines() == [
            "leagues: 6 created, 0 updated, 0 unchanged",
            f"venues: {Venue.objects.count()} created, 0 updated, 0 unchanged",
            "teams: 154 created, 0 updated, 0 unchanged",
        ]


def _column(path: Path, *names: str) -> set[tuple[str, ...]]:
    with path.open(encoding="utf-8", newline="") as file:
        return {tuple(row[name] for name in names) for row in csv.DictReader(file)}


class TestRealSchedules:
    def test_know_no_team_that_is_not_shipped(self, real_schedules: Path) -> None:
        shipped = {(row["league"], row["name"]) for row in reference_rows("teams")}
        played = _column(real_schedules / "teams.csv", "league", "full_name")
        for schedule in ("nfl_2025.csv", "nhl_2025-26.csv"):
            played |= _column(real_schedules / schedule, "league", "home_team")
            played |= _column(real_schedules / schedule, "league", "away_team")
        assert {league for league, _ in played} == {"MLB", "NFL", "NHL"}
        assert played - shipped == set()

    def test_agree_on_city_and_zone_of_every_shared_venue(self, real_schedules: Path) -> None:
        columns = ("name", "city", "state", "country", "timezone")
        shipped = {row["name"]: tuple(row[column] for column in columns) for row in reference_rows("venues")}
        real = {row[0]: row for row in _column(real_schedules / "venues.csv", *columns)}
        shared = shipped.keys() & real.keys()
        assert len(shared) > 80
        assert {name: shipped[name] for name in shared} == {name: real[name] for name in shared}

    def test_have_every_team_play_at_home_where_the_files_say(self, real_schedules: Path) -> None:
        real = _column(real_schedules / "teams.csv", "league", "full_name", "home_venue")
        assert real <= {(row["league"], row["name"], row["home_venue"]) for row in reference_rows("teams")}


@pytest.fixture
def _reference_data(db: None) -> None:
    """Start with the teams and venues that the product ships: no import may need another."""
    reference_data_load()


def imported(folder: Path, name: str, league: str, season: str) -> ImportResult:
    with (folder / f"{name}.json").open("rb") as file:
        return skybox_events_import(file=file, league_code=league, season_name=season)


def expected_rows(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.expected.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    facts = [name for name in rows[0] if name not in {"row_index", "expect", "quirk", "quirk_basis"}]
    assert {row["expect"] for row in rows} == {"import"}
    return [{fact: row[fact] for fact in facts} for row in rows]


def stored_rows(season: str) -> list[dict[str, str]]:
    events = Event.objects.filter(season__name=season).select_related("home_team", "away_team", "venue")
    return [
        {
            "skybox_event_id": str(event.skybox_event_id),
            "clean_name": event.name,
            "additional_info": event.additional_info,
            "away_team": event.away_team.name,
            "home_team": event.home_team.name,
            "starts_at_utc": event.starts_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "time_tbd": "yes" if event.time_tbd else "no",
            "skybox_venue_id": str(event.venue.skybox_venue_id),
            "timezone": event.venue.timezone,
            "stubhub_event_url": event.stubhub_event_url,
        }
        for event in events.order_by("skybox_event_id")
    ]


@pytest.mark.usefixtures("_reference_data")
@pytest.mark.django_db
class TestImportsOfRealSchedules:
    """S3-41: a season is imported as it stands in the export."""

    @pytest.mark.parametrize(
        ("name", "league", "season", "count"),
        [
            ("skybox_nfl_2025_clean", "NFL", "2025", 272),
            ("skybox_nfl_2025_before_flex", "NFL", "2025", 272),
            ("skybox_nhl_2025-26_clean", "NHL", "2025-26", 1312),
        ],
    )
    def test_are_stored_row_by_row_as_expected(
        self, real_schedules: Path, name: str, league: str, season: str, count: int
    ) -> None:
        """S3-41."""
        teams, venues = Team.objects.count(), set(Venue.objects.values_list("pk", flat=True))
        result = imported(real_schedules, name, league, season)
        assert result.as_json() == {
            "rows": count, "created": count, "updated": 0, "unchanged": 0, "skipped": 0,
            "doubtful": 0, "rejected": 0, "missing": 0, "problems": [],
        }  # fmt: skip
        assert stored_rows(season) == expected_rows(real_schedules, name)
        assert Team.objects.count() == teams
        abroad = Venue.objects.exclude(pk__in=venues).values_list("country", flat=True)
        assert not {"US", "CA"} & set(abroad), "a home venue was not recognised"

    def test_are_unchanged_when_imported_again(self, real_schedules: Path) -> None:
        """S3-41."""
        imported(real_schedules, "skybox_nfl_2025_clean", "NFL", "2025")
        result = imported(real_schedules, "skybox_nfl_2025_clean", "NFL", "2025")
        assert (result.created, result.updated, result.unchanged) == (0, 0, 272)

    def test_follow_the_thirteen_games_that_were_moved(self, real_schedules: Path) -> None:
        """S3-41."""
        imported(real_schedules, "skybox_nfl_2025_before_flex", "NFL", "2025")
        result = imported(real_schedules, "skybox_nfl_2025_clean", "NFL", "2025")
        assert (result.created, result.updated, result.unchanged) == (0, 13, 259)
        assert stored_rows("2025") == expected_rows(real_schedules, "skybox_nfl_2025_clean")


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

    def test_finds_its_season_and_leagues_in_any_case(self) -> None:
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
