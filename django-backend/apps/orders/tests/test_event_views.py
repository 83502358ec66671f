"""Staff change events over the API and in the admin."""

import csv
from io import StringIO
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from apps.catalog.enums import EventStatus
from apps.catalog.models import Event, EventChange
from apps.catalog.testing.factories import EventFactory, VenueFactory
from apps.common.ids import uuid7
from apps.common.testing.clients import api_of
from apps.common.testing.downloads import downloaded
from apps.common.testing.html_forms import save
from apps.listings.testing.stories import on_sale
from apps.orders.testing.stories import record
from apps.season_tickets.testing.stories import block_at
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import staff_member

pytestmark = pytest.mark.django_db
WISHES: dict[str, dict[str, Any]] = {
    "postpone": {"note": "Snow"},
    "reschedule": {"note": "New day", "starts_at": "2040-10-01T19:30:00-04:00"},
    "cancel": {"note": "Flood"},
}


@pytest.fixture
def event() -> Event:
    """A game with a listing of two seats, one of them sold."""
    event = EventFactory()
    record(on_sale("1", "2", block=block_at(event), event=event), "1")
    return event


@pytest.fixture
def api() -> APIClient:
    """The client of staff who may change events."""
    return api_of(staff_member("change_event"))


def url(event: Event, move: str) -> str:
    return f"/api/v1/staff/events/{event.id}/{move}/"


