"""Faults on demand: what the caller sees, and whether the call took effect."""

import threading
from dataclasses import replace
from http.client import RemoteDisconnected
from typing import Any
from urllib.error import URLError

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_handlers import ConnectionErrorRetryHandler

from sandbox.slack.faults import BURST
from sandbox.slack.options import Options
from sandbox.slack.server import running
from sandbox.tests.conftest import TOKEN, Clock, Slack


def post(client: WebClient) -> Any:
    return client.chat_postMessage(channel="C1", text="x")


class TestAnswers:
    @pytest.mark.parametrize(
        ("kind", "status", "start"),
        [("rate_limited", 429, "{"), ("error_500", 500, "{"), ("error_503_html", 503, "<!DOCTYPE")],
    )
    def test_with_an_error_do_nothing_and_end_after_their_times(
        self, slack: Slack, kind: str, status: int, start: str
    ) -> None:
        slack.ask("POST", "/faults", {"method": "chat.postMessage", "kind": kind, "times": 2, "retry_after": 7})
        for left in (1, 0):
            with pytest.raises(SlackApiError) as caught:
                post(slack.client)
            assert caught.value.response.status_code == status
            assert sum(fault["times"] for fault in slack.ask("GET", "/faults")["faults"]) == left
        if kind == "rate_limited":
            assert caught.value.response.headers["Retry-After"] == "7"
            assert caught.value.response["error"] == "ratelimited"
        post(slack.client)
        assert len(slack.messages("C1")) == 1
        assert [(call["outcome"], call["fault"], call["done"]) for call in slack.calls()] == [
            ("not_done", kind, False),
            ("not_done", kind, False),
            ("ok", None, True),
        ]

    def test_whose_answers_are_lost_were_carried_out_so_that_a_retry_makes_two(self, slack: Slack) -> None:
        slack.ask("POST", "/faults", {"kind": "lose_answer", "times": 1})
        with pytest.raises(RemoteDisconnected):
            post(slack.client)
        [message] = slack.messages("C1")
        assert [(call["done"], call["ts"]) for call in slack.calls()] == [(True, message["ts"])]
        slack.ask("POST", "/faults", {"kind": "lose_answer", "times": 1})
        repeating = ConnectionErrorRetryHandler(max_retry_count=1)
        post(WebClient(TOKEN, base_url=f"{slack.url}/api/", retry_handlers=[repeating]))
        assert len(slack.messages("C1")) == 3

    def test_cut_before_anything_is_done_leave_nothing(self, slack: Slack) -> None:
        slack.ask("POST", "/faults", {"kind": "drop", "times": 1})
        with pytest.raises(RemoteDisconnected):
            post(slack.client)
        assert slack.messages("C1") == []
        assert slack.calls()[0]["done"] is False

    @pytest.mark.parametrize(("kind", "messages"), [("timeout", 0), ("slow", 1)])
    def test_that_answer_too_late_time_out_at_the_caller(self, slack: Slack, kind: str, messages: int) -> None:
        slack.ask("POST", "/faults", {"kind": kind, "times": 1, "seconds": 30})
        with pytest.raises((TimeoutError, URLError)):
            post(WebClient(TOKEN, base_url=f"{slack.url}/api/", timeout=1, retry_handlers=[]))
        assert len(slack.messages("C1")) == messages
        assert slack.calls()[0]["done"] is bool(messages)

    def test_that_are_slow_answer_in_the_end(self, slack: Slack) -> None:
        slack.ask("POST", "/faults", {"kind": "slow", "times": 1, "seconds": 0.05})
        assert post(slack.client)["ok"] is True


class TestFaults:
    def test_affect_only_their_method_and_stay_until_cleared(self, slack: Slack) -> None:
        slack.ask("POST", "/faults", {"method": "chat.update", "kind": "error_500", "times": None})
        ts = post(slack.client)["ts"]
        for _ in range(3):
            with pytest.raises(SlackApiError):
                slack.client.chat_update(channel="C1", ts=ts, text="y")
        assert slack.ask("DELETE", "/faults") == {"faults": []}
        assert slack.client.chat_update(channel="C1", ts=ts, text="y")["ok"] is True

    @pytest.mark.parametrize(
        "fault",
        [
            {"kind": "earthquake"},
            {"kind": "slow", "seconds": -1},
            {"kind": "slow", "seconds": 601},
            {"kind": "drop", "times": 0},
            {"kind": "drop", "times": "many"},
            {"kind": "drop", "colour": "red"},
            ["drop"],
        ],
    )
    def test_that_do_not_exist_are_refused(self, slack: Slack, fault: Any) -> None:
        assert slack.ask("POST", "/faults", fault)["http"] == 400
        assert slack.ask("GET", "/faults") == {"faults": []}

    def test_end_a_waiting_call_when_the_server_stops(self, options: Options) -> None:
        with running(options) as url:
            slack = Slack(url, Clock())
            slack.ask("POST", "/faults", {"kind": "timeout", "seconds": 600})
            outcomes: list[Exception] = []

            def call() -> None:
                try:
                    post(slack.client)
                except Exception as problem:  # noqa: BLE001
                    outcomes.append(problem)

            thread = threading.Thread(target=call)
            thread.start()
            assert any(call["outcome"] == "not_done" for _ in range(1000) for call in slack.calls())
        thread.join(timeout=4)
        assert isinstance(outcomes[0], RemoteDisconnected | ConnectionResetError)


class TestPace:
    def test_beyond_the_burst_a_channel_has_to_wait_and_others_do_not(self, options: Options) -> None:
        clock = Clock()
        with running(replace(options, per_second=1), clock=clock) as url:
            client = Slack(url, clock).client
            for _ in range(BURST):
                post(client)
            with pytest.raises(SlackApiError) as caught:
                post(client)
            assert (caught.value.response.status_code, caught.value.response.headers["Retry-After"]) == (429, "1")
            client.chat_postMessage(channel="C2", text="another channel")
            clock.now += 1
            post(client)
            with pytest.raises(SlackApiError):
                post(client)
            assert [call["outcome"] for call in Slack(url, clock).calls()].count("ratelimited") == 2
