"""Names that do not say who is at home: asked on the page of an upload, remembered, and taken back."""

from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from apps.catalog.models import Event, EventImport, League, NameReading, Team
from apps.catalog.testing.factories import LeagueFactory, TeamFactory, VenueFactory
from apps.catalog.testing.stories import confirm, imported, previewed, shown, skybox_export, skybox_row, skybox_venue
from apps.common.testing.html_forms import save
from apps.users.models import User

pytestmark = pytest.mark.django_db
NAME = "Philadelphia Eagles vs. Dallas Cowboys"
READ = "Dallas Cowboys at Philadelphia Eagles"
SWAPPED = "Philadelphia Eagles at Dallas Cowboys"


def asked(**changes: Any) -> dict[str, Any]:
    return skybox_row(**{"name": NAME, **changes})


def choose(page: Client, event_import: EventImport, **fields: Any) -> HttpResponse:
    """Send the form of the page as it is now, with other fields."""
    data = {"preview": shown(page, event_import).context["preview"], **fields}
    address = reverse("admin:catalog_event_skybox_homes", args=[event_import.pk])
    return page.post(address, {name.replace("home_", "home-"): value for name, value in data.items()}, follow=True)


def said(response: HttpResponse) -> str:
    return " ".join(str(message) for message in response.context["messages"])


