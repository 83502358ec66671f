"""Messages on their way to Slack, against the local one: posted once, changed when changed, whatever goes wrong."""

import threading
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from apps.common.listeners import received
from apps.common.testing.local_slack import CHANNEL, TOKEN, LocalSlack
from apps.notifications import gateways, locks
from apps.notifications.errors import DeliveryPostponed
from apps.notifications.models import OutboxMessage, SlackChannel, SlackMessage
from apps.notifications.rules import SLACK_LEASE
from apps.notifications.services import slack as service
from apps.notifications.services.delivery import Delivered, outbox_deliver
from apps.notifications.services.slack import slack_change, slack_deliver, slack_put
from apps.notifications.testing.factories import NOW

BLOCKS = [{"type": "section", "text": {"type": "mrkdwn", "text": "*4 seats*"}}]
AGAIN = "Posted again"


def put(text: str = "New listings", *, blocks: Any = BLOCKS, channel: str = CHANNEL) -> SlackMessage:
    with transaction.atomic():
        return slack_put(channel=channel, text=text, blocks=blocks, now=NOW)


def change(message: SlackMessage, text: str) -> bool:
    with transaction.atomic():
        return slack_change(message=fresh(message), text=text, blocks=BLOCKS, now=NOW)


def fresh(message: SlackMessage) -> SlackMessage:
    return SlackMessage.objects.get(id=message.id)


def deliver(now: datetime = NOW) -> Delivered:
    return outbox_deliver(now=now, limit=50)


def row() -> OutboxMessage:
    return OutboxMessage.objects.get(topic="slack", delivered_at__isnull=True)


