"""Each fault of Slack becomes the error that says what to do next."""

import gc
import socket
import threading
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from apps.common.log_context import LogContext, log_context
from apps.common.testing.local_slack import CHANNEL, ROBOT, SAM, SAM_EMAIL, LocalSlack
from apps.notifications import gateways
from apps.notifications.errors import DeliveryDelayed, MessageUndeliverable, SlackRefused, SlackUnanswered
from apps.notifications.gateways import command_answer, ephemeral_post, message_post, user_profile, view_open


def post() -> str:
    return message_post(channel=CHANNEL, text="Hello", blocks=[])


class TestErrors:
    @pytest.mark.parametrize(
        ("kind", "error"),
        [
            ("rate_limited", DeliveryDelayed),
            ("error_500", SlackUnanswered),
            ("error_503_html", SlackUnanswered),
            ("timeout", SlackUnanswered),
            ("drop", SlackUnanswered),
            ("lose_answer", SlackUnanswered),
        ],
    )
    def test_say_what_a_fault_means(
        self, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch, kind: str, error: type[Exception]
    ) -> None:
        monkeypatch.setattr(gateways, "TIMEOUT_SECONDS", 1)
        slack.fault(kind, seconds=3, retry_after=45)
        with pytest.raises(error) as caught:
            post()
        if isinstance(caught.value, DeliveryDelayed):
            assert caught.value.retry_after_seconds == 45
        assert len(slack.calls()) == 1
        post()

    def test_distinguish_a_slow_answer_from_none(self, slack: LocalSlack) -> None:
        slack.fault("slow", seconds=0.5)
        assert post() == slack.messages()[0]["ts"]

    def test_say_what_was_not_done_and_why(self, slack: LocalSlack) -> None:
        with pytest.raises(SlackRefused) as refused:
            message_post(channel="C0NOTFOUND", text="Hello", blocks=[])
        assert (refused.value.reason, refused.value.code) == ("channel_not_found", "slack_refused:channel_not_found")
        with pytest.raises(SlackRefused, match="user_not_in_channel"):
            ephemeral_post(channel=CHANNEL, user=ROBOT, text="Hello")

    def test_say_what_will_never_be_accepted(self, slack: LocalSlack) -> None:
        with pytest.raises(MessageUndeliverable, match="invalid_blocks"):
            message_post(channel=CHANNEL, text="Hello", blocks=[{"type": "carousel"}])
        with pytest.raises(MessageUndeliverable, match="trigger_id"):
            view_open(
                trigger_id="1.2", view={"type": "modal", "title": {"type": "plain_text", "text": "x"}, "blocks": []}
            )

    def test_say_that_nobody_was_reached(self, settings: Settings) -> None:
        settings.SLACK_API_URL = "http://127.0.0.1:9/api/"
        with pytest.raises(SlackRefused, match="unreachable"):
            post()

    @pytest.mark.filterwarnings(
        "ignore::ResourceWarning"
    )  # the SDK leaves the socket of a broken answer to the collector
    @pytest.mark.parametrize(
        "answer",
        [
            b"nonsense\r\n\r\n",
            b'HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{"ok": true',
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<p>Hi</p>",
        ],
    )
    def test_distinguish_an_answer_that_cannot_be_read_from_a_refusal(self, settings: Settings, answer: bytes) -> None:
        """A proxy on the way may cut or replace the answer; whether Slack did it is not known."""
        with socket.create_server(("127.0.0.1", 0)) as server:
            settings.SLACK_API_URL = f"http://127.0.0.1:{server.getsockname()[1]}/api/"

            def answer_once() -> None:
                connection, _ = server.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(answer)

            thread = threading.Thread(target=answer_once)
            thread.start()
            with pytest.raises(SlackUnanswered):
                post()
            thread.join(20)
        gc.collect()


class TestUserProfile:
    def test_is_what_slack_knows(self, slack: LocalSlack) -> None:
        assert user_profile(user=SAM)["profile"]["email"] == SAM_EMAIL

    def test_of_nobody_is_refused(self, slack: LocalSlack) -> None:
        with pytest.raises(SlackRefused, match="user_not_found"):
            user_profile(user="U0NOBODY")


class TestCommandAnswer:
    @pytest.fixture
    def url(self, slack: LocalSlack) -> Iterator[str]:
        return slack.response_url(SAM)

    def test_reaches_only_who_asked(self, slack: LocalSlack, url: str) -> None:
        command_answer(response_url=url, text="Nothing waits")
        assert slack.whispers(SAM) == ["Nothing waits"]
        assert slack.messages() == []

    @pytest.mark.parametrize(
        "address", ["http://127.0.0.1:9/", "https://hooks.slack.com.evil.example/", "file:///etc/passwd"]
    )
    def test_goes_nowhere_else(self, slack: LocalSlack, settings: Settings, address: str) -> None:
        settings.SLACK_RESPONSE_URL_PREFIXES = ("https://hooks.slack.com/", f"{slack.url}/")
        with pytest.raises(MessageUndeliverable, match="no address of Slack"):
            command_answer(response_url=address, text="Secret")

    def test_is_not_taken_for_ever(self, slack: LocalSlack, url: str) -> None:
        for _ in range(5):
            command_answer(response_url=url, text="Again")
        with pytest.raises(MessageUndeliverable, match="no longer takes an answer to this command"):
            command_answer(response_url=url, text="Too often")

    @pytest.mark.parametrize("kind", ["error_500", "lose_answer"])
    def test_may_get_lost(self, slack: LocalSlack, url: str, kind: str) -> None:
        slack.fault(kind, times=None)
        with pytest.raises(SlackUnanswered):
            command_answer(response_url=url, text="Nothing waits")


class TestRequestId:
    def test_goes_along(self) -> None:
        """A request to Slack carries the id of the request or task that it is made for."""
        with log_context(LogContext(request_id="0123456789abcdef")):
            assert gateways._client().headers["X-Request-ID"] == "0123456789abcdef"
        assert "X-Request-ID" not in gateways._client().headers
