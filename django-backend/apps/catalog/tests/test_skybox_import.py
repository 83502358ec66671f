"""The import of SkyBox events into a season."""

import io
import json
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from django.db import DatabaseError, transaction

from apps.catalog.enums import EventStatus
from apps.catalog.errors import CatalogueChangedMeanwhile, LeagueUnknown, SeasonNameRefused, SkyBoxFileRefused
from apps.catalog.models import Event, League, Season, Team, Venue
from apps.catalog.rules.skybox_replacements import parse_replacements
from apps.catalog.services import skybox_chunk
from apps.catalog.services.skybox_import import CHUNK_ROWS, skybox_events_import
from apps.catalog.services.skybox_result import ImportResult, Outcome, RowOutcome
from apps.catalog.testing.factories import EventFactory, SeasonFactory, TeamFactory, VenueFactory
from apps.catalog.testing.stories import imported, skybox_export, skybox_row, skybox_venue

pytestmark = pytest.mark.django_db
GAME = "Dallas Cowboys at Philadelphia Eagles"


def codes(result: ImportResult) -> list[tuple[int | None, int | None, str]]:
    return [(problem.row, problem.skybox_event_id, problem.code) for problem in result.problems]


@pytest.mark.usefixtures("nfl")
class TestSkyboxEventsImport:
    """`skybox_events_import`: what becomes of good rows."""

    def test_creates_an_event_with_season_and_venue(self) -> None:
        result = imported(skybox_row(name=f"Kickoff - {GAME} (Banner Night)"))
        assert result.counts() == {
            "rows": 1,
            "created": 1,
            "updated": 0,
            "unchanged": 0,
            "skipped": 0,
            "doubtful": 0,
            "rejected": 0,
            "missing": 0,
        }
        event = Event.objects.get()
        assert (event.name, event.additional_info) == (GAME, "Kickoff, Banner Night")
        assert (event.home_team.name, event.away_team.name) == ("Philadelphia Eagles", "Dallas Cowboys")
        assert event.starts_at == datetime(2025, 9, 5, 0, 20, tzinfo=UTC)
        assert (event.time_tbd, event.date_tbd, event.status) == (False, False, EventStatus.SCHEDULED)
        assert str(event.season) == "NFL 2025"
        venue = event.venue
        assert (venue.name, venue.city, venue.state, venue.country) == (
            "Lincoln Financial Field",
            "Philadelphia",
            "PA",
            "US",
        )
        assert (venue.skybox_venue_id, venue.timezone) == (910069, "America/New_York")

    def test_changes_nothing_the_second_time(self) -> None:
        rows = skybox_row(), skybox_row(id=9000002, name="All-Star Game")
        imported(*rows)
        before = list(Event.objects.order_by("skybox_event_id").values())
        result = imported(*rows)
        assert (result.created, result.updated, result.unchanged) == (0, 0, 2)
        assert list(Event.objects.order_by("skybox_event_id").values()) == before

    def test_applies_what_the_export_says_now_and_reports_the_changes(self) -> None:
        imported(skybox_row())
        key = Event.objects.get().pk
        reported: list[RowOutcome] = []
        result = imported(
            skybox_row(
                name="Philadelphia Eagles at Dallas Cowboys (Date TBD)",
                date="2025-09-06T13:00:00",
                stubhubEventUrl=None,
                venue=skybox_venue(id=910070, name="AT&T Stadium", city="Arlington", timeZone="America/Chicago"),
            ),
            on_row=reported.append,
        )
        assert (result.created, result.updated, result.unchanged) == (0, 1, 0)
        event = Event.objects.get()
        assert event.pk == key
        assert event.starts_at == datetime(2025, 9, 6, 18, 0, tzinfo=UTC)
        assert (event.home_team.name, event.venue.name) == ("Dallas Cowboys", "AT&T Stadium")
        assert (event.time_tbd, event.date_tbd, event.stubhub_event_url) == (True, True, "")
        assert reported[0].outcome == Outcome.UPDATED
        for change in (
            "Start: Thursday, September 4, 2025, 8:20 PM EDT → a date to be decided",
            "Home team: Philadelphia Eagles → Dallas Cowboys",
            "Venue: Lincoln Financial Field → AT&T Stadium",
            "Notes: none → Date TBD",
            "StubHub address: https://www.stubhub.com/event/159000001/ → none",
        ):
            assert change in reported[0].changes

    def test_leaves_the_status_that_staff_set(self) -> None:
        imported(skybox_row())
        Event.objects.update(status=EventStatus.POSTPONED)
        assert imported(skybox_row(date="2025-09-06T13:00:00")).updated == 1
        assert Event.objects.get().status == EventStatus.POSTPONED

    def test_keeps_doubleheaders_apart(self) -> None:
        rows = [skybox_row(id=number, name=f"{GAME} - Game {number}") for number in (1, 2)]
        assert imported(*rows).created == 2
        assert list(Event.objects.order_by("skybox_event_id").values_list("name", "additional_info")) == [
            (GAME, "Game 1"),
            (GAME, "Game 2"),
        ]

    def test_imports_an_event_without_teams(self) -> None:
        imported(skybox_row(name="Pro Bowl"))
        assert Event.objects.get(name="Pro Bowl", home_team=None, away_team=None)

    def test_imports_the_first_of_two_equal_local_times_and_says_so(self) -> None:
        result = imported(skybox_row(date="2025-11-02T01:30:00"))
        assert result.created == 1
        assert codes(result) == [(0, 9000001, "ambiguous_local_time")]

    def test_applies_replacements(self) -> None:
        replacements = parse_replacements('{"name": {"Phila\\\\. ": "Philadelphia "}}')
        assert imported(skybox_row(name="Dallas Cowboys at PHILA. Eagles"), replacements=replacements).created == 1

    def test_finds_the_season_in_any_case_and_spacing(self, nfl: League) -> None:
        season = SeasonFactory(league=nfl, name="Regular 2025")
        skybox_events_import(file=skybox_export(skybox_row()), league_code="nfl", season_name=" regular  2025 ")
        assert Event.objects.get().season == season
        assert Season.objects.count() == 1

    def test_takes_an_empty_export(self) -> None:
        assert imported().as_json() == {
            "rows": 0, "created": 0, "updated": 0, "unchanged": 0, "skipped": 0,
            "doubtful": 0, "rejected": 0, "missing": 0, "problems": [],
        }  # fmt: skip

    def test_takes_a_bare_list(self) -> None:
        file = io.BytesIO(json.dumps([skybox_row()]).encode())
        assert skybox_events_import(file=file, league_code="NFL", season_name="2025").created == 1

    def test_imports_a_file_whose_row_count_is_wrong_and_says_so(self) -> None:
        file = skybox_export(skybox_row(), rowCount=2796)
        result = skybox_events_import(file=file, league_code="NFL", season_name="2025")
        assert result.created == 1
        assert codes(result) == [(None, None, "row_count_mismatch")]