@pytest.mark.django_db
class TestDelivery:
    def test_posts_with_the_token_into_the_channel(self, slack: LocalSlack) -> None:
        """S3-19, S3-20: the token is the Bearer of each call, the channel that of the message."""
        message = put()
        assert deliver() == Delivered(claimed=1, delivered=1)
        [shown] = slack.messages()
        assert (shown["text"], shown["blocks"][0]["text"]["text"]) == ("New listings", "*4 seats*")
        assert shown["metadata"]["event_payload"] == {"id": str(message.id)}
        [call] = slack.calls()
        assert (call["method"], call["authorization"], call["token_right"]) == ("chat.postMessage", "Bearer", True)
        assert (call["parameters"]["channel"], call["parameters"]["unfurl_links"]) == (CHANNEL, False)
        message = fresh(message)
        assert (message.ts, message.posted_at, message.state) == (shown["ts"], NOW, "shown")
        assert (message.sending_since, message.outcome_unknown, message.possible_duplicate) == (None, False, False)

    def test_sends_ten_changes_as_one_and_none_for_the_same_words(self, slack: LocalSlack) -> None:
        message = put()
        deliver()
        assert not change(message, "New listings")
        for number in range(10):
            assert change(message, f"{number + 1} decided")
        assert fresh(message).state == "changing"
        assert deliver().delivered == 10
        assert [call["method"] for call in slack.calls()] == ["chat.postMessage", "chat.update"]
        assert [shown["text"] for shown in slack.messages()] == ["10 decided"]
        assert fresh(message).state == "shown"

    def test_posts_what_was_changed_before_it_was_posted_as_it_is_now(self, slack: LocalSlack) -> None:
        message = put()
        change(message, "Approved already")
        deliver()
        assert [call["method"] for call in slack.calls()] == ["chat.postMessage"]
        assert slack.messages()[0]["text"] == "Approved already"

    def test_sends_a_change_that_comes_while_it_is_being_sent(
        self, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """What was sent is noted, not what stands in the row by then."""
        message = put()
        real = gateways.message_post

        def post(**given: Any) -> str:
            ts = real(**given)
            change(message, "Approved meanwhile")
            return ts

        monkeypatch.setattr(service, "message_post", post)
        deliver()
        assert fresh(message).state == "changing"
        deliver()
        assert slack.messages()[0]["text"] == "Approved meanwhile"

    @pytest.mark.parametrize(("token", "channel"), [("", CHANNEL), (TOKEN, "")])
    def test_writes_to_the_log_without_token_or_channel(
        self, slack: LocalSlack, settings: Settings, caplog: pytest.LogCaptureFixture, token: str, channel: str
    ) -> None:
        settings.STT_NOTIFICATIONS_BOT_API_TOKEN = token
        message = put(channel=channel)
        with caplog.at_level("INFO"):
            assert deliver().delivered == 1
        assert str(message.id) in caplog.text
        assert "New listings" not in caplog.text, "S0-15: names of holders stay out of the logs"
        assert slack.calls() == []
        assert (fresh(message).state, fresh(message).logged_at) == ("logged", NOW)

    def test_writes_the_words_to_the_log_of_a_developer(
        self, slack: LocalSlack, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.STT_NOTIFICATIONS_BOT_API_TOKEN, settings.DEBUG = "", True
        put()
        with caplog.at_level("INFO"):
            deliver()
        assert "New listings" in caplog.text

    def test_posts_what_changes_after_a_token_was_set(self, slack: LocalSlack, settings: Settings) -> None:
        settings.STT_NOTIFICATIONS_BOT_API_TOKEN = ""
        message = put()
        deliver()
        settings.STT_NOTIFICATIONS_BOT_API_TOKEN = TOKEN
        change(message, "Approved")
        deliver()
        assert [shown["text"] for shown in slack.messages()] == ["Approved"]

    def test_lets_a_message_go_that_was_deleted_in_slack(self, slack: LocalSlack) -> None:
        message = put()
        deliver()
        slack.delete(fresh(message).ts)
        change(message, "Approved")
        assert deliver().delivered == 1
        assert (fresh(message).state, fresh(message).gone_at) == ("gone", NOW)
        change(message, "Declined")
        assert deliver().delivered == 1
        assert len(slack.calls("chat.update")) == 1
        assert slack.messages() == []


@pytest.mark.django_db
class TestFaults:
    def test_long_retry_after_delays_the_whole_channel_and_leaves_no_doubt(self, slack: LocalSlack) -> None:
        first, second = put("1"), put("2")
        slack.fault("rate_limited", retry_after=60)
        assert deliver() == Delivered(claimed=2, failed=1, postponed=1)
        assert len(slack.calls()) == 1
        rows = OutboxMessage.objects.order_by("id")
        assert [(row.attempts, row.available_at >= NOW + timedelta(seconds=60)) for row in rows] == [
            (1, True),
            (0, True),  # not its turn: no attempt was made, so none is counted
        ]
        assert rows[0].last_error.startswith("delivery_delayed at ")
        later = NOW + timedelta(seconds=61)
        assert deliver(later) == Delivered(claimed=2, delivered=2)
        assert {shown["text"] for shown in slack.messages()} == {"1", "2"}
        assert not any(fresh(message).possible_duplicate for message in (first, second))

    def test_absurd_retry_after_silences_the_channel_for_a_day_at_most(self, slack: LocalSlack) -> None:
        put()
        slack.fault("rate_limited", retry_after=10**12)
        assert deliver().failed == 1
        assert row().last_error.startswith("delivery_delayed at ")
        assert row().available_at == SlackChannel.objects.get().next_at == NOW + timedelta(days=1)

    def test_short_retry_after_is_waited_for_by_the_sdk(
        self, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waits: list[float] = []
        monkeypatch.setattr("slack_sdk.http_retry.builtin_handlers.time", SimpleNamespace(sleep=waits.append))
        put()
        slack.fault("rate_limited", retry_after=2)
        assert deliver().delivered == 1
        assert len(slack.messages()) == 1
        assert [2 <= wait < 4 for wait in waits] == [True]

    @pytest.mark.parametrize(
        ("kind", "copies"), [("error_500", 1), ("error_503_html", 1), ("timeout", 1), ("drop", 1), ("lose_answer", 2)]
    )
    def test_unknown_outcome_is_tried_again_and_says_that_it_may_be_there_twice(
        self, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch, kind: str, copies: int
    ) -> None:
        """The one window for a duplicate, marked in the row and in the message."""
        monkeypatch.setattr(gateways, "TIMEOUT_SECONDS", 1)
        message = put()
        slack.fault(kind, seconds=3)
        assert deliver() == Delivered(claimed=1, failed=1)
        assert len(slack.calls()) == 1  # nothing repeats by itself what may have been done
        assert (fresh(message).outcome_unknown, fresh(message).sending_since) == (True, None)
        assert row().last_error.startswith("slack_unanswered at ")

        assert deliver(NOW + timedelta(minutes=1)).delivered == 1
        shown = slack.messages()
        assert len(shown) == copies
        assert AGAIN in str(shown[-1]["blocks"])
        message = fresh(message)
        assert (message.possible_duplicate, message.outcome_unknown, message.ts) == (True, False, shown[-1]["ts"])

        change(message, "Approved")
        deliver(NOW + timedelta(minutes=1))
        assert slack.messages()[-1]["text"] == "Approved"
        assert AGAIN in str(slack.messages()[-1]["blocks"])

    def test_unknown_outcome_of_a_change_is_no_duplicate(self, slack: LocalSlack) -> None:
        message = put()
        deliver()
        change(message, "Approved")
        slack.fault("lose_answer")
        deliver()
        deliver(NOW + timedelta(minutes=1))
        assert [shown["text"] for shown in slack.messages()] == ["Approved"]
        assert not fresh(message).possible_duplicate
        assert AGAIN not in str(slack.messages())

    def test_worker_killed_while_sending_leaves_a_note_that_makes_the_next_one_careful(self, slack: LocalSlack) -> None:
        message = put()
        SlackMessage.objects.update(sending_since=NOW)
        assert deliver() == Delivered(claimed=1, postponed=1)
        assert slack.calls() == []
        assert deliver(NOW + SLACK_LEASE).delivered == 1
        assert fresh(message).possible_duplicate
        assert AGAIN in str(slack.messages()[0]["blocks"])

    def test_refused_channel_is_tried_again(self, slack: LocalSlack) -> None:
        """People invite the app or mend the setting; until then nothing is lost, and nothing is in doubt."""
        message = put(channel="C0NOTFOUND")
        assert deliver() == Delivered(claimed=1, failed=1)
        assert row().last_error.startswith("slack_refused:channel_not_found at ")
        SlackMessage.objects.update(channel=CHANNEL)
        assert deliver(NOW + timedelta(minutes=1)).delivered == 1
        assert not fresh(message).possible_duplicate

    def test_wrong_token_is_tried_again(self, slack: LocalSlack, settings: Settings) -> None:
        """S3-19."""
        settings.STT_NOTIFICATIONS_BOT_API_TOKEN = "xoxb-old"
        put()
        assert deliver().failed == 1
        assert "slack_refused:invalid_auth" in row().last_error

    def test_unreachable_slack_is_tried_again_without_a_doubt(self, slack: LocalSlack, settings: Settings) -> None:
        settings.SLACK_API_URL = "http://127.0.0.1:9/api/"
        message = put()
        assert deliver().failed == 1
        assert "slack_refused:unreachable" in row().last_error
        assert not fresh(message).outcome_unknown

    def test_blocks_that_slack_will_never_take_are_given_up_at_once(self, slack: LocalSlack) -> None:
        put(blocks=[{"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3_001}}])
        assert deliver() == Delivered(claimed=1, dead=1)
        assert row().dead_at == NOW
        assert OutboxMessage.objects.filter(topic__startswith="outbox.dead").count() == 1


@pytest.mark.django_db
class TestPace:
    @pytest.fixture(autouse=True)
    def _a_second(self, slack: LocalSlack, settings: Settings) -> None:
        settings.SLACK_SECONDS_BETWEEN_MESSAGES = 1

    def test_is_one_message_a_second_for_a_channel(self, slack: LocalSlack) -> None:
        """Slots of one channel are a second apart; another channel has its own."""
        pauses: list[float] = []
        for text in "123":
            put(text)
        put("4", channel="C0OTHER001")
        for message in OutboxMessage.objects.order_by("id"):
            slack_deliver(message=received(message), now=NOW, pause=pauses.append)
        assert pauses == [1.0, 2.0]
        assert len(slack.messages()) == 3
        assert SlackChannel.objects.get(id=CHANNEL).next_at == NOW + timedelta(seconds=3)

    def test_sends_a_message_back_that_would_have_to_wait_long(self, slack: LocalSlack) -> None:
        put()
        SlackChannel.objects.create(id=CHANNEL, next_at=NOW + timedelta(seconds=40))
        with pytest.raises(DeliveryPostponed) as postponed:
            slack_deliver(message=received(row()), now=NOW, pause=pytest.fail)
        assert postponed.value.delay == timedelta(seconds=40)
        assert deliver() == Delivered(claimed=1, postponed=1)
        assert (row().attempts, row().available_at, row().last_error) == (0, NOW + timedelta(seconds=40), "")

    def test_costs_nothing_for_what_slack_shows_already(self, slack: LocalSlack) -> None:
        put()
        message = row()
        slack_deliver(message=received(message), now=NOW)
        slack_deliver(message=received(message), now=NOW, pause=pytest.fail)
        assert len(slack.calls()) == 1


@pytest.mark.django_db(transaction=True)
class TestTwoDeliverers:
    def deliver_at_once(self) -> list[str]:
        """Deliver one message twice at the same moment; return what became of it."""
        message, start = row(), threading.Barrier(2)
        outcomes: list[str] = []

        def run() -> None:
            try:
                connection.ensure_connection()
                start.wait(20)
                slack_deliver(message=received(message), now=NOW)
                outcomes.append("done")
            except DeliveryPostponed:
                outcomes.append("postponed")
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        return sorted(outcomes)

    def test_post_once(self, slack: LocalSlack) -> None:
        """Who comes second sees the note of the first one, or that Slack shows the message."""
        put()
        slack.fault("slow", seconds=1)
        assert self.deliver_at_once() in (["done", "postponed"], ["done", "done"])
        assert len(slack.calls("chat.postMessage")) == 1

    def test_would_post_twice_without_the_note(self, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: who only reads the row does not know that somebody is sending it."""
        monkeypatch.setattr(service, "_take", lambda message_id, now: SlackMessage.objects.get(id=message_id))
        put()
        slack.fault("slow", times=None, seconds=1)
        assert self.deliver_at_once() == ["done", "done"]
        assert len(slack.messages()) == 2

    def test_take_slots_one_after_the_other(self, slack: LocalSlack) -> None:
        """Two who ask for a slot at once never get the same one."""
        slots: list[datetime] = []
        start = threading.Barrier(8)

        def run() -> None:
            try:
                connection.ensure_connection()
                start.wait(20)
                slots.append(locks.slack_slot_reserved(channel=CHANNEL, now=NOW, interval=timedelta(seconds=1)))
            finally:
                connection.close()

        threads = [threading.Thread(target=run) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(slots) == [NOW + timedelta(seconds=number) for number in range(8)]
