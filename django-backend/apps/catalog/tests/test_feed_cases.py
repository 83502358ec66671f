"""Imports that went wrong: each case with more inputs of its kind. The files lie beside the project."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.catalog.models import Event
from apps.catalog.services.reference_data import reference_data_load
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.services.skybox_result import ImportResult
from apps.catalog.tests.conftest import PROJECT_DIR
from apps.catalog.tests.skybox_exports import skybox_export

pytestmark = pytest.mark.django_db
CASES = PROJECT_DIR.parent / "shared" / "cases"


@pytest.fixture(autouse=True)
def _reference_data(db: None) -> None:
    """Start with the teams and venues that the product ships."""
    reference_data_load()


@pytest.fixture(scope="session")
def cases() -> Path:
    """Return the folder of cases, which lies beside the project and is no part of it."""
    if not CASES.is_dir():
        pytest.skip("the folder of cases is not beside the project")
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


def imported(*rows: Any, league: str = "MLB", **options: Any) -> ImportResult:
    return skybox_events_import(file=skybox_export(*rows), league_code=league, season_name="2027", **options)


def teams_of(event_id: int) -> tuple[str | None, str | None]:
    event = Event.objects.select_related("away_team", "home_team").get(skybox_event_id=event_id)
    return event.away_team and event.away_team.name, event.home_team and event.home_team.name


class TestWordsThatSkip:
    """Words beside two known teams do not skip a game."""

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