class TestChoice:
    @pytest.mark.parametrize(("side", "name"), [("one", READ), ("other", SWAPPED)])
    def test_is_offered_previewed_and_imported(self, page: Client, nfl: League, side: str, name: str) -> None:
        upload = previewed(page, nfl, asked(), asked(id=2, date="2025-09-05T20:20:00"), skybox_row(id=3))
        response = shown(page, upload)
        text = response.content.decode()
        assert text.count('type="radio"') == 2, "asked once for all rows of the name"
        assert "Philadelphia Eagles at home (Dallas Cowboys at Philadelphia Eagles)" in text
        assert "Dallas Cowboys at home (Philadelphia Eagles at Dallas Cowboys)" in text
        assert "Thursday, September 4, 2025, 8:20 PM EDT; Friday, September 5, 2025, 8:20 PM EDT" in text
        assert [(g.total, g.rows) for g in response.context["groups"] if g.key == "doubtful"] == [(2, [])]

        response = choose(page, upload, home_0=side)
        assert said(response) == "The home team is remembered for 1 name. The preview below is new."
        assert "Use these readings" not in response.content.decode()
        created = next(group for group in response.context["groups"] if group.key == "created")
        assert [row["changes"] for row in created.rows] == [[f"Name: {NAME} → {name}"]] * 2 + [[]]
        assert not Event.objects.exists()
        confirm(page, upload)
        assert list(Event.objects.order_by("skybox_event_id").values_list("name", flat=True)) == [name, READ, name]

    def test_is_used_by_the_next_file_and_by_the_command(self, page: Client, nfl: League, tmp_path: Path) -> None:
        choose(page, previewed(page, nfl, asked()), home_0="one")
        upload = previewed(page, nfl, asked(id=11, date="2025-12-07T13:00:00", name=f"Preseason - {NAME} (Time TBD)"))
        assert (upload.counts["created"], upload.questions) == (1, [])
        path = tmp_path / "export.json"
        path.write_bytes(skybox_export(asked(id=12, name="PHILADELPHIA EAGLES  VS. Dallas Cowboys")).getvalue())
        out = StringIO()
        call_command("import_skybox_events", str(path), "--league", "NFL", "--season", "2025", stdout=out)
        assert out.getvalue().startswith("1 row: 1 created, ")
        event = Event.objects.get()
        assert (event.home_team and event.home_team.name, event.venue.name) == (
            "Philadelphia Eagles",
            "Lincoln Financial Field",
        )

    @pytest.mark.parametrize(
        "changes",
        [
            {"name": "Dallas Cowboys vs. Philadelphia Eagles"},
            {"name": "Philadelphia Eagles v Dallas Cowboys"},
            {"name": "Philadelphia Eagles - Dallas Cowboys"},
            {"venue": skybox_venue(id=2, name="Wembley", city="London", timeZone="Europe/London")},
        ],
    )
    def test_holds_for_no_other_name_and_no_other_venue(
        self, page: Client, nfl: League, changes: dict[str, Any]
    ) -> None:
        """Two teams in another order, with another separator or in another place: nothing is guessed."""
        choose(page, previewed(page, nfl, asked()), home_0="one")
        result = imported(asked(), asked(id=2) | changes)
        assert (result.created, result.doubtful) == (1, 1)
        assert [problem.code for problem in result.problems] == ["unclear_sides"]

    def test_holds_for_its_league_only(self, page: Client, nfl: League) -> None:
        choose(page, previewed(page, nfl, asked()), home_0="one")
        other = LeagueFactory(code="UFL")
        for team in Team.objects.filter(league=nfl):
            TeamFactory(league=other, name=team.name, home_venue=None)
        assert imported(asked(), league="UFL").doubtful == 1

    def test_is_asked_again_once_it_is_taken_back(self, page: Client, nfl: League, superuser: User) -> None:
        choose(page, previewed(page, nfl, asked()), home_0="other")
        reading = NameReading.objects.get()
        chief = Client()
        chief.force_login(superuser)
        lists = chief.get(reverse("admin:catalog_namereading_changelist")).content.decode()
        assert NAME in lists
        assert "staff@example.com" in lists
        save(chief, reverse("admin:catalog_namereading_delete", args=[reading.pk]), post="yes")
        assert not NameReading.objects.exists()
        assert imported(asked()).doubtful == 1

    @pytest.mark.parametrize(("home_venues", "usual"), [("01", "one"), ("10", "other"), ("11", ""), ("00", "")])
    def test_begins_with_the_only_team_that_has_its_home_there(
        self, page: Client, nfl: League, home_venues: str, usual: str
    ) -> None:
        venue = VenueFactory(name="Lincoln Financial Field")
        cowboys, eagles = Team.objects.order_by("name")
        for team, has_home in zip((cowboys, eagles), home_venues, strict=True):
            team.home_venue = venue if has_home == "1" else VenueFactory()
            team.save()
        upload = previewed(page, nfl, asked())
        assert [question["usual_home"] for question in upload.questions] == [usual]
        assert shown(page, upload).content.decode().count('" checked>') == bool(usual)
        assert imported(asked()).doubtful == 1, "the page proposes, people choose"

    def test_of_what_more_than_two_teams_or_no_venue_leave_open_is_not_offered(self, page: Client, nfl: League) -> None:
        TeamFactory(league=nfl, name="New York Jets", home_venue=None)
        rows = [
            asked(name="Philadelphia Eagles - Dallas Cowboys - New York Jets"),
            asked(id=2, venue=None),
            asked(id=3, name=f"{'x' * 200} vs. Dallas Cowboys"),
        ]
        upload = previewed(page, nfl, *rows)
        assert (upload.counts["doubtful"], upload.questions) == (3, [])
        doubtful = next(group for group in shown(page, upload).context["groups"] if group.key == "doubtful")
        assert len(doubtful.rows) == 3


