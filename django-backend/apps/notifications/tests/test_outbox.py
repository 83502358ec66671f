"""The outbox: put, delivered, adopted by new listeners, and looked after by command."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import StringIO
from itertools import pairwise
from smtplib import SMTPRecipientsRefused
from typing import Any
from unittest.mock import patch
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks

from apps.common.testing.local_slack import CHANNEL, LocalSlack
from apps.notifications import locks
from apps.notifications.errors import DeliveryDelayed, MessageUndeliverable
from apps.notifications.locks import outbox_claimed
from apps.notifications.models import OutboxMessage
from apps.notifications.rules import BUSY_SECONDS, LEASE, LONGEST_CLAIM, LONGEST_DELAY, MAX_ATTEMPTS, retry_delay
from apps.notifications.services.delivery import Delivered, outbox_deliver
from apps.notifications.services.outbox import (
    RETENTION,
    NewMessage,
    outbox_adopt,
    outbox_purge,
    outbox_put,
    outbox_put_many,
    outbox_retry,
)
from apps.notifications.services.slack import slack_put
from apps.notifications.tasks import deliver_outbox
from apps.notifications.testing import recorder
from apps.notifications.testing.factories import NOW, OutboxMessageFactory
from apps.notifications.tests import gatherers
from apps.notifications.tests.listening import Numbered, listening

SECOND = timedelta(seconds=1)


def row(message: OutboxMessage) -> OutboxMessage:
    return OutboxMessage.objects.get(id=message.id)


class TestPut:
    @pytest.mark.django_db
    def test_writes_many_in_one_statement(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        messages = [NewMessage(payload=Numbered(n=n), aggregate_key=f"a:{n}") for n in range(50)]
        with django_assert_num_queries(1):
            rows = outbox_put_many(messages=messages, now=NOW)
        assert {message.payload["n"] for message in OutboxMessage.objects.all()} == set(range(50))
        assert {(message.available_at, message.attempts) for message in rows} == {(NOW, 0)}
        with django_assert_num_queries(0):
            assert outbox_put_many(messages=[], now=NOW) == []

    @pytest.mark.django_db
    @pytest.mark.usefixtures("recording")
    def test_wakes_a_worker_after_the_commit_only(
        self, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        """Nothing leaves before the change is there."""
        with patch("apps.common.jobs._send") as sent:
            with django_capture_on_commit_callbacks(execute=True):
                outbox_put(payload=Numbered(), aggregate_key="a:1", now=NOW)
                assert not sent.called
            assert [call.args[0].name for call in sent.mock_calls] == ["notifications.deliver_outbox"]

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.usefixtures("recording")
    def test_wakes_no_second_worker_before_the_first_has_begun(self) -> None:
        """One that has begun may have read before the commit: then another is woken."""
        woken = []
        with patch("apps.common.jobs._send") as sent:
            for begins in (False, False, True, False):
                if begins:
                    deliver_outbox()
                with transaction.atomic():
                    outbox_put(payload=Numbered(), aggregate_key="a:1", now=NOW)
                woken.append(len(sent.mock_calls))
        assert woken == [1, 1, 2, 2]

    @pytest.mark.django_db
    @pytest.mark.parametrize("heard", [None, "test", "test:gathered"])
    def test_wakes_nobody_for_what_is_not_due_gathered_or_unheard(
        self, heard: str | None, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
    ) -> None:
        due = {"available_at": NOW + SECOND} if heard == "test" else {}
        handlers = {heard: recorder.handle} if heard == "test" else {}
        gatherers_ = {heard: gatherers.gather} if heard == "test:gathered" else {}
        with (
            patch("apps.common.jobs._send") as sent,
            listening(handlers, gatherers_),
            django_capture_on_commit_callbacks(execute=True),
        ):
            outbox_put(payload=Numbered(), aggregate_key="a:1", now=NOW, **due)
        assert OutboxMessage.objects.count() == 1
        assert not sent.called

    @pytest.mark.django_db(transaction=True)
    def test_refuses_to_run_outside_a_transaction(self) -> None:
        with pytest.raises(TransactionManagementError):
            outbox_put(payload=Numbered(), aggregate_key="a:1", now=NOW)
        assert not OutboxMessage.objects.exists()

    @pytest.mark.django_db(transaction=True)
    def test_goes_with_the_transaction(self) -> None:
        """A fact that did not happen is not reported."""
        with transaction.atomic():
            outbox_put(payload=Numbered(), aggregate_key="a:1", now=NOW)
            transaction.set_rollback(True)
        assert not OutboxMessage.objects.exists()


@pytest.mark.django_db
@pytest.mark.usefixtures("recording")
class TestDeliver:
    def test_hands_over_what_is_due_oldest_first(self) -> None:
        later = OutboxMessageFactory(available_at=NOW + SECOND)
        second, first = OutboxMessageFactory(), OutboxMessageFactory(available_at=NOW - SECOND)
        assert outbox_deliver(now=NOW, limit=10) == Delivered(claimed=2, delivered=2)
        assert recorder.delivered == [first.aggregate_key, second.aggregate_key]
        done = row(first)
        assert (done.delivered_at, done.claimed_at, done.attempts, done.state) == (NOW, None, 1, "delivered")
        assert row(later).state == "waiting"
        assert outbox_deliver(now=NOW, limit=10).claimed == 0

    def test_leaves_topics_that_nobody_handles(self) -> None:
        """Theirs is the day on which a handler comes; no attempt is used up until then."""
        alone = OutboxMessageFactory(topic="listing.created")
        assert outbox_deliver(now=NOW, limit=10) == Delivered()
        assert (row(alone).attempts, row(alone).claimed_at) == (0, None)

    def test_takes_few_statements_beyond_the_handlers(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        """One claim for all of them; for each one a look whether it is still ours, and a mark."""
        OutboxMessageFactory.create_batch(5)
        with django_assert_num_queries(2 + 1 + 2 * 5):  # a savepoint's two
            outbox_deliver(now=NOW, limit=10)

    def test_keeps_to_the_limit(self) -> None:
        OutboxMessageFactory.create_batch(5)
        assert outbox_deliver(now=NOW, limit=3).delivered == 3

    def test_a_failure_stops_no_other(self) -> None:
        bad, good = OutboxMessageFactory(), OutboxMessageFactory()
        recorder.failures[bad.aggregate_key] = SMTPRecipientsRefused({"pat@example.com": (550, b"no such Pat")})
        assert outbox_deliver(now=NOW, limit=10) == Delivered(claimed=2, delivered=1, failed=1)
        assert row(good).state == "delivered"
        failed = row(bad)
        assert (failed.state, failed.attempts, failed.claimed_at) == ("failed", 1, None)
        assert NOW + timedelta(seconds=15) <= failed.available_at <= NOW + timedelta(seconds=30)
        assert failed.last_error.startswith("smtplib.SMTPRecipientsRefused at recorder.py:")

    def test_stores_no_personal_data_of_a_failure(self, caplog: pytest.LogCaptureFixture) -> None:
        bad = OutboxMessageFactory()
        recorder.failures[bad.aggregate_key] = SMTPRecipientsRefused({"pat@example.com": (550, b"no such Pat")})
        outbox_deliver(now=NOW, limit=10)
        assert str(bad.id) in caplog.text
        assert "pat" not in (caplog.text + row(bad).last_error).lower()

    def test_tries_again_until_it_works(self) -> None:
        bad = OutboxMessageFactory()
        recorder.failures[bad.aggregate_key] = OSError()
        outbox_deliver(now=NOW, limit=10)
        assert outbox_deliver(now=NOW + timedelta(seconds=14), limit=10).claimed == 0
        recorder.failures.clear()
        assert outbox_deliver(now=NOW + timedelta(seconds=31), limit=10).delivered == 1
        assert (row(bad).attempts, row(bad).last_error) == (2, "")

    def test_gives_up_after_the_last_attempt(self) -> None:
        bad = OutboxMessageFactory(attempts=MAX_ATTEMPTS - 1)
        recorder.failures[bad.aggregate_key] = OSError()
        assert outbox_deliver(now=NOW, limit=10) == Delivered(claimed=1, dead=1)
        assert (row(bad).dead_at, row(bad).state) == (NOW, "dead")
        assert outbox_deliver(now=NOW + timedelta(days=9), limit=10).claimed == 0

    def test_gives_up_at_once_what_cannot_work(self) -> None:
        bad = OutboxMessageFactory()
        recorder.failures[bad.aggregate_key] = MessageUndeliverable("Pat is gone.")
        assert outbox_deliver(now=NOW, limit=10).dead == 1
        assert row(bad).last_error.startswith("message_undeliverable at ")

    def test_waits_as_long_as_the_other_side_asks(self) -> None:
        """S3-20: Retry-After is obeyed, however short our own delay is."""
        bad = OutboxMessageFactory()
        recorder.failures[bad.aggregate_key] = DeliveryDelayed("Too many.", retry_after_seconds=900)
        outbox_deliver(now=NOW, limit=10)
        assert row(bad).available_at == NOW + timedelta(minutes=15)

    @pytest.mark.parametrize(("lease_until", "life"), [(NOW + LEASE, LEASE), (None, LONGEST_CLAIM)])
    def test_takes_up_what_a_crash_left_behind(self, lease_until: datetime | None, life: timedelta) -> None:
        """Claimed by a process that was killed: the lease runs out, then it is anybody's. The last release has none."""
        left = OutboxMessageFactory(claimed_at=NOW, lease_until=lease_until, attempts=1)
        assert outbox_deliver(now=NOW + life - SECOND, limit=10).claimed == 0
        assert outbox_deliver(now=NOW + life, limit=10).delivered == 1
        assert (row(left).attempts, row(left).lease_until) == (2, None)

    def test_is_late_by_half_a_minute_at_most_after_a_crash(self) -> None:
        """The bound of docs/outbox.md: this, and the sweep's five seconds."""
        message = OutboxMessageFactory()
        assert outbox_claimed(topics=["test"], now=NOW, limit=1) == [message]
        assert row(message).lease_until == NOW + timedelta(seconds=30)

    def test_buries_what_kills_its_worker_each_time(self) -> None:
        killer = OutboxMessageFactory(claimed_at=NOW - LEASE, lease_until=NOW, attempts=MAX_ATTEMPTS)
        assert outbox_deliver(now=NOW, limit=10) == Delivered(claimed=1, dead=1)
        assert recorder.delivered == []
        assert row(killer).last_error.startswith("Every attempt ended silently")

    def test_gives_back_what_it_cannot_begin_in_time(self) -> None:
        """The claim must not run out while a message is being delivered."""
        first, second = OutboxMessageFactory(), OutboxMessageFactory()
        seconds = iter((0.0, 1.0, BUSY_SECONDS + 1))
        done = outbox_deliver(now=NOW, limit=10, clock=lambda: next(seconds))
        assert done == Delivered(claimed=2, delivered=1, released=1)
        assert row(first).state == "delivered"
        assert (row(second).state, row(second).attempts) == ("waiting", 0)

    def test_marks_nothing_that_another_has_taken_over(self) -> None:
        """The lease ran out in the middle: the other deliverer answers for the message now."""
        message = OutboxMessageFactory()
        taken_over = NOW + LEASE
        recorder.before_each.append(
            lambda claimed: OutboxMessage.objects.filter(id=claimed.id).update(claimed_at=taken_over)
        )
        outbox_deliver(now=NOW, limit=10)
        assert (row(message).claimed_at, row(message).delivered_at) == (taken_over, None)

    def test_sends_nothing_that_another_has_taken_over(self) -> None:
        """The process stood still during the first message; the others are somebody else's by now."""
        first, second = OutboxMessageFactory(), OutboxMessageFactory()
        recorder.before_each.append(lambda _: OutboxMessage.objects.filter(id=second.id).update(claimed_at=NOW + LEASE))
        assert outbox_deliver(now=NOW, limit=10) == Delivered(claimed=2, delivered=1, released=1)
        assert recorder.delivered == [first.aggregate_key]


