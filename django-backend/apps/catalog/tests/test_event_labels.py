"""Labels of events: how they are made, and that whoever writes an event keeps them."""

import threading
from collections.abc import Sequence
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.models import Event
from apps.catalog.rules.event_labels import LabelledEvent, label_base, labels_to_write
from apps.catalog.rules.skybox_names import parse_name
from apps.catalog.services.event_labels import event_labels_keep
from apps.catalog.services.sample_season import sample_season_load
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.testing.factories import EventFactory, LeagueFactory
from apps.catalog.testing.stories import skybox_export, skybox_row
from apps.common.testing.html_forms import save
from apps.common.testing.threads import at_once
from apps.common.text import folded

GAME = "Atlanta Braves at New York Mets"
NAMES = st.sampled_from(
    [GAME, f"{GAME} #2", f"{GAME} (Game 1)", GAME.upper(), "TBD at New York Mets", "Braves", "", "é"]
)
NOTES = st.lists(
    st.sampled_from(["Game 1", "game 1", "Game 2", "First Round", "Date TBD", "World Series", "Bobblehead"]), max_size=3
).map(", ".join)
LABELS = st.sampled_from(["", "", GAME, f"{GAME} #2", f"{GAME} (Game 1)", f"{GAME} (Game 1) #7", "something else"])
EVENTS = st.lists(st.tuples(NAMES, NOTES, LABELS), max_size=12)


def event(number: int, info: str = "", *, name: str = GAME, label: str = "") -> LabelledEvent:
    return LabelledEvent(UUID(int=number), name, info, label)


def written(*events: LabelledEvent) -> dict[int, str]:
    return {key.int: label for key, label in labels_to_write(events).items()}


class TestLabelBase:
    """The name with what distinguishes games of the same teams."""

    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("NHL Stanley Cup Playoffs First Round: A at B - Home Game 1 (If Necessary)", "First Round, Home Game 1"),
            ("NHL Stanley Cup Final: A at B - Home Game 1 (Date TBD) (If Necessary)", "Stanley Cup Final, Home Game 1"),
            ("Eastern Conference Semifinals: A at B - Game 7", "Eastern Conference Semifinals, Game 7"),
            ("NBA Western Conference Finals: A at B (Game 3)", "Western Conference Finals, Game 3"),
            ("MLB Wild Card Series: A at B - Home Game 2", "Wild Card Series, Home Game 2"),
            ("World Series Game 3: A at B", "World Series, Game 3"),
            ("A at B - Game 2 (Split Doubleheader)", "Game 2"),
            ("A at B (Doubleheader Game Two)", "Game Two"),
            ("A at B - Gm 2", "Gm 2"),
            ("Preseason: A at B", "Preseason"),
            ("Playoffs: A at B", "Playoffs"),
            ("A at B (Final)", "Final"),
            ("A at B - Game 2 (Rescheduled from May 4, Game 1)", "Game 2"),
        ],
    )  # fmt: skip
    def test_has_round_and_game(self, text: str, words: str) -> None:
        parsed = parse_name(text)
        assert label_base(parsed.name, parsed.additional_info) == f"A at B ({words})"

    @pytest.mark.parametrize(
        "info",
        [
            "", "Time TBD", "If Necessary", "Opening Day 2027", "Final Homestand", "Makeup of Game 1", "Game Time TBD",
            "Rescheduled from Game 1", "Championship Ring Night", "Game of the Week", "Round Up Night",
        ],
    )  # fmt: skip
    def test_is_the_name_without_them(self, info: str) -> None:
        assert label_base("A at B", info) == "A at B"

    def test_says_nothing_twice(self) -> None:
        assert label_base("A at B, Game 3", "Game 3") == "A at B, Game 3"

    @pytest.mark.parametrize(
        ("numbers", "kept"), [([*range(1, 9), 10], 9), ([*range(1, 8), 10, 11], 8), (range(50), 9)]
    )
    def test_has_as_many_words_as_fit_into_eighty_characters(self, numbers: Sequence[int], kept: int) -> None:
        rounds = [f"Round {number}" for number in numbers]
        assert label_base("A at B", ", ".join(rounds)) == f"A at B ({', '.join(rounds[:kept])})"