@pytest.mark.usefixtures("nfl")
class TestBadRows:
    """Rows that are not imported, each with its code, while the good ones are."""

    def test_are_reported_by_row_and_id_and_the_others_imported(self) -> None:
        result = imported(
            "junk",
            skybox_row(id=1),
            skybox_row(id=2, name="Dallas Cowboys at Washington Commanders"),
            skybox_row(id=3, name="Parking: Lot K"),
            skybox_row(id=1, date="2025-09-11T20:20:00"),
            skybox_row(id=4, disabled=True),
            skybox_row(id=5, date="2025-03-09T02:30:00"),
            skybox_row(id=6),
        )
        assert result.counts() == {
            "rows": 8,
            "created": 2,
            "updated": 0,
            "unchanged": 0,
            "skipped": 2,
            "doubtful": 0,
            "rejected": 4,
            "missing": 0,
        }
        assert codes(result) == [
            (0, None, "invalid_row"),
            (2, 2, "unknown_team"),
            (3, 3, "parking"),
            (4, 1, "duplicate_id"),
            (5, 4, "disabled"),
            (6, 5, "nonexistent_local_time"),
        ]
        assert set(Event.objects.values_list("skybox_event_id", flat=True)) == {1, 6}

    def test_do_not_take_the_id_of_a_good_row(self) -> None:
        result = imported(skybox_row(date="soon"), skybox_row())
        assert (result.created, codes(result)) == (1, [(0, 9000001, "invalid_date")])

    def test_leave_no_team_and_no_venue_behind(self) -> None:
        imported(
            skybox_row(name="New York Giants at New York Jets", date="soon"), skybox_row(id="x"), create_teams=True
        )
        assert Team.objects.count() == 2
        assert not Venue.objects.exists()

    def test_never_move_an_event_of_another_season(self, nfl: League) -> None:
        season = SeasonFactory(league=nfl, name="2024")
        EventFactory(season=season, skybox_event_id=9000001, name="As it was")
        result = imported(skybox_row())
        assert codes(result) == [(0, 9000001, "other_season")]
        assert "NFL 2024" in result.problems[0].detail
        assert Event.objects.get().name == "As it was"


