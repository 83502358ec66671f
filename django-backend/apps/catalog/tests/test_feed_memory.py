"""Imports after changes by staff: nothing of theirs is undone, and every difference is reported."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from typing import Any

import pytest
from django.db import connection

from apps.catalog.enums import EventStatus, FeedDecision, FeedFact
from apps.catalog.errors import CatalogueChangedMeanwhile
from apps.catalog.models import Event, EventChange, FeedDifference, FeedEvent, Team, Venue
from apps.catalog.services import skybox_chunk
from apps.catalog.services.reference_data import reference_data_load
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.services.skybox_result import ImportResult, RowOutcome
from apps.catalog.testing import stories
from apps.catalog.testing.stories import skybox_export
from apps.catalog.tests.test_feed_cases import game
from apps.catalog.topics import FeedDiffers
from apps.common.acts import ChangeSource
from apps.notifications.models import OutboxMessage

pytestmark = pytest.mark.django_db
NOW = datetime(2027, 1, 1, tzinfo=UTC)
MOVED = datetime(2027, 5, 20, 23, 10, tzinfo=UTC)
TBD = game(name="TBD at New York Mets")


@pytest.fixture(autouse=True)
def _reference_data(db: None) -> None:
    reference_data_load()


imported = partial(stories.imported, league="MLB", season="2027", now=NOW)


def staff_set(**values: Any) -> dict[str, Any]:
    """Change the event as staff do."""
    Event.objects.filter(skybox_event_id=7000001).update(**values)
    return values


def codes(result: ImportResult) -> list[str]:
    return [problem.code for problem in result.problems]


def feed_messages() -> list[dict[str, Any]]:
    rows = OutboxMessage.objects.filter(topic__startswith=FeedDiffers.name).order_by("id")
    return [row.payload for row in rows]


def differences() -> list[tuple[str, str]]:
    return list(FeedDifference.objects.order_by("id").values_list("fact", "decision"))


def team(name: str) -> Team:
    return Team.objects.get(name=name)


def clover_park() -> Venue:
    return Venue.objects.get_or_create(name="Clover Park", city="Port St. Lucie", timezone="America/New_York")[0]


def edits() -> Iterator[tuple[dict[str, Any], dict[str, Any], FeedFact]]:
    """Yield a first row, what staff set then, and of which fact that is."""
    braves = "Atlanta Braves"
    yield game(), {"starts_at": MOVED}, FeedFact.SCHEDULE
    yield game(), {"venue": clover_park()}, FeedFact.SCHEDULE
    yield game(date="2027-06-01"), {"starts_at": MOVED, "time_tbd": False}, FeedFact.SCHEDULE
    yield game(), {"time_tbd": True, "date_tbd": True}, FeedFact.SCHEDULE
    yield TBD, {"away_team": team(braves)}, FeedFact.TEAMS
    yield TBD, {"away_team": team(braves), "name": f"{braves} at New York Mets"}, FeedFact.TEAMS
    yield game(), {"name": "Opening Day"}, FeedFact.TEAMS
    yield game(), {"additional_info": "Bobblehead Night"}, FeedFact.NOTES
    yield game(), {"stubhub_event_url": "https://example.com/"}, FeedFact.ADDRESS


class TestTheSameFileAgain:
    def test_undoes_nothing_of_staff(self) -> None:
        """Issue 11: start, venue, opponent and all other facts; nobody is notified, and nothing is to be decided."""
        for row, edit, fact in edits():
            Event.objects.all().delete()
            imported(row)
            values = staff_set(**edit)
            messages = OutboxMessage.objects.count()
            for dry_run in (True, False, False):
                heard: list[RowOutcome] = []
                result = imported(row, dry_run=dry_run, on_row=heard.append)
                assert (result.unchanged, codes(result)) == (1, ["kept_by_staff"]), edit
                assert heard[0].detail.startswith(f"{fact.label}: ")
                assert "stays as staff have set it, the feed still says" in heard[0].detail
            event = Event.objects.get()
            assert {name: getattr(event, name) for name in values} == values
            assert (OutboxMessage.objects.count(), EventChange.objects.count()) == (messages, 0)
            assert not FeedDifference.objects.exists()

    def test_says_what_is_kept_in_local_words(self) -> None:
        imported(game())
        staff_set(starts_at=MOVED, venue=clover_park())
        assert imported(game()).problems[0].detail == (
            "Start and venue: Thursday, May 20, 2027, 7:10 PM EDT, Clover Park stays as staff have set it, the feed"
            " still says Tuesday, June 1, 2027, 7:10 PM EDT, Citi Field."
        )

    def test_writes_nothing(self) -> None:
        imported(game())
        before = list(FeedEvent.objects.values())
        imported(game())
        assert list(FeedEvent.objects.values()) == before


class TestANewerFile:
    def test_applies_what_staff_have_not_changed(self) -> None:
        imported(game())
        staff_set(venue=clover_park(), additional_info="Bobblehead Night")
        result = imported(game(date="2027-06-02T19:10:00"))
        event = Event.objects.get()
        assert (event.starts_at.day, event.venue.name, event.additional_info) == (2, "Clover Park", "Bobblehead Night")
        assert (result.updated, codes(result)) == (1, ["kept_by_staff"])
        assert EventChange.objects.get().to_venue == event.venue

    @pytest.mark.parametrize(
        ("row", "edit", "fact"),
        [
            ({"date": "2027-06-09T19:10:00"}, {"starts_at": MOVED}, FeedFact.SCHEDULE),
            ({"date": "2027-06-01"}, {"starts_at": MOVED}, FeedFact.SCHEDULE),
            ({"name": "Philadelphia Phillies at New York Mets"}, {"name": "Opening Day"}, FeedFact.TEAMS),
            ({"name": f"{game()['name']} - Game 1"}, {"additional_info": "Bobblehead Night"}, FeedFact.NOTES),
            ({"stubhubEventUrl": "https://a.example/"}, {"stubhub_event_url": "https://b.example/"}, FeedFact.ADDRESS),
        ],
    )
    def test_leaves_what_both_have_changed_to_staff(self, row: dict[str, Any], edit: Any, fact: FeedFact) -> None:
        imported(game())
        staff_set(**edit)
        dry = imported(game(**row), dry_run=True)
        assert (differences(), feed_messages()) == ([], [])
        result = imported(game(**row))
        assert (codes(result), result.problems) == (["kept_by_staff"], dry.problems)
        assert "which stays until staff decide" in result.problems[0].detail
        event = Event.objects.get()
        assert {name: getattr(event, name) for name in edit} == edit
        assert differences() == [(fact, "")]
        difference = FeedDifference.objects.get()
        assert difference.feed_says in result.problems[0].detail
        assert difference.we_had in result.problems[0].detail
        # One message an import, for as long as nobody decides.
        again = imported(game(**row))
        assert (codes(again), differences()) == (["kept_by_staff"], [(fact, "")])
        assert [message["feed_difference_ids"] for message in feed_messages()] == [[str(difference.id)]] * 2

    def test_that_agrees_with_staff_ends_the_difference(self) -> None:
        imported(game())
        staff_set(starts_at=MOVED)
        imported(game(date="2027-06-09T19:10:00"))
        result = imported(game(date="2027-05-20T19:10:00"))
        assert (result.unchanged, codes(result)) == (1, [])
        assert differences() == [(FeedFact.SCHEDULE, FeedDecision.AGREED)]
        assert len(feed_messages()) == 1

    def test_that_says_something_else_again_asks_again(self) -> None:
        imported(game())
        staff_set(starts_at=MOVED)
        for day in (9, 10, 10, 9):
            imported(game(date=f"2027-06-{day:02}T19:10:00"))
        assert [decision for _, decision in differences()] == [FeedDecision.OUTDATED] * 2 + [""]
        assert "June 9" in FeedDifference.objects.get(decision="").feed_says

    def test_puts_the_facts_of_one_game_together_or_not_at_all(self) -> None:
        """The home team that the feed names now is the opponent that staff filled in."""
        imported(TBD)
        staff_set(away_team=team("Atlanta Braves"))
        result = imported(game(name="TBD at Atlanta Braves"))
        assert codes(result) == ["kept_by_staff"]
        event = Event.objects.get()
        assert (str(event.away_team), str(event.home_team)) == ("Atlanta Braves", "New York Mets")


class TestTeams:
    def test_that_a_row_has_lost_stay_and_the_row_is_doubtful(self) -> None:
        imported(game())
        staff_set(name="Opening Day")
        assert codes(imported(TBD)) == ["teams_missing"]
        assert FeedEvent.objects.get().away_team == team("Atlanta Braves")

    def test_that_staff_filled_in_stay_when_the_home_team_gets_lost(self) -> None:
        imported(TBD)
        staff_set(away_team=team("Atlanta Braves"))
        assert codes(imported(game(name="Opening Day"))) == ["teams_missing"]
        assert Event.objects.get().home_team == team("New York Mets")

    def test_are_taken_over_when_the_feed_names_them_later(self) -> None:
        imported(TBD)
        staff_set(away_team=team("Atlanta Braves"))
        result = imported(game())
        assert (result.updated, codes(result)) == (1, [])
        assert Event.objects.get().name == "Atlanta Braves at New York Mets"


class TestEventsMadeByHand:
    def test_keep_what_staff_wrote_and_get_what_they_left_open(self) -> None:
        imported(game(id=7000002, date="2027-06-09T19:10:00"))
        made = Event.objects.get()
        made.pk, made.skybox_event_id, made.name = None, 7000001, "Mets and Braves"
        made.starts_at, made.additional_info = datetime(2027, 6, 1, 23, 10, tzinfo=UTC), ""
        made.save(force_insert=True)
        url = "https://www.stubhub.com/event/1/"
        result = imported(game(name=f"{game()['name']} (Game 1)", stubhubEventUrl=url))
        event = Event.objects.get(skybox_event_id=7000001)
        assert (event.name, event.additional_info, event.stubhub_event_url) == ("Mets and Braves", "Game 1", url)
        assert (codes(result), differences()) == (["kept_by_staff"], [(FeedFact.TEAMS, "")])

    def test_at_the_same_moment_are_not_written_over(self, monkeypatch: pytest.MonkeyPatch) -> None:
        imported(game(id=7000002))
        lock = skybox_chunk.FeedMemory

        def make_one(**words: Any) -> Any:
            row = Event.objects.get()
            row.pk, row.skybox_event_id, row.name = None, 7000001, "By hand"
            row.save(force_insert=True)
            return lock(**words)

        monkeypatch.setattr(skybox_chunk, "FeedMemory", make_one)
        with pytest.raises(CatalogueChangedMeanwhile):
            imported(game())

    def test_under_an_id_that_another_event_had_have_no_memory_of_it(self) -> None:
        imported(game())
        first = Event.objects.get()
        staff_set(skybox_event_id=None)
        second = Event.objects.get()
        second.pk, second.skybox_event_id, second.starts_at, second.given_label = None, 7000001, MOVED, ""
        second.save(force_insert=True)
        assert codes(imported(game())) == ["kept_by_staff"]
        assert FeedEvent.objects.get().event_id == second.pk != first.pk
        assert Event.objects.get(pk=second.pk).starts_at == MOVED


class TestMissing:
    """Events that a file should have and lacks."""

    rows = tuple(game(id=7000000 + day, date=f"2027-06-{day:02}T19:10:00") for day in range(1, 6))

    def missing(self, *rows: Any, **options: Any) -> list[int]:
        result = imported(*rows, **options)
        assert result.counts()["missing"] == len(result.missing)
        assert sum(result.counts().values()) - len(result.missing) == 2 * result.rows
        return [event.skybox_event_id for event in result.missing]

    def test_are_reported_recorded_and_notified_once_per_import(self) -> None:
        imported(*self.rows)
        file = (self.rows[0], self.rows[4])
        heard: list[RowOutcome] = []
        assert self.missing(*file, dry_run=True, on_row=heard.append) == [7000002, 7000003, 7000004]
        assert not FeedDifference.objects.exists()
        assert [(row.row, row.outcome, row.code) for row in heard[2:]] == [(None, "missing", "missing_from_feed")] * 3
        assert heard[2].detail == (
            "The file no longer has Atlanta Braves at New York Mets #2 (Wednesday, June 2, 2027, 7:10 PM EDT): 0 open"
            " listings, 0 sales."
        )
        for _ in range(2):
            assert self.missing(*file) == [7000002, 7000003, 7000004]
        assert differences() == [(FeedFact.MISSING, "")] * 3
        assert [len(message["feed_difference_ids"]) for message in feed_messages()] == [3, 3]
        assert {event.status for event in Event.objects.all()} == {EventStatus.SCHEDULED}

    def test_are_those_that_are_to_come(self) -> None:
        imported(*self.rows)
        file = (self.rows[0], self.rows[4])
        Event.objects.filter(skybox_event_id=7000002).update(status=EventStatus.CANCELLED)
        Event.objects.filter(skybox_event_id=7000003).update(status=EventStatus.POSTPONED)
        assert self.missing(*file, dry_run=True) == [7000003, 7000004]
        assert self.missing(*file, now=datetime(2027, 6, 5, tzinfo=UTC)) == [7000003]

    @pytest.mark.parametrize(
        "row",
        [
            {"disabled": True},
            {"name": "Parking - Citi Field"},
            {"name": "New York Mets vs. Atlanta Braves"},
            {"name": "TBD at New York Mets"},
            {"date": "some day"},
            {"id": "7000003"},
        ],
    )
    def test_are_not_those_of_which_the_file_has_any_row(self, row: dict[str, Any]) -> None:
        imported(*self.rows)
        rows = [self.rows[0], self.rows[1], {**self.rows[2], **row}, self.rows[3], self.rows[4]]
        assert self.missing(*rows) == []

    def test_are_of_the_season_the_teams_and_the_days_of_the_file(self) -> None:
        imported(*self.rows)
        imported(game(id=1, name="Atlanta Braves at New York Mets", date="2027-06-03T19:10:00"), season="2028")
        imported(game(id=2, name="New York Mets at Atlanta Braves", date="2027-06-03T19:10:00"))
        assert self.missing(self.rows[0], self.rows[3]) == [7000002, 7000003]

    def test_are_not_known_from_a_file_that_may_be_incomplete(self) -> None:
        imported(*self.rows)
        file = skybox_export(self.rows[0], self.rows[4], rowCount=5)
        result = skybox_events_import(file=file, league_code="MLB", season_name="2027", now=NOW)
        assert (result.missing, codes(result)) == ([], ["row_count_mismatch"])

    def test_end_with_any_file_that_has_them_and_is_reported_like_every_other(self) -> None:
        """Its row count is wrong; what it says of an event still counts, and differences are reported."""
        imported(*self.rows)
        assert self.missing(self.rows[0], *self.rows[2:]) == [7000002]
        staff_set(starts_at=MOVED)
        file = skybox_export(game(date="2027-06-09T19:10:00"), *self.rows[1:3], rowCount=5)
        skybox_events_import(file=file, league_code="MLB", season_name="2027", now=NOW)
        assert differences() == [(FeedFact.MISSING, FeedDecision.AGREED), (FeedFact.SCHEDULE, "")]
        (difference,) = feed_messages()[-1]["feed_difference_ids"]
        assert difference == str(FeedDifference.objects.get(decision="").pk)

    def test_that_come_back_are_asked_about_again(self) -> None:
        imported(*self.rows)
        file = (self.rows[0], *self.rows[2:])
        assert self.missing(*file) == [7000002]
        assert self.missing(self.rows[0], {**self.rows[1], "disabled": True}, *self.rows[2:]) == []
        assert differences() == [(FeedFact.MISSING, FeedDecision.AGREED)]
        assert self.missing(*file) == [7000002]
        assert [decision for _, decision in differences()] == [FeedDecision.AGREED, ""]


def test_events_from_before_the_memory_remember_what_the_feed_said() -> None:
    """What staff moved is seeded as it was before; what an import moved since is as the import left it."""
    imported(*(game(id=7000000 + number) for number in range(1, 5)))
    FeedEvent.objects.all().delete()
    first, second, third, fourth = Event.objects.order_by("skybox_event_id")
    start, venue = first.starts_at, first.venue

    def change(event: Event, source: ChangeSource, before: datetime, after: datetime) -> None:
        sides = {"from_venue": venue, "to_venue": venue, "from_status": "scheduled", "to_status": "scheduled"}
        EventChange.objects.create(
            event=event, source=source, from_starts_at=before, to_starts_at=after, note="x", at=NOW, **sides
        )
        Event.objects.filter(pk=event.pk).update(starts_at=after)

    later = datetime(2027, 7, 1, tzinfo=UTC)
    change(first, ChangeSource.ADMIN, start, MOVED)
    change(first, ChangeSource.API, MOVED, later)
    change(second, ChangeSource.ADMIN, start, later)
    change(second, ChangeSource.SYSTEM, later, MOVED)
    change(third, ChangeSource.SYSTEM, start, MOVED)
    change(third, ChangeSource.SLACK, MOVED, later)
    change(fourth, ChangeSource.ADMIN, start, start)
    seed = import_module("apps.catalog.migrations.0006_seed_feed_memory").SEED
    with connection.cursor() as cursor:
        cursor.execute(seed)
    said = FeedEvent.objects.order_by("skybox_event_id").values_list("starts_at", "venue", "name")
    assert list(said) == [(at, venue.pk, first.name) for at in (start, MOVED, MOVED, start)]
    assert codes(imported(*(game(id=7000000 + number) for number in (1, 2, 4)))) == ["kept_by_staff"]
