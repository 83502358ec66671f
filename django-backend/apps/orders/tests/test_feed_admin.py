"""The admin's list of differences, and the decisions on the page of an import."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.catalog.models import Event, EventImport, FeedDifference, League
from apps.catalog.services.skybox_upload import event_import_apply, event_import_preview
from apps.catalog.testing.stories import skybox_export
from apps.catalog.tests.test_feed_cases import cases, game, rows_of
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.orders.testing.stories import NOW
from apps.orders.tests.test_feed_decisions import (
    MOVED,
    _reference_data,
    after,
    block_of,
    event,
    event_of,
    imported,
    left,
)
from apps.users.testing.stories import staff_browser, superuser

__all__ = ["_reference_data", "after", "cases", "event", "left"]  # fixtures
pytestmark = pytest.mark.django_db
LIST = reverse("admin:catalog_feeddifference_changelist")


def decider() -> Client:
    return staff_browser("view_feeddifference", "view_event", "add_event", "change_event")


def act(client: Client, action: str, *differences: FeedDifference, reason: str = "") -> HttpResponse:
    chosen = [str(difference.pk) for difference in differences]
    return client.post(LIST, {"action": action, "_selected_action": chosen, "reason": reason})


def said(answer: HttpResponse) -> str:
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


@pytest.fixture
def difference() -> FeedDifference:
    """A start that staff and the feed have both changed."""
    imported(game())
    Event.objects.update(starts_at=MOVED)
    imported(game(date="2027-06-09T19:10:00"))
    return FeedDifference.objects.get()


def upload(*rows: Any) -> EventImport:
    return event_import_preview(
        uploaded_by=superuser(),
        file=skybox_export(*rows),
        file_name="after.json",
        league=League.objects.get(code="MLB"),
        season_name="2027",
        create_teams=False,
        replacements="",
        now=timezone.now(),
    )


class TestList:
    def test_shows_what_both_say(
        self, difference: FeedDifference, django_assert_max_num_queries: DjangoAssertNumQueries
    ) -> None:
        client = decider()
        with django_assert_max_num_queries(14):
            page = client.get(LIST, {"state": "open"}).content.decode()
        assert "Wednesday, June 9, 2027, 7:10 PM EDT" in page
        assert "Thursday, May 20, 2027, 7:10 PM EDT" in page
        assert "June 9" not in client.get(LIST, {"state": "decided"}).content.decode()
        # A link around the link to the event would be empty: browsers end it where the inner one begins.
        assert re.search(rf'<a href="[^"]*{difference.pk}/change/[^"]*"[^>]*>\s*Start', page)

    def test_keeps_ours_and_takes_the_feeds(self, difference: FeedDifference) -> None:
        client = decider()
        assert "Ours kept" in said(act(client, "keep", difference))
        assert event_of().starts_at == MOVED
        assert "decided meanwhile" in said(act(client, "take", difference))
        imported(game(date="2027-06-10T19:10:00"))
        act(client, "take", FeedDifference.objects.get(decision=""), reason="The league says so")
        assert (event_of().starts_at.day, event_of().changes.get().note) == (10, "The league says so")
        assert LogEntry.objects.filter(object_id=str(event_of().pk)).count() == 2

    @pytest.mark.parametrize("action", ["keep", "take", "postpone", "cancel", "succeed"])
    def test_lets_only_those_decide_who_may_change_events(self, difference: FeedDifference, action: str) -> None:
        client = staff_browser("view_feeddifference")
        assert client.get(LIST).status_code == 200
        act(client, action, difference, reason="x")
        difference.refresh_from_db()
        assert (difference.decision, event_of().starts_at, event_of().status) == ("", MOVED, "scheduled")
        assert staff_browser("change_event").get(LIST).status_code == 403

    def test_has_no_successor_for_an_event_that_lost_its_id(self, event: Event) -> None:
        Event.objects.filter(pk=event.pk).update(skybox_event_id=None)
        assert "No game of the same teams" in said(act(decider(), "succeed", FeedDifference.objects.get()))
        assert FeedDifference.objects.get().decision == ""

    def test_decides_about_events_that_left_the_feed(self, event: Event) -> None:
        difference = FeedDifference.objects.get()
        assert "Say why: holders and buyers read it." in said(act(decider(), "cancel", difference))
        assert "continues as the rescheduled game" in said(act(decider(), "succeed", difference))
        assert event_of(7410003).pk == event.pk


class TestPageOfAnImport:
    def test_shows_and_decides_what_the_file_lacks(self, cases: Path) -> None:
        imported(*rows_of(cases, "left_the_feed_before"))
        game_ = event_of(7410001)
        on_sale("1", block=block_of(game_), event=game_)
        event_import, client = upload(*rows_of(cases, "left_the_feed_after")), decider()
        page = reverse("admin:catalog_event_skybox_import", args=[event_import.pk])
        decide = reverse("admin:catalog_feeddifference_missing", args=[event_import.pk])
        text = client.get(page).content.decode()
        assert "No longer in the feed" in text
        assert "1 open listing" in text
        assert "Go on as that game" not in text, "before the file is imported"
        answer = client.post(decide, {"event": game_.pk, "decision": "succeed:7410003"})
        assert (answer.url, "Confirm the import first" in said(answer)) == (page, True)
        event_import_apply(event_import_id=event_import.pk, now=NOW)
        text = client.get(page).content.decode()
        assert 'value="succeed:7410003"' in text
        assert "Wednesday, September 1, 2027, 12:40 PM EDT" in text
        for wrong in ({"decision": "delete"}, {"event": "x"}, {"note": "n" * 301}):
            client.post(decide, {"event": game_.pk, "decision": "keep", **wrong})
        assert FeedDifference.objects.get().decision == ""
        client.post(decide, {"event": game_.pk, "decision": "succeed:7410003"})
        assert (event_of(7410003).pk, Listing.objects.get().event_id) == (game_.pk, game_.pk)
        client.get(page)  # consumes the message of the click
        assert "It continues as the rescheduled game." in client.get(page).content.decode()

    def test_of_a_preview_from_before_another_file_decides_nothing(self, cases: Path) -> None:
        """The newer file has the game again: nobody cancels it because of the older one."""
        before = rows_of(cases, "left_the_feed_before")
        imported(*before)
        event_import, newer = upload(*rows_of(cases, "left_the_feed_after")), upload(*before)
        event_import_apply(event_import_id=newer.pk, now=timezone.now())
        decide = reverse("admin:catalog_feeddifference_missing", args=[event_import.pk])
        answer = decider().post(decide, {"event": event_of(7410001).pk, "decision": "cancel", "note": "Gone"})
        assert ("no longer missing" in said(answer), event_of(7410001).status) == (True, "scheduled")

    def test_of_a_preview_from_before_another_file_is_shown_again_before_it_is_confirmed(self) -> None:
        imported(game())
        older, newer = upload(game()), upload(game(date="2027-06-03T19:10:00"))
        event_import_apply(event_import_id=newer.pk, now=timezone.now())
        confirm = reverse("admin:catalog_event_skybox_confirm", args=[older.pk])
        assert "Another file of the season has been imported" in said(decider().post(confirm))
        older.refresh_from_db()
        assert (older.status, older.counts["updated"], event_of().starts_at.day) == ("previewed", 1, 3)
        assert said(decider().post(confirm)) == "", "staff have seen it now"
        assert event_of().starts_at.day == 1

    def test_says_what_was_decided(self, cases: Path) -> None:
        imported(*rows_of(cases, "left_the_feed_before"))
        event_import, client = upload(*rows_of(cases, "left_the_feed_after")), decider()
        decide = reverse("admin:catalog_feeddifference_missing", args=[event_import.pk])
        client.post(decide, {"event": event_of(7410001).pk, "decision": "keep"})
        text = client.get(reverse("admin:catalog_event_skybox_import", args=[event_import.pk])).content.decode()
        assert "Ours kept." in text
        assert "Cancel for good" not in text

    def test_is_decided_by_those_who_may_change_events(self, cases: Path) -> None:
        imported(*rows_of(cases, "left_the_feed_before"))
        event_import = upload(*rows_of(cases, "left_the_feed_after"))
        decide = reverse("admin:catalog_feeddifference_missing", args=[event_import.pk])
        sent = {"event": event_of(7410001).pk, "decision": "postpone", "note": "Rain"}
        assert staff_browser("view_feeddifference", "view_event", "add_event").post(decide, sent).status_code == 403
        assert Client().post(decide, sent).status_code == 302
        assert decider().get(decide).status_code == 405
        assert event_of(7410001).status == "scheduled"
        decider().post(decide, sent)
        assert event_of(7410001).status == "postponed"