@pytest.mark.usefixtures("nfl")
class TestTeams:
    """How teams are found."""

    @pytest.mark.parametrize(
        "name", ["dallas COWBOYS at philadelphia eagles", " Dallas  Cowboys at Philadelphia Eagles"]
    )
    def test_are_found_in_any_case_and_spacing(self, name: str) -> None:
        assert imported(skybox_row(name=name)).created == 1
        assert Team.objects.count() == 2

    @pytest.mark.parametrize("name", ["Dallas Cowboy at Philadelphia Eagles", "Cowboys at Philadelphia Eagles"])
    def test_are_never_guessed(self, name: str) -> None:
        for create_teams in (False, True):
            result = imported(skybox_row(name=name), create_teams=create_teams)
            assert (codes(result), result.doubtful) == ([(0, 9000001, "near_team")], 1)
            assert "it has Dallas Cowboys." in result.problems[0].detail
        assert Team.objects.count() == 2

    def test_of_another_league_do_not_count(self) -> None:
        TeamFactory(name="New York Rangers")
        assert codes(imported(skybox_row(name="New York Rangers at Dallas Cowboys")))[0][2] == "unknown_team"

    def test_are_created_once_when_asked_for(self, nfl: League) -> None:
        rows = (
            skybox_row(id=1, name="New York Giants at New York Jets"),
            skybox_row(id=2, name="new york jets at  New York Giants"),
        )
        result = imported(*rows, create_teams=True)
        assert (result.created, codes(result)) == (2, [(0, 1, "team_created")])
        assert result.problems[0].detail == "New teams of the league: New York Giants, New York Jets."
        assert set(Team.objects.filter(league=nfl, name__startswith="New York").values_list("name", flat=True)) == {
            "New York Giants",
            "New York Jets",
        }