class TestLabelsToWrite:
    """One label for each event of a season."""

    def test_count_games_that_nothing_distinguishes(self) -> None:
        assert written(event(1), event(2), event(3, name="Other")) == {1: f"{GAME} #1", 2: f"{GAME} #2", 3: "Other"}
        assert written(event(1, name=""), event(2, name="")) == {1: " #1", 2: " #2"}

    def test_go_on_counting_after_the_last_one(self) -> None:
        assert written(event(1, label=GAME), event(2), event(3)) == {2: f"{GAME} #2", 3: f"{GAME} #3"}
        assert written(event(1, label=f"{GAME} #4"), event(2)) == {2: f"{GAME} #5"}

    def test_stay_when_earlier_games_are_added(self) -> None:
        assert written(event(3), event(1, label=f"{GAME} #1"), event(2, "Date TBD", label=f"{GAME} #2")) == {
            3: f"{GAME} #3"
        }

    def test_change_with_name_and_game(self) -> None:
        old = f"{GAME} (Game 1)"
        assert written(event(1, "Game 2", label=old), event(2, "Game 1", label=f"{GAME} (Game 2)")) == {
            1: f"{GAME} (Game 2)",
            2: f"{GAME} (Game 1)",
        }
        assert written(event(1, "Game 1", name="X at Y", label=old)) == {1: "X at Y (Game 1)"}
        assert written(event(1, label=" #2")) == {1: GAME}

    def test_of_one_name_are_not_those_of_another(self) -> None:
        """An event may be called as another one would be labelled."""
        labels = written(
            event(1, name=f"{GAME} #1"), event(2), event(3), event(4, name=f"{GAME} (Game 1)"), event(5, "Game 1")
        )
        assert len({folded(label) for label in labels.values()}) == 5
        called = event(1, name=f"{GAME} #1", label=f"{GAME} #1")
        assert written(called, event(2), event(3)) == {2: f"{GAME} #2", 3: f"{GAME} #3"}

    @given(EVENTS)
    def test_are_unique_in_a_season_and_written_once(self, rows: list[tuple[str, str, str]]) -> None:
        """Whatever is there already, as long as it is unique itself, which the database sees to."""
        taken: set[str] = set()
        events = []
        for number, (name, info, label) in enumerate(rows):
            events.append(event(number, info, name=name, label="" if folded(label) in taken else label))
            taken.add(folded(label))
        labels = labels_to_write(events)
        after = [row._replace(label=labels.get(row.id, row.label)) for row in events]
        assert len({folded(row.label) for row in after}) == len(after)
        assert all(row.label.startswith(row.name) for row in after)
        assert labels_to_write(after) == {}


LABELLED_GAME = "Dallas Cowboys at Philadelphia Eagles"


def imported(*rows: dict[str, Any]) -> list[str]:
    """Import rows, numbered from 1, and return the labels of the season in that order."""
    numbered = [{**skybox_row(id=number), **row} for number, row in enumerate(rows, 1)]
    skybox_events_import(file=skybox_export(*numbered), league_code="NFL", season_name="2025", create_teams=True)
    return list(Event.objects.order_by("skybox_event_id").values_list("label", flat=True))


@pytest.fixture
def nfl(db: None) -> None:
    LeagueFactory(code="NFL")


@pytest.mark.usefixtures("nfl")
class TestImport:
    """Games of a file."""

    def test_of_playoffs_without_a_date_have_round_and_game(self) -> None:
        first, final = "NHL Stanley Cup Playoffs First Round", "NHL Stanley Cup Final"
        games = [(first, 1), (first, 2), (final, 1)]
        name = "TBD at Toronto Maple Leafs"
        rows = [{"name": f"{found}: {name} - Home Game {number} (Date TBD) (If Necessary)"} for found, number in games]
        assert imported(*rows) == [
            f"{name} (First Round, Home Game 1)",
            f"{name} (First Round, Home Game 2)",
            f"{name} (Stanley Cup Final, Home Game 1)",
        ]

    def test_that_nothing_distinguishes_are_counted_in_the_order_of_their_dates(self) -> None:
        days = ["2025-09-06T13:05:00", "2025-09-05T13:05:00", "2025-09-05T13:05:00"]
        labels = imported(*({"date": day} for day in days))
        assert labels[0] == f"{LABELLED_GAME} #3"
        assert sorted(labels) == [f"{LABELLED_GAME} #1", f"{LABELLED_GAME} #2", f"{LABELLED_GAME} #3"]

    def test_keep_their_labels_when_dates_change_and_games_are_added(self) -> None:
        days = ["2025-09-05T13:05:00", "2025-09-06T13:05:00"]
        labels = imported(*({"date": day} for day in days))
        again = imported(
            *({"date": day, "name": f"{LABELLED_GAME} (Time TBD)"} for day in [*reversed(days), "2025-09-01T13:05:00"])
        )
        assert again == [*labels, f"{LABELLED_GAME} #3"]

    def test_get_another_label_with_their_opponent(self) -> None:
        assert imported({"name": "TBD at Philadelphia Eagles"}) == ["TBD at Philadelphia Eagles"]
        assert imported({}) == [LABELLED_GAME]

    def test_may_change_places(self) -> None:
        names = [f"{LABELLED_GAME} - Game {number}" for number in "12"]
        labels = imported(*({"name": name} for name in names))
        assert labels == [f"{LABELLED_GAME} (Game 1)", f"{LABELLED_GAME} (Game 2)"]
        assert imported(*({"name": name} for name in reversed(names))) == labels[::-1]