class TestStaffApi:
    @pytest.mark.parametrize(
        ("move", "status", "sales"),
        [("postpone", "postponed", 0), ("reschedule", "scheduled", 0), ("cancel", "cancelled", 1)],
    )
    def test_answers_with_event_and_counts(
        self, api: APIClient, event: Event, move: str, status: str, sales: int
    ) -> None:
        answer = api.post(url(event, move), WISHES[move])
        assert answer.status_code == 200, answer.json()
        body = answer.json()
        assert body["event"]["id"] == str(event.id)
        assert body["event"]["status"] == status
        assert {name: body[name] for name in ("listings", "sales", "holders")} == {
            "listings": 1, "sales": sales, "holders": 1,
        }  # fmt: skip
        assert EventChange.objects.get().source == "api"

    def test_reads_the_offset(self, api: APIClient, event: Event) -> None:
        body = api.post(url(event, "reschedule"), WISHES["reschedule"]).json()
        assert body["event"]["starts_at"] == "2040-10-01T23:30:00Z"
        assert body["event"]["starts_at_local"] == "2040-10-01T19:30:00-04:00"

    def test_moves_to_another_venue(self, api: APIClient, event: Event) -> None:
        venue = VenueFactory()
        body = api.post(url(event, "reschedule"), {**WISHES["reschedule"], "venue": str(venue.id)}).json()
        assert body["event"]["venue"]["id"] == str(venue.id)

    @pytest.mark.parametrize("move", WISHES)
    @pytest.mark.parametrize(("user", "status"), [("nobody", 401), ("holder", 403), ("reader", 403)])
    def test_is_for_staff_who_may_change_events(self, event: Event, move: str, user: str, status: int) -> None:
        """S3-51."""
        users = {"nobody": lambda: None, "holder": UserFactory, "reader": lambda: staff_member("view_event")}
        assert api_of(users[user]()).post(url(event, move), WISHES[move]).status_code == status
        assert not EventChange.objects.exists()

    def test_permission_without_being_staff_is_not_enough(self, event: Event) -> None:
        user = staff_member("change_event")
        user.is_staff = False
        user.save()
        assert api_of(user).post(url(event, "cancel"), WISHES["cancel"]).status_code == 403

    @pytest.mark.parametrize(
        ("move", "sent", "attr"),
        [
            ("postpone", {}, "note"),
            ("cancel", {"note": " "}, "note"),
            ("cancel", {"note": "x" * 301}, "note"),
            ("reschedule", {"note": "New day"}, "starts_at"),
            ("reschedule", {"note": "New day", "starts_at": "2040-10-01T19:30:00"}, "starts_at"),
            ("reschedule", {"note": "New day", "starts_at": "2020-10-01T19:30:00Z"}, "starts_at"),
            ("reschedule", {"note": "New day", "starts_at": "9999-12-31T12:00:00Z"}, "starts_at"),
            ("reschedule", {**WISHES["reschedule"], "venue": str(uuid7())}, "venue"),
        ],
    )
    def test_names_what_is_wrong(
        self, api: APIClient, event: Event, move: str, sent: dict[str, Any], attr: str
    ) -> None:
        answer = api.post(url(event, move), sent)
        assert answer.status_code == 400
        assert [error["attr"] for error in answer.json()["errors"]] == [attr]
        assert not EventChange.objects.exists()

    def test_refuses_a_second_time(self, api: APIClient, event: Event) -> None:
        api.post(url(event, "cancel"), WISHES["cancel"])
        answer = api.post(url(event, "cancel"), WISHES["cancel"])
        assert answer.status_code == 409
        assert answer.json()["errors"][0]["code"] == "event_move_refused"
        assert "cancelled since" in answer.json()["errors"][0]["detail"]

    def test_knows_no_other_event(self, api: APIClient) -> None:
        assert api.post(f"/api/v1/staff/events/{uuid7()}/cancel/", WISHES["cancel"]).status_code == 404

    def test_one_key_cancels_once(self, api: APIClient, event: Event) -> None:
        answers = [api.post(url(event, "cancel"), WISHES["cancel"], headers={"Idempotency-Key": "k"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].json() == answers[1].json()
        assert EventChange.objects.count() == 1


@pytest.fixture
def browser(client: Client) -> Client:
    """The browser of staff who may view and change events."""
    client.force_login(staff_member("change_event", "view_event"))
    return client


LIST = "admin:catalog_event_changelist"


class TestAdmin:
    @pytest.mark.parametrize(("action", "status"), [("postpone", "postponed"), ("cancel", "cancelled")])
    def test_actions_take_the_reason(self, browser: Client, event: Event, action: str, status: str) -> None:
        data = {"action": action, "_selected_action": [event.pk], "reason": "Flood"}
        page = browser.post(reverse(LIST), data, follow=True)
        event.refresh_from_db()
        assert event.status == status
        assert "1 holder notified" in page.content.decode()
        change = EventChange.objects.get()
        assert (change.source, change.note, change.actor.is_staff) == ("admin", "Flood", True)
        assert "Flood" in LogEntry.objects.get().change_message

    def test_actions_ask_for_a_reason(self, browser: Client, event: Event) -> None:
        page = browser.post(reverse(LIST), {"action": "cancel", "_selected_action": [event.pk]}, follow=True)
        assert "Say why" in page.content.decode()
        event.refresh_from_db()
        assert event.status == EventStatus.SCHEDULED

    def test_rescheduling_reads_the_clock_of_the_venue(self, browser: Client, event: Event) -> None:
        page = reverse("admin:catalog_event_reschedule", args=[event.pk])
        shown = browser.get(page)
        assert shown.status_code == 200
        assert "13:00:00" in shown.content.decode()
        data = {"starts_at_0": "2040-10-01", "starts_at_1": "19:30", "venue": event.venue_id, "note": "New day"}
        assert save(browser, page, data).status_code == 302
        event.refresh_from_db()
        assert event.starts_at.isoformat() == "2040-10-01T23:30:00+00:00"
        history = browser.get(reverse("admin:catalog_event_change", args=[event.pk])).content.decode()
        assert "Monday, October 1, 2040, 7:30 PM EDT" in history

    def test_rescheduling_shows_what_is_wrong(self, browser: Client, event: Event) -> None:
        page = reverse("admin:catalog_event_reschedule", args=[event.pk])
        data = {"starts_at_0": "2020-10-01", "starts_at_1": "19:30", "venue": event.venue_id, "note": "New day"}
        answer = save(browser, page, data)
        assert "The new start must be in the future." in answer.content.decode()
        assert not EventChange.objects.exists()

    def test_staff_who_may_only_view_change_nothing(self, client: Client, event: Event) -> None:
        client.force_login(staff_member("view_event"))
        client.post(reverse(LIST), {"action": "cancel", "_selected_action": [event.pk], "reason": "Flood"})
        assert client.get(reverse("admin:catalog_event_reschedule", args=[event.pk])).status_code == 403
        assert not EventChange.objects.exists()

    def test_reschedule_names_the_event(self, browser: Client, event: Event) -> None:
        page = browser.get(reverse("admin:catalog_event_reschedule", args=[event.pk])).content.decode()
        assert f"New start and venue: {event}" in page

    def test_start_and_venue_are_fixed_once_seats_are_listed(self, browser: Client, event: Event) -> None:
        form = browser.get(reverse("admin:catalog_event_change", args=[event.pk]))
        assert not {"starts_at", "venue", "time_tbd", "date_tbd"} & set(form.context["adminform"].form.fields)
        assert "use Reschedule for start and venue" in form.content.decode()
        free = browser.get(reverse("admin:catalog_event_change", args=[EventFactory().pk]))
        assert {"starts_at", "venue"} <= set(free.context["adminform"].form.fields)

    def test_shows_what_happened(self, browser: Client, event: Event) -> None:
        browser.post(reverse(LIST), {"action": "postpone", "_selected_action": [event.pk], "reason": "Thick fog"})
        assert "Thick fog" in browser.get(reverse("admin:catalog_event_change", args=[event.pk])).content.decode()

    def test_download_runs_no_formula(self, browser: Client) -> None:
        EventFactory(name="=1+1")
        answer = browser.post(reverse("admin:catalog_event_export"), {"format": "0", "resource": "", **_columns()})
        (row,) = csv.DictReader(StringIO(downloaded(answer)))
        assert row["name"] == "'=1+1"

    def test_list_offers_import_and_export(self, client: Client, event: Event) -> None:
        client.force_login(UserFactory(superuser=True))
        page = client.get(reverse(LIST)).content.decode()
        assert "Import from SkyBox" in page
        assert reverse("admin:catalog_event_export") in page


def _columns() -> dict[str, str]:
    from apps.catalog.admin.events import EventResource

    return {f"eventresource_{name}": "on" for name in EventResource._meta.fields}