@pytest.mark.usefixtures("nfl")
class TestVenues:
    """How venues are found, and whose word counts."""

    def test_known_by_name_and_city_takes_the_skybox_id(self) -> None:
        venue = VenueFactory(name="LINCOLN Financial Field", city="philadelphia")
        imported(skybox_row())
        venue.refresh_from_db()
        assert venue.skybox_venue_id == 910069
        assert Venue.objects.count() == 1

    def test_in_another_city_is_another_venue(self) -> None:
        VenueFactory(name="Lincoln Financial Field", city="Lincoln")
        imported(skybox_row())
        assert Venue.objects.count() == 2

    def test_known_by_id_needs_no_name_and_no_zone(self) -> None:
        venue = VenueFactory(skybox_venue_id=910069, timezone="America/Denver")
        imported(skybox_row(venue={"id": 910069}))
        event = Event.objects.get()
        assert (event.venue, event.starts_at) == (venue, datetime(2025, 9, 5, 2, 20, tzinfo=UTC))

    def test_keeps_its_name_and_its_zone(self) -> None:
        venue = VenueFactory(name="The Linc", skybox_venue_id=910069)
        assert imported(skybox_row()).created == 1
        assert imported(skybox_row(venue=skybox_venue(timeZone="America/Denver"))).doubtful == 1
        venue.refresh_from_db()
        assert (venue.name, venue.timezone) == ("The Linc", "America/New_York")
        assert Event.objects.get().starts_at == datetime(2025, 9, 5, 0, 20, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("venue", "code"),
        [
            ({"id": 1}, "invalid_venue"),
            ({"id": 1, "name": "New Arena"}, "missing_time_zone"),
            ({"id": 1, "name": "New Arena", "timeZone": "EST"}, "unknown_time_zone"),
            ({"id": 1, "name": "New Arena", "timeZone": "UTC"}, "unknown_time_zone"),
            ({"id": 1, "name": "New Arena", "timeZone": "Mars/Olympus"}, "unknown_time_zone"),
            ({"id": 1, "name": "New Arena", "timeZone": "../../etc/passwd"}, "unknown_time_zone"),
        ],
    )
    def test_that_is_new_needs_a_name_and_a_zone(self, venue: dict[str, Any], code: str) -> None:
        assert codes(imported(skybox_row(venue=venue))) == [(0, 9000001, code)]
        assert not Venue.objects.exists()

    @pytest.mark.parametrize("between", [[], [skybox_row(id=n, name="Pro Bowl") for n in range(10, 1100)]])
    def test_cannot_be_in_two_zones_in_one_file(self, between: list[dict[str, Any]]) -> None:
        """Also when the two rows are in two chunks."""
        other = skybox_row(id=2, venue=skybox_venue(timeZone="America/Chicago"))
        result = imported(skybox_row(id=1), *between, other)
        assert codes(result)[-1] == (len(between) + 1, 2, "venue_time_zone_conflict")
        assert Venue.objects.get().timezone == "America/New_York"

    def test_of_one_name_and_city_cannot_have_two_skybox_ids(self) -> None:
        VenueFactory(name="Lincoln Financial Field", city="Philadelphia", skybox_venue_id=5)
        assert codes(imported(skybox_row())) == [(0, 9000001, "venue_name_taken")]

    def test_new_twice_in_one_file_under_two_ids_is_created_once(self) -> None:
        result = imported(skybox_row(id=1), skybox_row(id=2, venue=skybox_venue(id=5)))
        assert codes(result) == [(1, 2, "venue_name_taken")]

    def test_created_and_changed_in_one_chunk_is_written_once(self) -> None:
        rows = skybox_row(id=1), skybox_row(id=2, venue={"id": 910069})
        assert imported(*rows).created == 2
        assert Venue.objects.get().timezone == "America/New_York"


