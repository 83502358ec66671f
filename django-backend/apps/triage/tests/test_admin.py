"""What staff were shown and what came back, to look at and nothing more."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.common.testing.clients import browser_of
from apps.common.testing.local_slack import SAM, LocalSlack
from apps.triage.models import SlackRequest
from apps.triage.testing.stories import NASTY, NOW, block, pending, tell
from apps.users.testing.stories import staff_member

pytestmark = pytest.mark.django_db
MESSAGES, REQUESTS = "/admin/triage/triagemessage/", "/admin/triage/slackrequest/"


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
    def test_of_messages_list_them_in_the_same_queries(self, slack: LocalSlack) -> None:
        client, counts = browser_of(staff_member("view_triagemessage")), []
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
        page = browser_of(staff_member("view_triagemessage")).get(MESSAGES)
        assert "In the log: no Slack token" in page.text
        assert slack.calls() == []

    def test_of_requests_keep_the_keys_to_themselves(self, slack: LocalSlack) -> None:
        found = request()
        client = browser_of(staff_member("view_slackrequest"))
        for path in (REQUESTS, f"{REQUESTS}{found.id}/change/"):
            page = client.get(path)
            assert "1.secret" not in page.text
            assert "&lt;!channel&gt;" in page.text

    def test_are_searched(self, slack: LocalSlack) -> None:
        messages(1)
        client = browser_of(staff_member("view_triagemessage"))
        assert "4 seats, 1 game" in client.get(MESSAGES, {"q": "New listing"}).text
        assert "4 seats" not in client.get(MESSAGES, {"q": "nothing like it"}).text
