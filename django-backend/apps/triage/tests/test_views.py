"""Slack's requests: known by their signature, kept and answered at once, done later."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from apps.common.testing.local_slack import CHANNEL, SAM, LocalSlack
from apps.triage.models import SlackRequest
from apps.triage.testing.slack_forms import (
    COMMANDS,
    FORM,
    INTERACTIONS,
    answer,
    button,
    command,
    headers_for,
    interact,
    send,
)

pytestmark = pytest.mark.django_db
ID = "0190b8a0-0000-7000-8000-000000000001"
BODY = f"payload={json.dumps(button('triage.approve', ID))}"


@pytest.fixture(autouse=True)
def _calls_nobody(slack: LocalSlack) -> Any:
    """An answer to Slack never waits for Slack."""
    yield
    assert slack.calls() == []


def post(body: Any = BODY, *, path: str = INTERACTIONS, content_type: str = FORM, **headers: str) -> Any:
    return Client().post(path, body, content_type=content_type, headers=headers)


class TestSignature:
    @pytest.mark.parametrize("path", [INTERACTIONS, COMMANDS])
    def test_must_be_that_of_the_raw_body(self, path: str) -> None:
        good = headers_for(BODY)
        assert post(path=INTERACTIONS, **good).status_code == 200
        for headers in (
            {},
            {"X-Slack-Signature": good["X-Slack-Signature"]},
            {"X-Slack-Request-Timestamp": good["X-Slack-Request-Timestamp"]},
            headers_for(BODY, secret="another"),
            headers_for(BODY + "&x=1"),
            # A little more than five minutes: time passes while the test runs.
            headers_for(BODY, age=330),
            headers_for(BODY, age=-330),
            good | {"X-Slack-Request-Timestamp": str(int(good["X-Slack-Request-Timestamp"]) + 1)},
            good | {"X-Slack-Request-Timestamp": "yesterday"},
            good | {"X-Slack-Request-Timestamp": ""},
            good | {"X-Slack-Signature": "v0=é"},
            good | {"X-Slack-Signature": ""},
            good | {"X-Slack-Signature": good["X-Slack-Signature"].upper()},
        ):
            response = post(path=path, **headers)
            assert response.status_code == 403, headers
            assert "signature" in response.json()["errors"][0]["detail"]
        assert SlackRequest.objects.count() == 1

    def test_is_good_for_five_minutes(self) -> None:
        assert post(**headers_for(BODY, age=290)).status_code == 200

    def test_is_refused_without_a_secret(self, settings: Settings) -> None:
        """An empty key can sign, too."""
        settings.SLACK_SIGNING_SECRET = ""
        assert post(**headers_for(BODY, secret="")).status_code == 403
        assert not SlackRequest.objects.exists()

    def test_of_a_body_that_is_not_text_is_refused(self) -> None:
        assert post(b"\xff\xfe", **headers_for(b"\xff\xfe")).status_code == 403

    def test_is_all_that_counts(self, client: Client, admin_client: Client) -> None:
        """Neither a session nor a token replaces it, and none is needed."""
        assert admin_client.post(INTERACTIONS, BODY, content_type=FORM).status_code == 403
        assert client.get(INTERACTIONS, headers=headers_for("")).status_code == 405

    def test_comes_in_once(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        """The same request again, from a replay or a retry, changes nothing."""
        headers = headers_for(BODY)
        with django_assert_num_queries(5):  # the INSERT, in two savepoints
            first = post(**headers)
        assert first.status_code == post(**headers).status_code == 200
        assert SlackRequest.objects.count() == 1


class TestButtons:
    def test_are_kept_with_what_handling_needs(self) -> None:
        response = interact(button("triage.approve", ID))
        assert (response.status_code, response.content) == (200, b"")
        request = SlackRequest.objects.get()
        assert (request.kind, request.slack_user, request.attempts, request.handled_at) == ("button", SAM, 0, None)
        assert request.payload == {
            "action": "triage.approve", "message_id": ID, "confirmed_twins": [], "channel": CHANNEL,
            "trigger_id": "1.abc",
        }  # fmt: skip

    @pytest.mark.parametrize(
        "payload",
        [
            button("link.open", url="https://example.com/admin/"),
            button("someone.elses", 17),
            button("someone.elses", ""),
            button("triage.approve"),
            button("triage.approve", "no id"),
            {"type": "view_closed", "user": {"id": SAM}},
            {"type": "shortcut"},
            {},
        ],
    )
    def test_that_do_not_concern_us_are_accepted_and_dropped(self, payload: dict[str, Any]) -> None:
        assert interact(payload).status_code == 200
        assert not SlackRequest.objects.exists()

    @pytest.mark.parametrize(
        ("body", "status", "attr"),
        [
            ({"payload": "{"}, 400, "payload"),
            ({"payload": "[]"}, 400, "payload"),
            ({"payload": "17"}, 400, "payload"),
            ({}, 400, "payload"),
            ({"payload": json.dumps({"type": "block_actions"})}, 400, "user"),
            ({"payload": json.dumps({**button("triage.approve", ID), "actions": []})}, 400, "actions"),
            ({"payload": json.dumps({**button("triage.approve", ID), "user": "sam"})}, 400, "user"),
            ({"payload": json.dumps({**button("triage.approve", ID), "trigger_id": "x" * 201})}, 400, "trigger_id"),
            ({"payload": json.dumps(button("triage.approve", ID, user="\0"))}, 400, "user.id"),
        ],
    )
    def test_that_cannot_be_read_are_refused(self, body: dict[str, str], status: int, attr: str) -> None:
        response = send(INTERACTIONS, body)
        assert response.status_code == status
        assert attr in str([error["attr"] for error in response.json()["errors"]])
        assert not SlackRequest.objects.exists()

    def test_in_another_format_are_refused(self) -> None:
        body = json.dumps(button("triage.approve", ID))
        response = post(body, content_type="application/json", **headers_for(body))
        assert response.status_code == 415
        assert not SlackRequest.objects.exists()


class TestReasons:
    def test_are_kept(self) -> None:
        response = interact(answer("triage.decline", ID, "  Too dear \n"))
        assert (response.status_code, response.content) == (200, b"")
        request = SlackRequest.objects.get()
        assert (request.kind, request.slack_user) == ("reason", SAM)
        assert request.payload == {
            "action": "triage.decline", "message_id": ID, "channel": CHANNEL, "reason": "Too dear"
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("reason", "problem"),
        [("", "give a reason"), (None, "give a reason"), (" \n\0", "give a reason"), ("x" * 301, "At most 300")],
    )
    def test_that_are_not_good_enough_are_answered_in_the_modal(self, reason: str | None, problem: str) -> None:
        response = interact(answer("triage.decline", ID, reason))
        assert response.status_code == 200
        assert response.json()["response_action"] == "errors"
        assert problem in response.json()["errors"]["reason"]
        assert not SlackRequest.objects.exists()

    def test_that_cannot_be_stored_lose_what_cannot(self) -> None:
        """JSON may contain half of a surrogate pair, which PostgreSQL refuses."""
        assert interact(answer("triage.decline", ID, "Too \ud83d dear\udcff")).content == b""
        assert SlackRequest.objects.get().payload["reason"] == "Too  dear"
        assert "give a reason" in str(interact(answer("triage.decline", ID, "\ud83d")).json())

    def test_of_300_characters_are_good_enough(self) -> None:
        assert interact(answer("triage.decline", ID, "x" * 300)).content == b""
        assert SlackRequest.objects.exists()

    @pytest.mark.parametrize(
        "changed",
        [
            {"callback_id": "another"},
            {"private_metadata": "{"},
            {"private_metadata": "[]"},
            {"private_metadata": json.dumps({"message_id": ID, "action": "triage.approve", "channel": CHANNEL})},
            {"private_metadata": json.dumps({"message_id": "1", "action": "triage.decline", "channel": CHANNEL})},
            {"state": {"values": {}}},
            {"state": {"values": {"reason": {"reason": "x"}}}},
            {"state": {"values": []}},
            {"state": {}},
        ],
    )
    def test_of_a_question_that_nobody_here_asked_are_refused(self, changed: dict[str, Any]) -> None:
        payload = answer("triage.decline", ID, "Too dear")
        payload["view"] |= changed
        assert interact(payload).status_code == 400
        assert not SlackRequest.objects.exists()


class TestCommands:
    def test_are_kept(self) -> None:
        response = send(COMMANDS, command("holder ann@example.com"))
        assert (response.status_code, response.content) == (200, b"")
        request = SlackRequest.objects.get()
        assert (request.kind, request.slack_user, request.payload["text"]) == ("command", SAM, "holder ann@example.com")

    def test_may_be_empty(self) -> None:
        assert send(COMMANDS, command("")).status_code == 200
        assert SlackRequest.objects.get().payload["text"] == ""

    @pytest.mark.parametrize("name", ["user_id", "channel_id", "response_url"])
    def test_without_what_is_needed_are_refused(self, name: str) -> None:
        fields = command("pending")
        del fields[name]
        response = send(COMMANDS, fields)
        assert response.status_code == 400
        assert response.json()["errors"][0]["attr"] == name
        assert not SlackRequest.objects.exists()

    def test_that_only_check_our_certificate_are_accepted_and_dropped(self) -> None:
        assert send(COMMANDS, {"ssl_check": "1"}).status_code == 200
        assert not SlackRequest.objects.exists()

    def test_too_long_are_refused(self) -> None:
        assert send(COMMANDS, command("x" * 501)).status_code == 400


def test_ids_differ_by_request() -> None:
    """Two presses of one button are two requests."""
    interact(button("triage.approve", uuid4()))
    interact(button("triage.approve", uuid4()))
    assert SlackRequest.objects.count() == 2