class TestRefusals:
    """Files and requests that are refused whole, leaving nothing behind."""

    def test_of_an_unknown_league_name_the_known_ones(self, nfl: League) -> None:
        with pytest.raises(LeagueUnknown, match=r"no league 'XFL'\. Choose from: NFL\."):
            skybox_events_import(file=skybox_export(), league_code="XFL", season_name="2025")

    @pytest.mark.parametrize("name", ["", "  ", "2" * 51, "20\x0025"])
    def test_of_a_season_without_a_proper_name(self, nfl: League, name: str) -> None:
        with pytest.raises(SeasonNameRefused):
            skybox_events_import(file=skybox_export(), league_code="NFL", season_name=name)

    @pytest.mark.parametrize(
        "rows", [[1, 2], [{"id": 1}], [{"name": GAME, "date": "2025-09-04"}], [{"id": 1, "name": "x"}] * 1500]
    )
    def test_of_rows_of_something_else(self, nfl: League, rows: list[Any]) -> None:
        with pytest.raises(SkyBoxFileRefused, match="no row is an object with id and date"):
            imported(*rows)
        assert not Season.objects.exists()

    def test_of_every_row_make_no_season(self, nfl: League) -> None:
        """A misspelt season is not created by a file whose events are all in another one."""
        imported(skybox_row())
        file = skybox_export(skybox_row(), skybox_row(id=2, name="Dalas Cowboys at Philadelphia Eagles"))
        result = skybox_events_import(file=file, league_code="NFL", season_name="2052")
        assert [code for _, _, code in codes(result)] == ["other_season", "near_team"]
        assert [season.name for season in Season.objects.all()] == ["2025"]

    def test_of_a_file_cut_off_in_the_middle(self, nfl: League) -> None:
        """S3-41: a broken file changes nothing, however many good rows it begins with."""
        rows = [skybox_row(id=number) for number in range(1, 2500)]
        content = skybox_export(*rows).getvalue()
        with pytest.raises(SkyBoxFileRefused):
            skybox_events_import(file=io.BytesIO(content[:-100]), league_code="NFL", season_name="2025")
        assert not Event.objects.exists()
        assert not Season.objects.exists()

    def test_of_a_venue_that_staff_add_between_the_look_and_the_insert(
        self, nfl: League, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(
            skybox_chunk, "imported_events_locked", lambda _: VenueFactory(name="Second Arena", city="Camden")
        )
        rows = [skybox_row(id=1), skybox_row(id=2, venue=skybox_venue(id=7, name="Second Arena", city="Camden"))]
        with pytest.raises(CatalogueChangedMeanwhile, match="Import the file again"):
            imported(*rows)
        assert not Event.objects.exists()


@pytest.mark.usefixtures("nfl")
class TestChunks:
    """Each chunk of rows is a transaction."""

    rows: ClassVar[list[dict[str, Any]]] = [skybox_row(id=number) for number in range(1, 2 * CHUNK_ROWS + 2)]

    def test_that_were_committed_stay_when_anything_breaks_afterwards(self) -> None:
        def break_in_the_second_chunk(outcome: RowOutcome) -> None:
            if outcome.row == CHUNK_ROWS:
                raise OSError("disk full")

        with pytest.raises(OSError, match="disk full"):
            imported(*self.rows, on_row=break_in_the_second_chunk)
        assert Event.objects.count() == 2 * CHUNK_ROWS
        result = imported(*self.rows)
        assert (result.unchanged, result.created, result.problems) == (2 * CHUNK_ROWS, 1, [])

    def test_that_fail_are_rolled_back_completely(self, monkeypatch: pytest.MonkeyPatch) -> None:
        report = skybox_chunk.imported_dates_report
        reported: list[object] = []

        def break_in_the_second_chunk(**words: Any) -> None:
            reported.append(report(**words))
            if len(reported) > 1:
                raise DatabaseError("gone")

        monkeypatch.setattr(skybox_chunk, "imported_dates_report", break_in_the_second_chunk)
        heard: list[RowOutcome] = []
        with pytest.raises(DatabaseError):
            imported(*self.rows, on_row=heard.append)
        assert Event.objects.count() == len(heard) == CHUNK_ROWS

    def test_see_what_staff_have_changed_since_the_one_before(self) -> None:
        def add_the_venue_of_the_second_chunk(outcome: RowOutcome) -> None:
            if outcome.row == 0:
                VenueFactory(name="Second Arena", city="Camden")

        arena = skybox_venue(id=7, name="Second Arena", city="Camden")
        imported(*self.rows[:CHUNK_ROWS], skybox_row(id=9_999, venue=arena), on_row=add_the_venue_of_the_second_chunk)
        assert Event.objects.get(skybox_event_id=9_999).venue.name == "Second Arena"
        assert Venue.objects.get(name="Second Arena").skybox_venue_id == 7


@pytest.mark.usefixtures("nfl")
class TestDryRun:
    """`dry_run=True`."""

    def test_says_what_would_happen_and_saves_nothing(self) -> None:
        VenueFactory(name="The Linc", city="Camden")
        result = imported(
            skybox_row(id=1, venue=skybox_venue(name="The Linc", city="Camden")),
            skybox_row(id=2, name="A at B", venue=skybox_venue(id=2, name="New")),
            create_teams=True,
            dry_run=True,
        )
        assert result.created == 2
        assert not Event.objects.exists()
        assert not Season.objects.exists()
        assert Team.objects.count() == 2
        assert [venue.skybox_venue_id for venue in Venue.objects.all()] == [None]

    def test_does_not_disturb_the_transaction_around_it(self) -> None:
        with transaction.atomic():
            imported(skybox_row(), dry_run=True)
            imported(skybox_row())
        assert Event.objects.count() == 1
