"""What staff were shown and what came back, to look at and nothing more."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.common.testing.local_slack import SAM, LocalSlack
from apps.triage.models import SlackRequest, TriageMessage
from apps.triage.testing.stories import NASTY, NOW, block, pending, staff, tell

pytestmark = pytest.mark.django_db
MESSAGES, REQUESTS = "/admin/triage/triagemessage/", "/admin/triage/slackrequest/"


def looking(*rights: str) -> Client:
    client = Client()
    client.force_login(staff(*rights))
    return client


def messages(count: int) -> None:
    for number in range(count):
        pending(block=block(), now=NOW + timedelta(seconds=number))
    tell(NOW + timedelta(hours=1))


def request() -> SlackRequest:
    payload = {"trigger_id": "1.secret", "text": "x"}
    return SlackRequest.objects.create(
        signature="v0=1", kind="command", slack_user=SAM, payload=payload, received_at=NOW, outcome=NASTY
    )


class TestPages:
    @pytest.mark.parametrize(("path", "right"), [(MESSAGES, "view_triagemessage"), (REQUESTS, "view_slackrequest")])
    def test_are_for_who_may_look(self, slack: LocalSlack, path: str, right: str) -> None:
        messages(1)
        found = {MESSAGES: TriageMessage.objects.get().id, REQUESTS: request().id}[path]
        client = looking(right)
        assert client.get(path).status_code == 200
        assert client.get(f"{path}{found}/change/").status_code == 200
        stranger = Client()
        stranger.force_login(staff("view_listing", email="other@example.com"))
        assert stranger.get(path).status_code == 403
        assert Client().get(path).status_code == 302

    @pytest.mark.parametrize(("path", "name"), [(MESSAGES, "triagemessage"), (REQUESTS, "slackrequest")])
    def test_change_nothing_for_anybody(self, slack: LocalSlack, admin_client: Client, path: str, name: str) -> None:
        messages(1)
        found = {MESSAGES: TriageMessage.objects.get().id, REQUESTS: request().id}[path]
        assert admin_client.get(f"{path}add/").status_code == 403
        assert admin_client.post(f"{path}{found}/change/", {"kind": "dead"}).status_code == 403
        assert admin_client.post(f"{path}{found}/delete/", {"post": "yes"}).status_code == 403
        assert TriageMessage.objects.get().kind == "listings"

    def test_of_messages_list_them_in_the_same_queries(self, slack: LocalSlack) -> None:
        client, counts = looking("view_triagemessage"), []
        for more in (1, 9):
            messages(more)
            with CaptureQueriesContext(connection) as queries:
                page = client.get(MESSAGES)
            counts.append(len(queries))
        assert counts[0] == counts[1]
        assert page.text.count("New listing: 4 seats, 1 game by Ann Fan (1 waiting)") >= 10

    def test_of_messages_show_what_only_the_log_has(self, slack: LocalSlack, settings: Settings) -> None:
        """Without a token nothing fails, and staff find the message here."""
        settings.STT_NOTIFICATIONS_BOT_API_TOKEN = ""
        messages(1)
        page = looking("view_triagemessage").get(MESSAGES)
        assert "In the log: no Slack token" in page.text
        assert slack.calls() == []

    def test_of_requests_keep_the_keys_to_themselves(self, slack: LocalSlack) -> None:
        found = request()
        client = looking("view_slackrequest")
        for path in (REQUESTS, f"{REQUESTS}{found.id}/change/"):
            page = client.get(path)
            assert "1.secret" not in page.text
            assert "&lt;!channel&gt;" in page.text

    def test_are_searched(self, slack: LocalSlack) -> None:
        messages(1)
        page = looking("view_triagemessage").get(MESSAGES, {"q": "New listing"})
        assert "4 seats, 1 game" in page.text
        assert "4 seats" not in looking_again().get(MESSAGES, {"q": "nothing like it"}).text


def looking_again() -> Client:
    from apps.users.models import User

    client = Client()
    client.force_login(User.objects.get(email="sam@example.com"))
    return client