class TestRefusals:
    @pytest.mark.parametrize(
        ("fields", "sentence"),
        [
            ({}, "Choose who is at home in at least one game."),
            ({"home_0": ["one", "other"]}, f"Choose one of the two sides of '{NAME}'."),
            ({"home_0": ""}, f"Choose one of the two sides of '{NAME}'."),
            ({"home_0": "both"}, f"Choose one of the two sides of '{NAME}'."),
            ({"home_0": "one", "home_1": "one"}, "This page has no question 1."),
            ({"home_999999999": "one"}, "'999999999' is no question of this page."),
            ({"home_-1": "one"}, "'-1' is no question of this page."),
            ({"home_x": "one"}, "'x' is no question of this page."),
            ({"home_²": "one"}, "'²' is no question of this page."),
            ({"home_0": "one", "preview": ""}, "The preview has changed since this page was loaded. Choose again."),
            ({"home_0": "one", "preview": "2025-01-01"}, "The preview has changed since this page was loaded."),
        ],
    )
    def test_say_what_is_wrong_and_keep_nothing(
        self, page: Client, nfl: League, fields: dict[str, Any], sentence: str
    ) -> None:
        upload = previewed(page, nfl, asked())
        assert sentence in said(choose(page, upload, **fields))
        assert not NameReading.objects.exists()
        assert EventImport.objects.get().counts["doubtful"] == 1

    def test_of_a_page_that_was_answered_meanwhile(self, page: Client, nfl: League) -> None:
        upload = previewed(page, nfl, asked())
        stale = shown(page, upload).context["preview"]
        choose(page, upload, home_0="one")
        assert "The preview has changed" in said(choose(page, upload, home_0="other", preview=stale))
        assert NameReading.objects.get().home == "Philadelphia Eagles"

    def test_of_an_import_that_was_applied(self, page: Client, nfl: League) -> None:
        upload = previewed(page, nfl, asked())
        confirm(page, upload)
        response = choose(page, upload, home_0="one")
        assert "This import was confirmed before" in said(response)
        assert 'type="radio"' not in response.content.decode()
        assert not NameReading.objects.exists()

    def test_of_another_side_than_somebody_else_chose(self, page: Client, nfl: League) -> None:
        first, second = previewed(page, nfl, asked()), previewed(page, nfl, asked())
        choose(page, first, home_0="one")
        sentence = said(choose(page, second, home_0="other"))
        assert "staff@example.com has chosen Philadelphia Eagles at home" in sentence
        assert NameReading.objects.get().home == "Philadelphia Eagles"
        assert "remembered" in said(choose(page, second, home_0="one"))

    @pytest.mark.parametrize(
        ("codenames", "status"),
        [
            (["add_event", "change_event"], 302),
            (["add_event"], 403),
            (["change_event"], 403),
            (["view_event", "view_namereading", "delete_namereading"], 403),
        ],
    )
    def test_of_those_who_may_not_import(
        self, page: Client, nfl: League, staff: User, codenames: list[str], status: int
    ) -> None:
        upload = previewed(page, nfl, asked())
        fields = {"preview": shown(page, upload).context["preview"], "home-0": "one"}
        staff.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        address = reverse("admin:catalog_event_skybox_homes", args=[upload.pk])
        assert page.post(address, fields).status_code == status
        assert NameReading.objects.exists() == (status == 302)
        assert page.get(address).status_code == 405

    def test_of_forms_of_other_sites(self, page: Client, nfl: League, staff: User) -> None:
        upload = previewed(page, nfl, asked())
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(staff)
        address = reverse("admin:catalog_event_skybox_homes", args=[upload.pk])
        assert strict.post(address, {"home-0": "one"}).status_code == 403

    @pytest.mark.parametrize(
        ("codenames", "may_delete"),
        [(["view_namereading"], False), (["view_namereading", "delete_namereading"], True)],
    )
    def test_of_those_who_may_only_look(
        self, page: Client, nfl: League, staff: User, codenames: list[str], may_delete: bool
    ) -> None:
        choose(page, previewed(page, nfl, asked()), home_0="one")
        staff.user_permissions.set(Permission.objects.filter(codename__in=codenames))
        reading = NameReading.objects.get()
        pages: dict[str, Callable[[], HttpResponse]] = {
            "change": lambda: page.get(reverse("admin:catalog_namereading_change", args=[reading.pk])),
            "delete": lambda: page.get(reverse("admin:catalog_namereading_delete", args=[reading.pk])),
            "add": lambda: page.get(reverse("admin:catalog_namereading_add")),
        }
        statuses = {name: ask().status_code for name, ask in pages.items()}
        assert statuses == {"change": 200, "delete": 200 if may_delete else 403, "add": 403}
