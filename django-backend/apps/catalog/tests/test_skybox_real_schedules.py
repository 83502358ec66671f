"""The import of whole real seasons against what must be stored, row by row."""

import csv
from datetime import UTC
from pathlib import Path

import pytest

from apps.catalog.models import Event, Team, Venue
from apps.catalog.services.reference_data import reference_data_load
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.services.skybox_result import ImportResult

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
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


class TestRealSchedules:
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
