"""The shipped leagues, venues and teams: right in themselves, and loaded without harm."""

import csv
from collections import Counter
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import League, Team, Venue
from apps.catalog.services.reference_data import LoadCounts, reference_data_load, reference_rows
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

    def test_fills_in_what_rows_lack_whatever_their_case(self) -> None:
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
    def test_tells_what_it_did(self) -> None:
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