class TestRetryDelay:
    def test_doubles_up_to_an_hour(self) -> None:
        delays = [retry_delay(attempts=attempt, jitter=0) for attempt in range(1, MAX_ATTEMPTS + 1)]
        assert delays[:3] == [timedelta(seconds=30), timedelta(seconds=60), timedelta(seconds=120)]
        assert all(shorter <= longer for shorter, longer in pairwise(delays))
        assert delays[-1] == LONGEST_DELAY

    def test_spreads_what_failed_together(self) -> None:
        assert retry_delay(attempts=1, jitter=1) == timedelta(seconds=15)


@pytest.mark.django_db
class TestRetryAndPurge:
    def test_retry_takes_up_dead_and_failed_messages_only(self) -> None:
        dead = OutboxMessageFactory(attempts=20, dead_at=NOW, last_error="OSError")
        failed = OutboxMessageFactory(attempts=3, last_error="OSError", available_at=NOW + LONGEST_DELAY)
        others = [OutboxMessageFactory(delivered_at=NOW), OutboxMessageFactory(claimed_at=NOW, last_error="OSError")]
        ids = [message.id for message in (dead, failed, *others)]
        assert outbox_retry(message_ids=ids, now=NOW + SECOND) == 2
        for message in (row(dead), row(failed)):
            assert (message.dead_at, message.attempts, message.available_at) == (None, 0, NOW + SECOND)
        assert [row(message).available_at for message in others] == [NOW, NOW]

    def test_purge_deletes_what_was_delivered_long_ago(self) -> None:
        """Nothing is deleted before it is delivered."""
        OutboxMessageFactory(delivered_at=NOW - RETENTION)
        kept = [
            OutboxMessageFactory(delivered_at=NOW - RETENTION + SECOND),
            OutboxMessageFactory(created_at=NOW - 9 * RETENTION, available_at=NOW - 9 * RETENTION),
            OutboxMessageFactory(dead_at=NOW - 9 * RETENTION),
        ]
        assert outbox_purge(now=NOW) == 1
        assert set(OutboxMessage.objects.all()) == set(kept)


