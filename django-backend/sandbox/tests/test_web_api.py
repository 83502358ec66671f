"""The Web API through slack_sdk, as the product uses it."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox.slack.options import Options
from sandbox.slack.server import running
from sandbox.tests.conftest import TOKEN, Slack
from sandbox.tests.messages import actions, button, listing_message, section


def error_of(call: Any, /, *arguments: Any, **parameters: Any) -> tuple[str, list[str]]:
    """Return the error code and the explanations of a refused call."""
    with pytest.raises(SlackApiError) as caught:
        call(*arguments, **parameters)
    answer = caught.value.response
    return answer["error"], answer.get("response_metadata", {}).get("messages", [])


class TestTokens:
    def test_only_the_right_token_is_accepted_and_calls_record_which_was_sent(self, slack: Slack) -> None:
        assert slack.client.auth_test()["user"] == "season-tickets"
        for token, error in (("xoxb-other", "invalid_auth"), (None, "not_authed")):
            client = WebClient(token, base_url=f"{slack.url}/api/")
            assert error_of(client.auth_test)[0] == error
        assert [(call["outcome"], call["authorization"], call["token_right"]) for call in slack.calls()] == [
            ("ok", "Bearer", True),
            ("invalid_auth", "Bearer", False),
            ("not_authed", "", False),
        ]
        assert TOKEN not in str(slack.calls())


class TestMessages:
    def test_are_posted_updated_read_and_deleted(self, slack: Slack) -> None:
        client = slack.client
        metadata = {"event_type": "outbox", "event_payload": {"key": "7"}}
        posted = client.chat_postMessage(channel="C1", text="New", blocks=listing_message(), metadata=metadata)
        assert posted["message"]["blocks"] == listing_message_with_ids(posted)
        assert (posted["channel"], posted["message"]["metadata"]) == ("C1", metadata)

        client.chat_update(channel="C1", ts=posted["ts"], text="Approved", blocks=[section("Approved")])
        [message] = slack.messages("C1")
        assert message["edited"] is True
        assert message["blocks"][0]["text"]["text"] == "Approved"
        assert message["metadata"] == metadata

        client.chat_update(channel="C1", ts=posted["ts"], text="Only text")
        assert slack.messages("C1")[0]["blocks"] == []

        assert client.chat_delete(channel="C1", ts=posted["ts"])["ts"] == posted["ts"]
        assert slack.messages("C1") == []
        assert error_of(client.chat_update, channel="C1", ts=posted["ts"], text="Late")[0] == "message_not_found"
        assert error_of(client.chat_delete, channel="C1", ts=posted["ts"])[0] == "message_not_found"

    def test_have_unique_growing_ts_even_when_the_clock_stops_or_goes_back(self, slack: Slack) -> None:
        def post(number: int) -> str:
            return slack.client.chat_postMessage(channel="C1", text=str(number))["ts"]

        with ThreadPoolExecutor(8) as pool:
            together = list(pool.map(post, range(24)))
        slack.clock.now -= 60
        assert len(set(together)) == 24
        later = post(25)
        assert later > max(together)
        assert [message["ts"] for message in slack.messages("C1")] == [*sorted(together), later]

    def test_history_is_newest_first_in_pages_and_without_what_only_one_user_sees(self, slack: Slack) -> None:
        client = slack.client
        metadata = {"event_type": "outbox", "event_payload": {}}
        stamps = [client.chat_postMessage(channel="C1", text=str(i), metadata=metadata)["ts"] for i in range(5)]
        client.chat_postEphemeral(channel="C1", user="U01ADMIN", text="psst")
        client.chat_postMessage(channel="C1", text="reply", thread_ts=stamps[0])
        first = client.conversations_history(channel="C1", limit=2)
        assert [message["ts"] for message in first["messages"]] == [stamps[4], stamps[3]]
        assert first["has_more"] is True
        assert "metadata" not in first["messages"][0]
        cursor = first["response_metadata"]["next_cursor"]
        rest = client.conversations_history(channel="C1", cursor=cursor, include_all_metadata=True)
        assert [message["text"] for message in rest["messages"]] == ["2", "1", "0"]
        assert rest["messages"][0]["metadata"] == metadata
        newer = client.conversations_history(channel="C1", oldest=stamps[2])
        assert [message["text"] for message in newer["messages"]] == ["4", "3"]
        inclusive = client.conversations_history(channel="C1", oldest=stamps[3], inclusive=True)
        assert [message["text"] for message in inclusive["messages"]] == ["4", "3"]

    def test_for_one_user_are_marked_and_cannot_be_updated(self, slack: Slack) -> None:
        sent = slack.client.chat_postEphemeral(channel="C1", user="U03GUEST", text="Only staff may do this")
        assert [message["ephemeral_for"] for message in slack.messages("C1")] == ["U03GUEST"]
        late = {"channel": "C1", "ts": sent["message_ts"], "text": "x"}
        assert error_of(slack.client.chat_update, **late)[0] == "message_not_found"
        for user in ("U04GONE", "U0NOBODY"):
            call = slack.client.chat_postEphemeral
            assert error_of(call, channel="C1", user=user, text="x")[0] == "user_not_in_channel"

    def test_can_be_sent_as_a_form_too(self, slack: Slack) -> None:
        answer = slack.client.api_call(
            "chat.postMessage", data={"channel": "C1", "text": "x", "blocks": '[{"type": "divider"}]'}
        )
        assert answer["message"]["blocks"][0]["type"] == "divider"


def listing_message_with_ids(posted: Any) -> list[dict[str, Any]]:
    """Return the sample message with the block ids that Slack added."""
    return [
        block | {"block_id": stored["block_id"]}
        for block, stored in zip(listing_message(), posted["message"]["blocks"], strict=True)
    ]


class TestStrictness:
    @pytest.mark.parametrize(
        ("method", "parameters", "error", "explanation"),
        [
            ("chat.postMessages", {}, "unknown_method", []),
            ("chat.postMessage", {"channel": "C0NOTFOUND", "text": "x"}, "channel_not_found", []),
            ("chat.postMessage", {"channel": "#listings", "text": "x"}, "channel_not_found", []),
            ("chat.postMessage", {"channel": "C1"}, "no_text", []),
            ("chat.postMessage", {"channel": "C1", "text": "x" * 40_001}, "msg_too_long", []),
            ("chat.postMessage", {"text": "x"}, "invalid_arguments", ["[ERROR] missing required field: channel"]),
            (
                "chat.postMessage",
                {"channel": "C1", "txt": "x"},
                "invalid_arguments",
                ["[ERROR] unknown parameter: txt"],
            ),
            (
                "chat.postMessage",
                {"channel": "C1", "text": "x", "metadata": {"event_type": 1}},
                "invalid_metadata_format",
                [],
            ),
            ("users.info", {"user": "U0NOBODY"}, "user_not_found", []),
        ],
    )
    def test_refuses(
        self, slack: Slack, method: str, parameters: dict[str, Any], error: str, explanation: list[str]
    ) -> None:
        assert error_of(slack.client.api_call, method, json=parameters) == (error, explanation)
        assert slack.messages("C1") == []
        assert slack.calls()[-1]["outcome"] == error

    def test_a_body_with_wrong_types_is_refused_and_breaks_nothing(self, slack: Slack) -> None:
        odd: list[Any] = [7, "text", [[]], [{"type": []}], [{"type": "section", "text": {"type": [], "text": {}}}]]
        for blocks in odd:
            parameters = {"channel": "C1", "text": "x", "blocks": blocks}
            assert error_of(slack.client.api_call, "chat.postMessage", json=parameters)[0].startswith("invalid_blocks")

    def test_unique_ids_are_required_where_slack_requires_them(self, slack: Slack) -> None:
        post = slack.client.chat_postMessage
        twice = [actions(button("A", "same"), button("B", "same"))]
        assert error_of(post, channel="C1", text="x", blocks=twice)[0] == "invalid_blocks"
        blocks = [actions(button("A", "a")), actions(button("B", "b"))]
        assert error_of(post, channel="C1", text="x", blocks=blocks)[0] == "invalid_blocks"
        post(channel="C1", text="x", blocks=[actions(button(n, "same"), block_id=n) for n in "AB"])


class TestUsers:
    def test_have_mail_name_and_state(self, slack: Slack) -> None:
        def info(user: str) -> dict[str, Any]:
            return slack.client.users_info(user=user)["user"]

        assert info("U01ADMIN")["profile"]["email"] == "admin@example.com"
        assert info("U01ADMIN")["real_name"] == "Local Admin"
        assert (info("U04GONE")["deleted"], info("U02STAFF")["deleted"]) == (True, False)
        assert (info("U05ROBOT")["is_bot"], info("U02STAFF")["is_bot"]) == (True, False)
        assert "email" not in info("U05ROBOT")["profile"]


class TestRestart:
    def test_keeps_channels_messages_calls_and_the_order_of_ts(self, options: Options) -> None:
        options = replace(options, channels=(("C1", "listings"),))
        with running(options, clock=lambda: 1_790_000_000.0) as url:
            before = WebClient(TOKEN, base_url=f"{url}/api/").chat_postMessage(channel="C1", text="kept")["ts"]
        with running(options, clock=lambda: 1_790_000_000.0) as url:
            client = WebClient(TOKEN, base_url=f"{url}/api/")
            history = client.conversations_history(channel="C1")["messages"]
            assert [(message["ts"], message["text"]) for message in history] == [(before, "kept")]
            assert client.chat_postMessage(channel="C1", text="after")["ts"] > before
            slack = Slack(url, clock=None)  # type: ignore[arg-type]
            assert [call["method"] for call in slack.calls()] == [
                "chat.postMessage", "conversations.history", "chat.postMessage",
            ]  # fmt: skip
            assert slack.ask("GET", "/channels")["channels"][0]["name"] == "listings"
