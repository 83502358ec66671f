"""Labels of events as they are kept: by the import, the admin, the sample season and whoever writes by other ways."""

import threading
from typing import Any
from unittest.mock import patch

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.catalog.models import Event
from apps.catalog.services.event_labels import event_labels_keep
from apps.catalog.services.sample_season import sample_season_load
from apps.catalog.services.skybox_import import skybox_events_import
from apps.catalog.testing.factories import EventFactory, LeagueFactory
from apps.catalog.testing.stories import skybox_export, skybox_row
from apps.common.testing.html_forms import save
from apps.common.testing.threads import at_once

GAME = "Dallas Cowboys at Philadelphia Eagles"


def imported(*rows: dict[str, Any]) -> list[str]:
    """Import rows, numbered from 1, and return the labels of the season in that order."""
    numbered = [{**skybox_row(id=number), **row} for number, row in enumerate(rows, 1)]
    skybox_events_import(file=skybox_export(*numbered), league_code="NFL", season_name="2025", create_teams=True)
    return list(Event.objects.order_by("skybox_event_id").values_list("label", flat=True))


@pytest.fixture(autouse=True)
def nfl(db: None) -> None:
    LeagueFactory(code="NFL")


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

    def test_that_nothing_tells_apart_are_counted_in_the_order_of_their_dates(self) -> None:
        days = ["2025-09-06T13:05:00", "2025-09-05T13:05:00", "2025-09-05T13:05:00"]
        labels = imported(*({"date": day} for day in days))
        assert labels[0] == f"{GAME} #3"
        assert sorted(labels) == [f"{GAME} #1", f"{GAME} #2", f"{GAME} #3"]

    def test_keep_their_labels_when_dates_change_and_games_are_added(self) -> None:
        days = ["2025-09-05T13:05:00", "2025-09-06T13:05:00"]
        labels = imported(*({"date": day} for day in days))
        again = imported(
            *({"date": day, "name": f"{GAME} (Time TBD)"} for day in [*reversed(days), "2025-09-01T13:05:00"])
        )
        assert again == [*labels, f"{GAME} #3"]

    def test_get_another_label_with_their_opponent(self) -> None:
        assert imported({"name": "TBD at Philadelphia Eagles"}) == ["TBD at Philadelphia Eagles"]
        assert imported({}) == [GAME]

    def test_may_change_places(self) -> None:
        names = [f"{GAME} - Game {number}" for number in "12"]
        labels = imported(*({"name": name} for name in names))
        assert labels == [f"{GAME} (Game 1)", f"{GAME} (Game 2)"]
        assert imported(*({"name": name} for name in reversed(names))) == labels[::-1]


class TestOtherWriters:
    """Everything else that writes events."""

    def test_the_sample_season_has_labels(self) -> None:
        sample_season_load(now=timezone.now())
        assert [event.label for event in Event.objects.all() if event.label != event.name] == []

    def test_the_admin_labels_what_it_adds_and_renames(self, admin_client: Client) -> None:
        event = EventFactory(name=GAME)
        form = {
            "season": event.season_id, "name": GAME, "venue": event.venue_id, "starts_at_0": "2040-09-09",
            "starts_at_1": "17:00", "changes-TOTAL_FORMS": 0, "changes-INITIAL_FORMS": 0,
        }  # fmt: skip
        answer = admin_client.post(reverse("admin:catalog_event_add"), form, follow=True)
        added = Event.objects.exclude(id=event.id).get()
        assert added.label == f"{GAME} #2"
        assert added.label in answer.content.decode()
        save(admin_client, reverse("admin:catalog_event_change", args=[added.id]), additional_info="Preseason")
        added.refresh_from_db()
        assert added.label == f"{GAME} (Preseason)"

    def test_the_admin_moves_an_event_to_a_season_that_has_such_a_label(self, admin_client: Client) -> None:
        event, other = EventFactory(name=GAME), EventFactory(name=GAME)
        save(admin_client, reverse("admin:catalog_event_change", args=[event.id]), season=other.season_id)
        assert set(other.season.events.values_list("label", flat=True)) == {GAME, f"{GAME} #2"}

    def test_who_forgets_leaves_no_event_without_a_label_of_its_own(self) -> None:
        event = EventFactory(name=GAME)
        twin = Event.objects.create(season=event.season, venue=event.venue, name=GAME, starts_at=event.starts_at)
        assert twin.label == f"{GAME} · {str(twin.id)[-8:]}"
        Event.objects.filter(id=event.id).update(name="Renamed")
        event.refresh_from_db()
        assert event.label == f"Renamed · {str(event.id)[-8:]}"
        event_labels_keep(season_id=event.season_id)
        assert set(Event.objects.values_list("label", flat=True)) == {"Renamed", GAME}

    def test_no_two_of_a_season_are_alike(self) -> None:
        event, other = EventFactory(name=GAME), EventFactory(name=GAME)
        assert event.label == other.label
        with pytest.raises(IntegrityError, match="event_label_once_per_season"), transaction.atomic():
            Event.objects.filter(id=other.id).update(season=event.season)


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    """Two people add a game of the same teams."""

    def add(self, event: Event) -> None:
        with transaction.atomic():
            Event.objects.create(season=event.season, venue=event.venue, name=GAME, starts_at=event.starts_at)
            event_labels_keep(season_id=event.season_id)

    def test_get_two_numbers(self) -> None:
        event = EventFactory(name=GAME)
        assert at_once(lambda: self.add(event), lambda: self.add(event)) == [None, None]
        labels = event.season.events.values_list("label", flat=True)
        assert sorted(labels) == [GAME, f"{GAME} #2", f"{GAME} #3"]

    def test_without_the_lock_would_get_the_same(self) -> None:
        event, both = EventFactory(name=GAME), threading.Barrier(2)
        with patch("apps.catalog.services.event_labels.season_labels_locked", lambda _: both.wait(120)):
            results = at_once(lambda: self.add(event), lambda: self.add(event))
        assert [type(result) for result in results if result] == [IntegrityError]