@pytest.fixture
def _listeners() -> Iterator[None]:
    """Two listen to `sale`, where none did; `card` has a handler of its own and a listener beside it."""
    recorder.clear()
    with listening(dict.fromkeys(("sale:holder", "sale:staff", "card", "card:staff"), recorder.handle)):
        yield


@pytest.mark.usefixtures("_listeners")
@pytest.mark.django_db
class TestAdopt:
    def test_gives_each_listener_what_waited_for_nobody(self) -> None:
        """S4-12: nothing that was put is forgotten because its topic has got listeners meanwhile."""
        since = NOW - timedelta(days=2)
        OutboxMessageFactory(topic="sale", aggregate_key="s:1", payload={"n": 1}, created_at=since, available_at=since)
        assert outbox_deliver(now=NOW, limit=9).claimed == 0
        assert outbox_adopt(now=NOW) == 1
        rows = OutboxMessage.objects.order_by("topic")
        assert [(row.topic, row.payload, row.created_at) for row in rows] == [
            ("sale:holder", {"n": 1}, since),
            ("sale:staff", {"n": 1}, since),
        ]
        assert outbox_deliver(now=NOW, limit=9).delivered == 2
        assert recorder.delivered == ["s:1", "s:1"]

    def test_leaves_everything_else(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        """What has a handler, what nobody wants, what is over, and what is not due yet, which stays so."""
        for topic in ("card", "sale:holder", "nobody", "nobody:staff", "sale_of_cards"):
            OutboxMessageFactory(topic=topic)
        OutboxMessageFactory(topic="sale", delivered_at=NOW)
        OutboxMessageFactory(topic="sale", dead_at=NOW)
        before = set(OutboxMessage.objects.values_list("id", flat=True))
        with django_assert_num_queries(2 + 1):  # a savepoint's two
            assert outbox_adopt(now=NOW) == 0
        assert set(OutboxMessage.objects.values_list("id", flat=True)) == before
        OutboxMessageFactory(topic="sale", available_at=NOW + timedelta(days=1))
        assert outbox_adopt(now=NOW) == 1
        assert OutboxMessage.objects.filter(topic="sale:staff", available_at=NOW + timedelta(days=1)).exists()

    def test_is_part_of_the_sweep(self) -> None:
        OutboxMessageFactory(topic="sale", created_at=NOW - timedelta(days=20 * 365))
        assert deliver_outbox() == 0, "in 2040 it is due, and no sooner"
        OutboxMessage.objects.update(available_at=NOW - timedelta(days=20 * 365))
        assert deliver_outbox() == 2


@pytest.mark.usefixtures("_listeners")
@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_adopt_a_message_once() -> None:
    message = OutboxMessageFactory(topic="sale")
    done = threading.Event()
    adopted: list[int] = []

    def sweep() -> None:
        try:
            adopted.append(outbox_adopt(now=NOW))
        finally:
            done.set()
            connection.close()

    with transaction.atomic():
        assert outbox_adopt(now=NOW) == 1
        threading.Thread(target=sweep).start()
        assert done.wait(20), "it passes by what the other one has"
    assert adopted == [0]
    ids: set[UUID] = set(OutboxMessage.objects.values_list("id", flat=True))
    assert len(ids) == 2
    assert message.id not in ids


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


@pytest.mark.django_db
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


@pytest.mark.django_db
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


def output_of(command: str, *arguments: str) -> str:
    output = StringIO()
    call_command(command, *arguments, stdout=output)
    return output.getvalue()


@pytest.mark.django_db
@pytest.mark.usefixtures("recording")
class TestDeliverOutbox:
    def test_delivers_what_is_due(self) -> None:
        """S4-16: where no worker runs, one command does what it would do."""
        messages = OutboxMessageFactory.create_batch(3, available_at=timezone.now())
        assert "3 delivered, 0 failed, 0 given up" in output_of("deliver_outbox")
        assert sorted(recorder.delivered) == sorted(message.aggregate_key for message in messages)

    def test_keeps_to_the_limit(self) -> None:
        OutboxMessageFactory.create_batch(3, available_at=timezone.now())
        assert "2 delivered" in output_of("deliver_outbox", "--limit", "2")

    def test_sends_nothing_when_it_is_to_gather_only(self) -> None:
        OutboxMessageFactory(available_at=timezone.now())
        assert output_of("deliver_outbox", "--gather-only") == "0 gathered\n"
        assert recorder.delivered == []


@pytest.mark.django_db
class TestPurgeOutbox:
    def test_deletes_what_was_delivered_before_the_retention_and_nothing_else(self) -> None:
        """S3-56."""
        now = timezone.now()
        OutboxMessageFactory(delivered_at=now - RETENTION)
        kept = [OutboxMessageFactory(delivered_at=now), OutboxMessageFactory(), OutboxMessageFactory(dead_at=now)]
        assert output_of("purge_outbox") == "1 deleted\n"
        assert set(OutboxMessage.objects.values_list("id", flat=True)) == {message.id for message in kept}
