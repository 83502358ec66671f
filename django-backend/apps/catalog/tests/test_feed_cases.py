"""Imports that went wrong: each case with more inputs of its kind. The files are next to the project."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from apps.catalog.models import Event, League, Team
from apps.catalog.services.reference_data import reference_data_load
from apps.catalog.testing import stories
from apps.catalog.testing.stories import confirm, previewed, shown
from apps.catalog.tests.conftest import PROJECT_DIR

pytestmark = pytest.mark.django_db
CASES = PROJECT_DIR.parent / "shared" / "cases"


@pytest.fixture(autouse=True)
def _reference_data(db: None) -> None:
    """Start with the teams and venues that the product ships."""
    reference_data_load()


@pytest.fixture(scope="session")
def cases() -> Path:
    """Return the folder of cases, which is next to the project and not part of it."""
    if not CASES.is_dir():
        pytest.skip("the folder of cases is not next to the project")
    return CASES


def rows_of(cases: Path, name: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads((cases / f"{name}.json").read_text(encoding="utf-8"))["rows"]
    return rows


def game(**changes: Any) -> dict[str, Any]:
    """Return a row: the Braves in Citi Field on 1 June 2027 at 19:10 local time."""
    venue = {"id": 3, "name": "Citi Field", "city": "Flushing", "state": "NY", "timeZone": "America/New_York"}
    return {
        "id": 7000001,
        "name": "Atlanta Braves at New York Mets",
        "date": "2027-06-01T19:10:00",
        "venue": venue,
    } | changes


imported = partial(stories.imported, league="MLB", season="2027")


def teams_of(event_id: int) -> tuple[str | None, str | None]:
    event = Event.objects.select_related("away_team", "home_team").get(skybox_event_id=event_id)
    return event.away_team and event.away_team.name, event.home_team and event.home_team.name


class TestZones:
    """A row that puts a known venue into another zone moves nothing."""

    def test_case(self, cases: Path) -> None:
        imported(*rows_of(cases, "stale_feed"))
        before = list(Event.objects.order_by("id").values("starts_at", "venue__timezone"))
        result = imported(*rows_of(cases, "zone_est"))
        assert (result.doubtful, [problem.code for problem in result.problems]) == (1, ["venue_time_zone_changed"])
        detail = result.problems[0].detail
        assert "Did you mean America/New_York?" in detail
        assert detail.count(" → ") == 6
        assert (
            "Atlanta Braves at New York Mets: Tuesday, June 1, 2027, 7:10 PM EDT → Tuesday, June 1, 2027, 6:10 PM EST"
        ) in detail
        assert list(Event.objects.order_by("id").values("starts_at", "venue__timezone")) == before

    @pytest.mark.parametrize("zone", ["MST", "Etc/GMT+6", "UTC", "US/Pacific", "America/Chicago", "America/Phoenix"])
    @pytest.mark.parametrize("dry_run", [True, False])
    def test_stay_those_of_the_venue(self, zone: str, dry_run: bool) -> None:
        imported(game(), game(id=7000002, date="2027-06-02T19:10:00"))
        moved = game()["venue"] | {"timeZone": zone}
        result = imported(
            game(id=7000002, date="2027-06-02T19:10:00"),
            game(date="2027-07-01T19:10:00", venue=moved),
            game(id=7000003, venue=moved),
            dry_run=dry_run,
        )
        assert [problem.code for problem in result.problems] == ["venue_time_zone_changed"] * 2
        assert [problem.detail.count(" → ") for problem in result.problems] == [2, 0], "reported once in a file"
        assert ("Did you mean" in result.problems[0].detail) == (not zone.startswith("America"))
        assert {event.starts_at.hour for event in Event.objects.all()} == {23}
        assert {event.venue.timezone for event in Event.objects.all()} == {"America/New_York"}

    def test_are_taken_from_the_venue_where_the_row_has_none(self) -> None:
        venue = game()["venue"] | {"timeZone": None}
        imported(game())
        assert imported(game(venue=venue)).unchanged == 1

    def test_that_are_no_zones_are_rejected(self) -> None:
        imported(game())
        result = imported(game(venue=game()["venue"] | {"timeZone": "Mars/Olympus"}))
        assert [problem.code for problem in result.problems] == ["unknown_time_zone"]


class TestWordsThatSkip:
    """Words next to two known teams do not skip a game."""

    def test_case(self, cases: Path) -> None:
        result = imported(*rows_of(cases, "words_that_skip"))
        assert (result.created, result.skipped, result.problems) == (1, 0, [])
        assert teams_of(7420001) == ("Los Angeles Dodgers", "New York Mets")


class TestLostTeams:
    """A row whose name lost its teams takes none away from a known event."""

    @pytest.mark.parametrize(
        "name",
        [
            " at ",
            "at New York Mets",
            "Atlanta Braves at ",
            "Atlanta Braves \ud83d at New York Mets",
            "Atlanta Braves New York Mets",
            "Championship",
            "TBD at New York Mets",
            "TBD at TBD",
        ],
    )
    def test_keeps_the_teams_of_the_event(self, name: str) -> None:
        row = game()
        imported(row)
        result = imported({**row, "name": name, "date": "2027-06-02T19:10:00"})
        assert result.doubtful + result.rejected == 1
        assert teams_of(7000001) == ("Atlanta Braves", "New York Mets")
        assert Event.objects.get().starts_at.day == 1
        assert imported(row).unchanged == 1

    def test_fills_in_an_opponent_that_was_open(self) -> None:
        imported(game(name="TBD at New York Mets"))
        assert imported(game()).updated == 1
        assert teams_of(7000001) == ("Atlanta Braves", "New York Mets")


class TestNearTeams:
    """Another spelling of a known team makes no second team."""

    def test_case(self, cases: Path) -> None:
        teams = Team.objects.count()
        result = imported(*rows_of(cases, "near_team_names"), league="NHL", create_teams=True)
        assert [problem.code for problem in result.problems] == ["near_team"]
        assert "Montréal Canadiens" in result.problems[0].detail
        assert (result.doubtful, Team.objects.count(), Event.objects.count()) == (1, teams, 0)

    @pytest.mark.parametrize(
        ("name", "suggestion"),
        [
            ("St Louis Blues at Boston Bruins", "St. Louis Blues"),
            ("Boston Bruins at NY Rangers", "New York Rangers"),
            ("Quebec Nordiques at BOSTON BRUIN", "Boston Bruins"),
            ("Habs at Quebec Nordiques", "Montréal Canadiens"),
        ],
    )
    def test_are_suggested_and_nothing_is_created(self, name: str, suggestion: str) -> None:
        teams = Team.objects.count()
        result = imported(game(name=name), league="NHL", create_teams=True)
        assert [problem.code for problem in result.problems] == ["near_team"]
        assert suggestion in result.problems[0].detail
        assert (Team.objects.count(), Event.objects.count()) == (teams, 0)

    def test_really_new_ones_are_created_and_reported(self) -> None:
        result = imported(game(name="Quebec Nordiques at Boston Bruins"), league="NHL", create_teams=True)
        assert [(problem.code, problem.detail) for problem in result.problems] == [
            ("team_created", "New teams of the league: Quebec Nordiques.")
        ]
        assert teams_of(7000001) == ("Quebec Nordiques", "Boston Bruins")


class TestSeparators:
    """Names that do not say who is at home."""

    def test_case(self, cases: Path) -> None:
        result = imported(*rows_of(cases, "separators"))
        assert [problem.code for problem in result.problems] == ["unclear_sides"]
        detail = result.problems[0].detail
        assert "'New York Mets at Los Angeles Dodgers'" in detail
        assert "'Los Angeles Dodgers at New York Mets'" in detail
        assert (result.doubtful, Event.objects.count()) == (1, 0)

    def test_case_chosen_in_the_preview(self, cases: Path, page: Client) -> None:
        """The home of the Mets is known, so the page proposes them; once chosen, the next file is read."""
        rows = rows_of(cases, "separators")
        upload = previewed(page, League.objects.get(code="MLB"), *rows, season_name="2027")
        response = shown(page, upload)
        assert 'value="one" checked' in response.content.decode()
        data = {"preview": response.context["preview"], "home-0": "one"}
        page.post(reverse("admin:catalog_event_skybox_homes", args=[upload.pk]), data)
        confirm(page, upload)
        assert teams_of(7000006) == ("Los Angeles Dodgers", "New York Mets")
        assert imported({**rows[0], "id": 7000007, "date": "2027-05-08T19:05:00"}).created == 1

    @pytest.mark.parametrize(
        "name",
        [
            "New York Mets v Atlanta Braves",
            "NY Mets vs LA Dodgers",
            "New York Mets - Atlanta Braves",
            "Opening Day: New York Mets VS. Atlanta Braves (Time TBD)",
            "New York Mets / Atlanta Braves",
            "New York Mets vs. Yomiuri Giants",
            "New York Mets vs. Atlanta Braves - Season Ticket Holder Night",
        ],
    )
    def test_are_doubtful_and_change_no_known_event(self, name: str) -> None:
        imported(game())
        for event_id in (7000001, 7000002):
            result = imported(game(id=event_id, name=name))
            assert [problem.code for problem in result.problems] == ["unclear_sides"]
        assert teams_of(7000001) == ("Atlanta Braves", "New York Mets")
        assert Event.objects.count() == 1

    @pytest.mark.parametrize(
        "name", ["Atlanta Braves @ New York Mets", "Promo - atlanta braves  @ new york mets (Time TBD)"]
    )
    def test_at_sign_is_at(self, name: str) -> None:
        assert imported(game(name=name)).created == 1
        assert teams_of(7000001) == ("Atlanta Braves", "New York Mets")

    @pytest.mark.parametrize("name", ["All-Star Game", "New York Mets Fan Fest", "TBD at TBD"])
    def test_no_event_is_created_without_teams_in_silence(self, name: str) -> None:
        result = imported(game(name=name))
        assert (result.created, [problem.code for problem in result.problems]) == (1, ["without_teams"])
        assert imported(game(name=name)).problems == []