@pytest.mark.usefixtures("nfl")
class TestOtherWriters:
    """Everything else that writes events."""

    def test_the_sample_season_has_labels(self) -> None:
        sample_season_load(now=timezone.now())
        assert [event.label for event in Event.objects.all() if event.label != event.name] == []

    def test_the_admin_labels_what_it_adds_and_renames(self, admin_client: Client) -> None:
        event = EventFactory(name=LABELLED_GAME)
        form = {
            "season": event.season_id, "name": LABELLED_GAME, "venue": event.venue_id, "starts_at_0": "2040-09-09",
            "starts_at_1": "17:00", "changes-TOTAL_FORMS": 0, "changes-INITIAL_FORMS": 0,
        }  # fmt: skip
        answer = admin_client.post(reverse("admin:catalog_event_add"), form, follow=True)
        added = Event.objects.exclude(id=event.id).get()
        assert added.label == f"{LABELLED_GAME} #2"
        assert added.label in answer.content.decode()
        save(admin_client, reverse("admin:catalog_event_change", args=[added.id]), additional_info="Preseason")
        added.refresh_from_db()
        assert added.label == f"{LABELLED_GAME} (Preseason)"

    def test_the_admin_moves_an_event_to_a_season_that_has_such_a_label(self, admin_client: Client) -> None:
        event, other = EventFactory(name=LABELLED_GAME), EventFactory(name=LABELLED_GAME)
        save(admin_client, reverse("admin:catalog_event_change", args=[event.id]), season=other.season_id)
        assert set(other.season.events.values_list("label", flat=True)) == {LABELLED_GAME, f"{LABELLED_GAME} #2"}

    def test_who_forgets_leaves_no_event_without_a_label_of_its_own(self) -> None:
        event = EventFactory(name=LABELLED_GAME)
        twin = Event.objects.create(
            season=event.season, venue=event.venue, name=LABELLED_GAME, starts_at=event.starts_at
        )
        assert twin.label == f"{LABELLED_GAME} · {str(twin.id)[-8:]}"
        Event.objects.filter(id=event.id).update(name="Renamed")
        event.refresh_from_db()
        assert event.label == f"Renamed · {str(event.id)[-8:]}"
        event_labels_keep(season_id=event.season_id)
        assert set(Event.objects.values_list("label", flat=True)) == {"Renamed", LABELLED_GAME}

    def test_no_two_of_a_season_are_alike(self) -> None:
        event, other = EventFactory(name=LABELLED_GAME), EventFactory(name=LABELLED_GAME)
        assert event.label == other.label
        with pytest.raises(IntegrityError, match="event_label_once_per_season"), transaction.atomic():
            Event.objects.filter(id=other.id).update(season=event.season)


@pytest.mark.usefixtures("nfl")
@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    """Two people add a game of the same teams."""

    def add(self, event: Event) -> None:
        with transaction.atomic():
            Event.objects.create(season=event.season, venue=event.venue, name=LABELLED_GAME, starts_at=event.starts_at)
            event_labels_keep(season_id=event.season_id)

    def test_get_two_numbers(self) -> None:
        event = EventFactory(name=LABELLED_GAME)
        assert at_once(lambda: self.add(event), lambda: self.add(event)) == [None, None]
        labels = event.season.events.values_list("label", flat=True)
        assert sorted(labels) == [LABELLED_GAME, f"{LABELLED_GAME} #2", f"{LABELLED_GAME} #3"]

    def test_without_the_lock_would_get_the_same(self) -> None:
        event, both = EventFactory(name=LABELLED_GAME), threading.Barrier(2)

        def labels_of_both(events: Any) -> dict[UUID, str]:
            labels = labels_to_write(events)
            both.wait(120)  # until the other one has read the events, too
            return labels

        service = "apps.catalog.services.event_labels"
        with patch(f"{service}.season_labels_locked"), patch(f"{service}.labels_to_write", labels_of_both):
            results = at_once(lambda: self.add(event), lambda: self.add(event))
        assert [type(result) for result in results if result] == [IntegrityError]
