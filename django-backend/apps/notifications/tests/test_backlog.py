"""A large backlog, and one topic or channel in trouble, keep nothing else back."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from apps.common.testing.local_slack import CHANNEL, LocalSlack
from apps.notifications import locks
from apps.notifications.locks import outbox_claimed
from apps.notifications.models import OutboxMessage
from apps.notifications.rules import LEASE, LONGEST_CLAIM, MAX_ATTEMPTS
from apps.notifications.services.delivery import outbox_deliver
from apps.notifications.services.slack import slack_put
from apps.notifications.testing import recorder
from apps.notifications.testing.factories import NOW, OutboxMessageFactory
from apps.notifications.tests.listening import listening

pytestmark = pytest.mark.django_db
BATCH = 20
BACKLOG = 50_000


def backlog(topic: str, count: int) -> None:
    """Let so many messages of a topic wait, each since a second before the next one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notifications_outboxmessage"
            " (id, topic, aggregate_key, payload, created_at, available_at, attempts, last_error)"
            " SELECT gen_random_uuid(), %s, 'holder:' || n %% 500, '{}', at, at, 0, ''"
            " FROM (SELECT n, %s - make_interval(secs => n) AS at FROM generate_series(1, %s) AS n) AS rows",
            [topic, NOW, count],
        )
        cursor.execute("ANALYZE notifications_outboxmessage")


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


class TestClaim:
    def test_of_a_batch_reads_a_batch_however_many_wait(self) -> None:
        """S4-12: one index scan for each topic, ended by its limit; no sort and no scan of the backlog."""
        backlog("mail", BACKLOG)
        given = {
            "topics": ["mail", "slack", "account_mail"], "now": NOW, "limit": BATCH,
            "lease_until": NOW + LEASE, "longest_claim": LONGEST_CLAIM,
            "max_attempts": MAX_ATTEMPTS, "worn_out": "",
        }  # fmt: skip
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {locks._CLAIM}", given)
            found = list(nodes(cursor.fetchone()[0][0]["Plan"]))
        assert max(node["Actual Rows"] for node in found) <= BATCH
        assert "outboxmessage_due" in {node.get("Index Name") for node in found}

    def test_lets_topics_take_turns(self) -> None:
        """A new password does not wait behind ten thousand mails."""
        backlog("mail", 3 * BATCH)
        last = [OutboxMessageFactory(topic=topic) for topic in ("account_mail", "slack")]
        claimed = outbox_claimed(topics=["mail", "slack", "account_mail"], now=NOW, limit=BATCH)
        assert len(claimed) == BATCH
        assert {message.id for message in last} <= {message.id for message in claimed}
        times = [message.available_at for message in claimed]
        assert times == sorted(times), "the oldest first"
        assert times[0] == NOW - timedelta(seconds=3 * BATCH)

    def test_gives_one_topic_the_whole_batch_when_no_other_waits(self) -> None:
        backlog("mail", 3 * BATCH)
        assert len(outbox_claimed(topics=["slack", "mail"], now=NOW, limit=BATCH)) == BATCH


class TestTrouble:
    def test_of_one_topic_leaves_the_others_half_of_each_batch(self) -> None:
        """Each message of the poisoned topic takes its time and fails."""
        recorder.clear()
        recorder.failures["bad"] = OSError()
        OutboxMessageFactory.create_batch(100, topic="poisoned", aggregate_key="bad", available_at=NOW - LEASE)
        good = OutboxMessageFactory.create_batch(10)
        with listening({"poisoned": recorder.handle, "test": recorder.handle}):
            result = outbox_deliver(now=NOW, limit=BATCH)
        assert (result.delivered, result.failed) == (10, 10)
        assert recorder.delivered == [message.aggregate_key for message in good]
        recorder.clear()

    @pytest.mark.parametrize("kind", ["error_500", "lose_answer"])
    def test_of_slack_is_found_out_once_a_channel_and_not_once_a_message(self, slack: LocalSlack, kind: str) -> None:
        """A Slack that does not answer takes ten seconds each time; the rest of the channel waits without asking."""
        slack.fault(kind, times=1)
        for number in range(5):
            slack_put(channel=CHANNEL, text=f"{number}", blocks=[], now=NOW)
        slack_put(channel="C0OTHER001", text="elsewhere", blocks=[], now=NOW)
        result = outbox_deliver(now=NOW, limit=BATCH)
        assert (result.failed, result.postponed, result.delivered) == (1, 4, 1)
        assert len(slack.calls()) == 2
        waiting = OutboxMessage.objects.filter(delivered_at__isnull=True)
        assert sorted(waiting.values_list("attempts", flat=True)) == [0, 0, 0, 0, 1]
        assert outbox_deliver(now=NOW + timedelta(minutes=1), limit=BATCH).delivered == 5
