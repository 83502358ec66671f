"""What people do, as the app receives it: signed, with or without an answer."""

import http.client
import json
import socket
import time
import urllib.request
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient
from werkzeug.wrappers import Response

from sandbox.slack import interactions
from sandbox.slack.handles import RESPONSE_SECONDS, RESPONSE_USES
from sandbox.slack.options import Options
from sandbox.slack.server import running
from sandbox.tests.app_double import AppDouble
from sandbox.tests.conftest import Clock, Slack
from sandbox.tests.messages import actions, button, mrkdwn, plain, reason_modal, section


def posted(slack: Slack) -> str:
    blocks = [section("Listing"), actions(button("Approve", "approve"), button("Open", "open", value="18"))]
    return slack.client.chat_postMessage(channel="C1", text="Listing", blocks=blocks)["ts"]


def said(answer: Any) -> Response:
    return Response(json.dumps(answer), content_type="application/json")


class TestPress:
    def test_is_sent_signed_and_complete(self, slack: Slack, app: AppDouble) -> None:
        ts = posted(slack)
        answer = slack.press(ts, "approve")
        assert (answer["status"], answer["responded"], answer["notice"]) == (200, True, "")
        assert (app.last.path, app.last.signed) == ("/api/slack/interactions/", True)
        assert app.last.content_type == "application/x-www-form-urlencoded"
        assert list(app.last.fields) == ["payload"]
        payload = app.last.payload
        assert payload["type"] == "block_actions"
        assert payload["user"] == {"id": "U01ADMIN", "username": "admin", "name": "admin", "team_id": "T00SANDBOX"}
        assert payload["container"] == {
            "type": "message", "message_ts": ts, "channel_id": "C1", "is_ephemeral": False,
        }  # fmt: skip
        assert payload["channel"] == {"id": "C1", "name": "c1"}
        assert payload["message"]["blocks"][0]["text"]["text"] == "Listing"
        [action] = payload["actions"]
        assert (action["type"], action["action_id"], action["block_id"]) == ("button", "approve", "triage")
        assert (action["value"], action["text"]) == ("17", plain("Approve"))
        assert payload["trigger_id"] == answer["trigger_id"]
        assert payload["response_url"] == answer["response_url"]

    def test_can_carry_a_forged_value_and_distinguishes_equal_buttons(self, slack: Slack, app: AppDouble) -> None:
        slack.press(posted(slack), "approve", value="999")
        assert app.last.payload["actions"][0]["value"] == "999"
        blocks = [actions(button("A", "same", value=name), block_id=name) for name in "AB"]
        ts = slack.client.chat_postMessage(channel="C1", text="x", blocks=blocks)["ts"]
        assert slack.press(ts, "same")["http"] == 400
        slack.press(ts, "same", value="B")
        assert app.last.payload["actions"][0]["block_id"] == "B"
        slack.press(ts, "same", block_id="A")
        assert app.last.payload["actions"][0]["value"] == "A"

    @pytest.mark.parametrize(
        "change", [{"user": "U04GONE"}, {"user": "U05ROBOT"}, {"user": "U9"}, {"channel": "C2"}, {"colour": "red"}]
    )
    def test_that_nobody_could_make_is_refused(self, slack: Slack, app: AppDouble, change: dict[str, str]) -> None:
        assert slack.press(posted(slack), "approve", **change)["http"] == 400
        assert slack.press(posted(slack), "nothing")["http"] == 400
        assert app.received == []

    def test_on_a_message_for_another_user_is_refused(self, slack: Slack, app: AppDouble) -> None:
        blocks = [actions(button("A", "a"))]
        sent = slack.client.chat_postEphemeral(channel="C1", user="U02STAFF", text="x", blocks=blocks)
        assert slack.press(sent["message_ts"], "a")["http"] == 400
        slack.press(sent["message_ts"], "a", user="U02STAFF")
        assert app.last.payload["container"]["is_ephemeral"] is True

    @pytest.mark.parametrize("status", [201, 302, 401, 500])
    def test_answered_with_anything_but_200_says_that_the_app_did_not_respond(
        self, slack: Slack, app: AppDouble, status: int
    ) -> None:
        app.answer = lambda _: Response("no", status, headers={"Location": "/"})
        answer = slack.press(posted(slack), "approve")
        assert (answer["status"], answer["responded"]) == (status, False)
        assert answer["notice"] == "The app did not respond"
        assert len(app.received) == 1

    def test_without_an_answer_in_time_says_the_same(self, options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(interactions, "ANSWER_SECONDS", 0.2)
        with socket.create_server(("127.0.0.1", 0)) as silent:
            app_url = f"http://127.0.0.1:{silent.getsockname()[1]}"
            with running(replace(options, app_url=app_url)) as url:
                slack = Slack(url, Clock())
                answer = slack.press(posted(slack), "approve")
        assert (answer["status"], answer["notice"]) == (None, "The app did not respond")

    def test_of_a_menu_sends_the_option(self, slack: Slack, app: AppDouble) -> None:
        options = [{"text": plain(name), "value": name} for name in "AB"]
        menu = {"type": "static_select", "action_id": "menu", "options": options, "placeholder": plain("Pick")}
        ts = slack.client.chat_postMessage(channel="C1", text="x", blocks=[actions(menu)])["ts"]
        slack.press(ts, "menu", value="B")
        assert app.last.payload["actions"][0]["selected_option"]["value"] == "B"
        assert slack.press(ts, "menu", value="C")["http"] == 400


def open_modal(slack: Slack, user: str = "U01ADMIN", **more: Any) -> dict[str, Any]:
    trigger_id = slack.press(posted(slack), "approve", user=user)["trigger_id"]
    return slack.client.views_open(trigger_id=trigger_id, view=reason_modal(**more))["view"]


class TestModal:
    def test_works_from_the_button_to_the_submission(self, slack: Slack, app: AppDouble) -> None:
        view = open_modal(slack)
        [opened] = slack.ask("GET", "/views?user=U01ADMIN")["views"]
        assert (opened["id"], opened["private_metadata"], opened["errors"]) == (view["id"], "17", {})
        assert slack.ask("GET", "/views?user=U02STAFF")["views"] == []

        app.answer = lambda _: said({"response_action": "errors", "errors": {"reason": "Say more."}})
        values = {"reason": {"text": "Too dear\n& late"}, "kind": {"choice": "price"}}
        submission = {"user": "U01ADMIN", "view_id": view["id"], "values": values}
        assert slack.ask("POST", "/submit", submission)["errors"] == {"reason": "Say more."}
        assert slack.ask("GET", "/views?user=U01ADMIN")["views"][0]["errors"] == {"reason": "Say more."}
        payload = app.last.payload
        assert (payload["type"], app.last.signed) == ("view_submission", True)
        assert (payload["view"]["callback_id"], payload["view"]["private_metadata"]) == ("decline", "17")
        price = {"text": plain("Price"), "value": "price"}
        assert payload["view"]["state"]["values"] == {
            "reason": {"text": {"type": "plain_text_input", "value": "Too dear\n& late"}},
            "kind": {"choice": {"type": "static_select", "selected_option": price}},
        }

        app.answer = lambda _: Response("")
        assert slack.ask("POST", "/submit", submission)["responded"] is True
        assert slack.ask("GET", "/views?user=U01ADMIN")["views"] == []
        assert slack.ask("POST", "/submit", submission)["http"] == 400

    @pytest.mark.parametrize(
        ("values", "block"),
        [
            ({}, "reason"),
            ({"reason": {"text": " "}}, "reason"),
            ({"reason": {"text": "x" * 201}}, "reason"),
            ({"reason": {"text": "x"}, "kind": {"choice": "colour"}}, "kind"),
            ({"reason": {"text": "x"}, "other": {"a": "b"}}, "other"),
        ],
    )
    def test_filled_in_wrongly_is_not_sent(
        self, slack: Slack, app: AppDouble, values: dict[str, Any], block: str
    ) -> None:
        view = open_modal(slack)
        answer = slack.ask("POST", "/submit", {"user": "U01ADMIN", "view_id": view["id"], "values": values})
        assert list(answer["errors"]) == [block]
        assert [one.payload["type"] for one in app.received] == ["block_actions"]

    def test_of_another_user_cannot_be_submitted(self, slack: Slack) -> None:
        view = open_modal(slack)
        foreign = {"user": "U02STAFF", "view_id": view["id"], "values": {"reason": {"text": "x"}}}
        assert slack.ask("POST", "/submit", foreign)["http"] == 400

    @pytest.mark.parametrize("notify", [True, False])
    def test_closed_is_reported_only_if_it_asks_for_that(self, slack: Slack, app: AppDouble, notify: bool) -> None:
        view = open_modal(slack, notify_on_close=notify)
        slack.ask("POST", "/close", {"user": "U01ADMIN", "view_id": view["id"]})
        assert slack.ask("GET", "/views?user=U01ADMIN")["views"] == []
        assert [one.payload["type"] for one in app.received[1:]] == (["view_closed"] if notify else [])

    def test_stays_open_when_the_app_does_not_respond(self, slack: Slack, app: AppDouble) -> None:
        view = open_modal(slack)
        app.answer = lambda _: Response("", 500)
        submission = {"user": "U01ADMIN", "view_id": view["id"], "values": {"reason": {"text": "x"}}}
        assert slack.ask("POST", "/submit", submission)["notice"] == "The app did not respond"
        assert len(slack.ask("GET", "/views?user=U01ADMIN")["views"]) == 1

    def test_opens_once_and_within_three_seconds(self, slack: Slack) -> None:
        def error(trigger_id: str) -> str:
            with pytest.raises(SlackApiError) as caught:
                slack.client.views_open(trigger_id=trigger_id, view=reason_modal())
            return str(caught.value.response["error"])

        trigger_id = slack.press(posted(slack), "approve")["trigger_id"]
        slack.clock.now += 3
        slack.client.views_open(trigger_id=trigger_id, view=reason_modal())
        assert error(trigger_id) == "exchanged_trigger_id"
        late = slack.press(posted(slack), "approve")["trigger_id"]
        slack.clock.now += 3.1
        assert error(late) == "expired_trigger_id"
        assert error("1.2.3") == "invalid_trigger_id"

    def test_beyond_the_limits_names_what_is_wrong(self, slack: Slack) -> None:
        trigger_id = slack.press(posted(slack), "approve")["trigger_id"]
        with pytest.raises(SlackApiError) as caught:
            slack.client.views_open(trigger_id=trigger_id, view=reason_modal(title=plain("x" * 25)))
        assert caught.value.response["error"] == "invalid_arguments"
        assert "/view/title/text" in caught.value.response["response_metadata"]["messages"][0]


class TestCommand:
    def test_is_sent_as_a_form_and_its_answer_shown_to_the_one_who_asked(self, slack: Slack, app: AppDouble) -> None:
        app.answer = lambda _: said({"text": "2 wait", "blocks": [section("*2 wait*")]})
        asked = {"user": "U02STAFF", "channel": "C1", "text": "/stt holder ann@example.com"}
        assert slack.ask("POST", "/command", asked)["responded"] is True
        fields = app.last.fields
        assert (app.last.path, app.last.signed) == ("/api/slack/commands/", True)
        assert (fields["command"], fields["text"]) == ("/stt", "holder ann@example.com")
        assert (fields["user_id"], fields["user_name"], fields["channel_id"]) == ("U02STAFF", "sam", "C1")
        assert (fields["team_id"], fields["channel_name"], fields["api_app_id"]) == ("T00SANDBOX", "c1", "A00APP")
        [message] = slack.messages("C1")
        assert (message["ephemeral_for"], message["text"]) == ("U02STAFF", "2 wait")

    def test_may_be_answered_for_all_as_text_or_not_at_all(self, slack: Slack, app: AppDouble) -> None:
        asked = {"user": "U02STAFF", "channel": "C1", "text": "/stt pending"}
        for answer in (said({"response_type": "in_channel", "text": "all"}), Response("one"), Response("")):
            app.answer = lambda _, answer=answer: answer
            slack.ask("POST", "/command", asked)
        assert [(m["text"], m["ephemeral_for"]) for m in slack.messages("C1")] == [("all", None), ("one", "U02STAFF")]

    def test_whose_answer_is_beyond_the_limits_says_so(self, slack: Slack, app: AppDouble) -> None:
        app.answer = lambda _: said({"blocks": [section("x" * 3001)]})
        answer = slack.ask("POST", "/command", {"user": "U02STAFF", "channel": "C1", "text": "/stt pending"})
        assert "invalid_blocks" in answer["notice"]
        assert slack.messages("C1") == []

    def test_must_be_one(self, slack: Slack, app: AppDouble) -> None:
        for text in ("hello", "/", ""):
            asked = {"user": "U02STAFF", "channel": "C1", "text": text}
            assert slack.ask("POST", "/command", asked)["http"] == 400
        assert app.received == []


class TestResponseUrl:
    def test_replaces_adds_and_deletes(self, slack: Slack) -> None:
        ts = posted(slack)
        hook = WebhookClient(slack.press(ts, "approve")["response_url"])
        assert hook.send(text="for you").status_code == 200
        assert hook.send(text="for all", response_type="in_channel").status_code == 200
        assert hook.send(text="done", replace_original=True).status_code == 200
        first, second, third = slack.messages("C1")
        assert (first["ts"], first["text"], first["blocks"], first["edited"]) == (ts, "done", [], True)
        assert (second["text"], second["ephemeral_for"]) == ("for you", "U01ADMIN")
        assert (third["text"], third["ephemeral_for"]) == ("for all", None)
        assert hook.send(delete_original=True).status_code == 200
        assert [message["text"] for message in slack.messages("C1")] == ["for you", "for all"]

    def test_works_five_times_within_thirty_minutes(self, slack: Slack) -> None:
        hook = WebhookClient(slack.press(posted(slack), "approve")["response_url"])
        assert [hook.send(text="x").status_code for _ in range(RESPONSE_USES)] == [200] * 5
        refused = hook.send(text="x")
        assert (refused.status_code, "used_url" in refused.body) == (404, True)
        late = WebhookClient(slack.press(posted(slack), "approve")["response_url"])
        slack.clock.now += RESPONSE_SECONDS + 1
        refused = late.send(text="x")
        assert (refused.status_code, "expired_url" in refused.body) == (404, True)
        assert [call["outcome"] for call in slack.calls("response_url")] == ["ok"] * 5 + ["used_url", "expired_url"]

    def test_knows_the_limits_and_the_faults(self, slack: Slack) -> None:
        hook = WebhookClient(slack.press(posted(slack), "approve")["response_url"], retry_handlers=[])
        assert hook.send(blocks=[{"type": "header", "text": mrkdwn("x")}]).status_code == 400
        slack.ask("POST", "/faults", {"method": "response_url", "kind": "rate_limited", "times": 1})
        assert hook.send(text="x").status_code == 429
        assert hook.send(text="x").status_code == 200


class TestStrangers:
    """Other sites can reach a server on this machine through the browser of its user."""

    def test_cannot_act_with_a_form_or_under_another_host_name(self, slack: Slack, app: AppDouble) -> None:
        ts = posted(slack)
        pressed = json.dumps({"user": "U01ADMIN", "channel": "C1", "ts": ts, "action_id": "approve"})
        assert _status(slack, "POST", "/press", pressed, {"Content-Type": "text/plain"}) == 415
        foreign = {"Content-Type": "application/json", "Host": "evil.example"}
        assert _status(slack, "POST", "/press", pressed, foreign) == 400
        assert app.received == []
        assert _status(slack, "POST", "/press", pressed, {"Content-Type": "application/json"}) == 200


def _status(slack: Slack, method: str, path: str, body: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection(slack.url.removeprefix("http://"), timeout=5)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_the_double_sees_a_wrong_signature(app: AppDouble) -> None:
    headers = {"X-Slack-Request-Timestamp": str(int(time.time())), "X-Slack-Signature": "v0=00"}
    request = urllib.request.Request(f"{app.url}/", data=b"payload=%7B%7D", headers=headers)
    with urllib.request.urlopen(request, timeout=5):
        assert app.last.signed is False
