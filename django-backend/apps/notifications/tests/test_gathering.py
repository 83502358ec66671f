"""Bursts of messages are gathered into one; what fails or kills its worker comes to an end."""

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from pytest_django import Settings

from apps.common.listeners import names_of
from apps.notifications.errors import MessageUndeliverable
from apps.notifications.locks import WORN_OUT, outbox_group_claimed
from apps.notifications.models import OutboxMessage, SlackMessage
from apps.notifications.rules import (
    ALONE_AFTER,
    BUSY_SECONDS,
    FIRST_DELAY,
    LARGE_GROUP,
    LEASE,
    LONGEST_DELAY,
    LONGEST_GATHERING,
    MAX_ATTEMPTS,
)
from apps.notifications.selectors import outbox_groups_due
from apps.notifications.services import gathering as service
from apps.notifications.services.delivery import outbox_deliver
from apps.notifications.services.failures import dead_report
from apps.notifications.services.gathering import outbox_gather
from apps.notifications.services.outbox import NewMessage, outbox_put_many
from apps.notifications.testing import recorder
from apps.notifications.testing.factories import NOW, OutboxMessageFactory
from apps.notifications.tests import gatherers
from apps.notifications.tests.listening import Numbered, listening
from apps.notifications.topics import MessageDead

QUIET = timedelta(seconds=30)


@pytest.fixture
def _gathering(settings: Settings) -> Iterator[None]:
    """Gather messages of the topic `burst`, after half a minute of quiet."""
    settings.OUTBOX_GATHERING_SECONDS = QUIET.total_seconds()
    gatherers.clear()
    with listening(gatherers={"burst": gatherers.gather}):
        yield
    gatherers.clear()


def event(number: int, *, key: str = "holder:1", at: datetime = NOW, **fields: Any) -> OutboxMessage:
    return OutboxMessageFactory(
        topic="burst", aggregate_key=key, payload={"number": number}, created_at=at, available_at=at, **fields
    )


def waiting() -> QuerySet[OutboxMessage]:
    return OutboxMessage.objects.filter(topic="burst", delivered_at__isnull=True)


def shown() -> list[str]:
    return list(SlackMessage.objects.order_by("id").values_list("text", flat=True))


@pytest.mark.usefixtures("_gathering")
@pytest.mark.django_db
class TestWhenAGroupIsDue:
    def test_gathers_a_burst_into_one_message_once_it_is_quiet(self) -> None:
        """S3-17: five events within the span are one message about all five."""
        for number in range(5):
            event(number, at=NOW + timedelta(seconds=number))
        last = NOW + timedelta(seconds=4)
        assert outbox_gather(now=last + QUIET - timedelta(seconds=1)) == 0
        assert outbox_gather(now=last + QUIET) == 5
        assert gatherers.gathered == [["0", "1", "2", "3", "4"]]
        assert not waiting().exists()

    def test_does_not_wait_for_the_end_of_a_burst_that_never_ends(self) -> None:
        """S3-17: reported after five minutes at the latest, although something new comes every ten seconds."""
        for number in range(31):
            event(number, at=NOW + timedelta(seconds=10 * number))
        assert outbox_gather(now=NOW + LONGEST_GATHERING - timedelta(seconds=1)) == 0
        assert outbox_gather(now=NOW + LONGEST_GATHERING) == 31

    def test_reports_a_large_group_at_once_and_the_rest_after_it(self) -> None:
        for number in range(LARGE_GROUP - 1):
            event(number)
        assert outbox_gather(now=NOW) == 0
        event(LARGE_GROUP - 1)
        event(LARGE_GROUP, at=NOW + timedelta(seconds=1))
        assert outbox_gather(now=NOW + timedelta(seconds=1)) == LARGE_GROUP
        assert waiting().get().payload == {"number": LARGE_GROUP}
        assert outbox_gather(now=NOW + timedelta(seconds=31)) == 1
        assert [len(group) for group in gatherers.gathered] == [LARGE_GROUP, 1]

    def test_waits_as_long_as_the_setting_says_even_beyond_the_longest(self, settings: Settings) -> None:
        settings.OUTBOX_GATHERING_SECONDS = 600
        event(1)
        assert outbox_gather(now=NOW + timedelta(seconds=599)) == 0
        assert outbox_gather(now=NOW + timedelta(seconds=600)) == 1

    def test_keeps_groups_apart(self) -> None:
        event(1, key="holder:1")
        event(2, key="holder:2")
        event(3, key="holder:1")
        outbox_gather(now=NOW + QUIET)
        assert gatherers.gathered == [["1", "3"], ["2"]]

    def test_leaves_what_is_not_available_yet(self) -> None:
        event(1)
        OutboxMessage.objects.update(available_at=NOW + timedelta(hours=1))
        assert outbox_gather(now=NOW + QUIET) == 0
        assert outbox_gather(now=NOW + timedelta(hours=1)) == 1


@pytest.mark.usefixtures("_gathering")
@pytest.mark.django_db
class TestFailures:
    def test_of_one_group_does_not_stop_the_others_and_leaves_nothing_half_done(self) -> None:
        """S3-18: the message that the broken gatherer had put is rolled back with it; its events stay."""
        event(1, key="broken")
        event(2, key="sound")
        gatherers.failures["broken"] = ValueError("Ann Fan, ann@example.com")
        assert outbox_gather(now=NOW + QUIET) == 1
        assert shown() == ["2"]
        failed = waiting().get()
        assert (failed.aggregate_key, failed.attempts, failed.dead_at) == ("broken", 1, None)
        assert failed.last_error.startswith("builtins.ValueError at gatherers.py:")
        assert "ann@example.com" not in failed.last_error

    def test_are_tried_again_later_all_together(self) -> None:
        """S3-17: what failed together comes back together, so it still is one message."""
        for number in range(8):
            event(number, key="broken")
        gatherers.failures["broken"] = ValueError()
        now = NOW + QUIET
        outbox_gather(now=now)
        again = set(waiting().values_list("available_at", flat=True))
        assert len(again) == 1
        assert now + FIRST_DELAY / 2 <= again.pop() <= now + FIRST_DELAY
        assert outbox_gather(now=now + FIRST_DELAY / 3) == 0
        gatherers.failures.clear()
        assert outbox_gather(now=now + FIRST_DELAY) == 8
        assert len(gatherers.gathered) == 1
        assert set(OutboxMessage.objects.filter(topic="burst").values_list("last_error", flat=True)) == {""}

    def test_end_after_the_last_attempt_and_are_reported_once(self) -> None:
        event(1, key="broken", attempts=MAX_ATTEMPTS - 2)
        gatherers.failures["broken"] = ValueError()
        outbox_gather(now=NOW + QUIET)
        assert waiting().get().dead_at is None
        later = NOW + timedelta(hours=2)
        outbox_gather(now=later)
        dead = waiting().get()
        assert (dead.attempts, dead.dead_at) == (MAX_ATTEMPTS, later)
        [report] = OutboxMessage.objects.filter(topic=MessageDead.name)
        assert report.payload == {"message_id": str(dead.id)}
        assert outbox_gather(now=later + timedelta(days=1)) == 0
        assert OutboxMessage.objects.filter(topic=MessageDead.name).count() == 1

    def test_end_at_once_when_no_attempt_can_help(self) -> None:
        event(1, key="broken")
        gatherers.failures["broken"] = MessageUndeliverable("There is no such holder.")
        outbox_gather(now=NOW + QUIET)
        dead = waiting().get()
        assert (dead.attempts, dead.dead_at) == (1, NOW + QUIET)
        assert dead.last_error.startswith("message_undeliverable at ")

    def test_of_one_claim_count_and_report_once(self) -> None:
        """The race: the lease was over and somebody else failed, too; the second finds the failure written."""
        event(1, key="broken", attempts=MAX_ATTEMPTS - 1)
        with transaction.atomic():
            messages = outbox_group_claimed(topic="burst", aggregate_key="broken", now=NOW, limit=9)
        for _ in range(2):
            service._fail(messages, raised(), NOW)
        assert waiting().get().attempts == MAX_ATTEMPTS
        assert OutboxMessage.objects.filter(topic=MessageDead.name).count() == 1


def raised() -> Exception:
    """Return an error that has been raised, so that it knows its place."""
    with pytest.raises(ZeroDivisionError) as caught:
        divmod(1, 0)
    return caught.value


@pytest.mark.usefixtures("_gathering")
@pytest.mark.django_db
class TestListeners:
    def test_of_a_topic_get_a_message_each(self) -> None:
        handlers = dict.fromkeys(("test", "test:mail", "test_of_cards"), recorder.handle)
        with (
            listening(handlers, dict.fromkeys(("test:triage", "testable:triage"), gatherers.gather)),
            transaction.atomic(),
        ):
            assert names_of("test") == ["test", "test:mail", "test:triage"]
            rows = outbox_put_many(messages=[NewMessage(payload=Numbered(), aggregate_key="a")], now=NOW)
        assert [row.topic for row in rows] == ["test", "test:mail", "test:triage"]

    def test_may_be_missing_and_the_topic_waits_as_itself(self) -> None:
        assert names_of("nobody.listens") == ["nobody.listens"]

    def test_fail_each_on_its_own(self) -> None:
        recorder.failures["a"] = OSError()
        message = NewMessage(payload=Numbered(number=1), aggregate_key="a")
        with listening({"test": recorder.handle}, {"test:triage": gatherers.gather}):
            with transaction.atomic():
                outbox_put_many(messages=[message], now=NOW)
            assert outbox_gather(now=NOW + QUIET) == 1
            assert outbox_deliver(now=NOW + QUIET, limit=10).failed == 1
        recorder.clear()
        assert gatherers.gathered == [["1"]]


@pytest.mark.usefixtures("_gathering")
@pytest.mark.django_db
class TestDeadTell:
    def test_reports_each_dead_message_once_and_never_reports_about_dead_ones(self) -> None:
        """When Slack is down for a night, its own messages do not report each other endlessly."""
        dead = [
            OutboxMessageFactory(topic="mail"),
            OutboxMessageFactory(topic="slack", payload={"slack_message_id": "1"}),
            OutboxMessageFactory(topic="slack", payload={"slack_message_id": "2", "tells_dead": True}),
            OutboxMessageFactory(topic=MessageDead.name),
            OutboxMessageFactory(topic=f"{MessageDead.name}:triage"),
        ]
        with transaction.atomic():
            dead_report(messages=dead, now=NOW)
        reports = OutboxMessage.objects.filter(aggregate_key="outbox:dead").order_by("id")
        assert [row.payload for row in reports] == [{"message_id": str(row.id)} for row in dead[:2]]


def gather_at_once(count: int) -> None:
    """Run gatherers at the same moment."""
    start = threading.Barrier(count)

    def run() -> None:
        try:
            connection.ensure_connection()
            start.wait(20)
            outbox_gather(now=NOW + QUIET)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def numbers_shown() -> list[int]:
    return sorted(int(number) for text in shown() for number in text.split(","))


@pytest.mark.usefixtures("_gathering")
@pytest.mark.django_db(transaction=True)
class TestTwoGatherers:
    @pytest.fixture(autouse=True)
    def _together(self) -> None:
        """Let the first gatherer keep its transaction open until the second one has looked, or cannot come."""
        together = threading.Barrier(2)

        def wait_for_the_other() -> None:
            with suppress(threading.BrokenBarrierError):
                together.wait(3)

        gatherers.before_each.append(wait_for_the_other)

    def test_report_each_event_in_exactly_one_message(self) -> None:
        """S3-18: who comes second passes by what the first one has."""
        for number in range(6):
            event(number)
        gather_at_once(2)
        assert numbers_shown() == list(range(6))
        assert shown() == ["0,1,2,3,4,5"]

    def test_would_report_events_twice_without_the_claim(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: a plain read sees the rows that the other one is reporting."""
        both = threading.Barrier(2)

        def due(**kwargs: Any) -> list[tuple[str, str]]:
            groups = list(outbox_groups_due(**kwargs))
            both.wait(120)
            return groups

        def look(*, topic: str, aggregate_key: str, now: datetime, limit: int) -> list[OutboxMessage]:
            rows = list(waiting().filter(topic=topic, aggregate_key=aggregate_key).order_by("id")[:limit])
            both.wait(120)  # until the other one has seen them, too
            return rows

        def any_of(messages: list[OutboxMessage]) -> QuerySet[OutboxMessage]:
            return OutboxMessage.objects.filter(id__in=[message.id for message in messages])

        monkeypatch.setattr(service, "outbox_groups_due", due)
        monkeypatch.setattr(service, "outbox_group_claimed", look)
        monkeypatch.setattr(service, "_ours", any_of)
        for number in range(6):
            event(number)
        gather_at_once(2)
        assert numbers_shown() == sorted([*range(6), *range(6)])

    def test_leave_what_comes_meanwhile_for_the_next_message(self) -> None:
        """S3-18: an event that is put while its group is being gathered is neither lost nor reported twice."""
        gatherers.before_each.clear()
        came = []

        def another_comes() -> None:
            if came:
                return
            came.append(True)
            thread = threading.Thread(target=put_elsewhere)
            thread.start()
            thread.join(20)

        def put_elsewhere() -> None:
            try:
                event(9)
            finally:
                connection.close()

        gatherers.before_each.append(another_comes)
        event(1)
        assert outbox_gather(now=NOW + QUIET) == 1
        assert waiting().get().payload == {"number": 9}
        assert outbox_gather(now=NOW + QUIET) == 1
        assert shown() == ["1", "9"]


@pytest.fixture
def _gathering_deadly(settings: Settings) -> Iterator[None]:
    settings.OUTBOX_GATHERING_SECONDS = 0
    gatherers.clear()
    with listening(gatherers={"burst": gatherers.gather}):
        yield
    gatherers.clear()


def event_deadly(number: int, *, key: str = "holder:1", **fields: Any) -> OutboxMessage:
    return OutboxMessageFactory(topic="burst", aggregate_key=key, payload={"number": number}, **fields)


def sweep(at: datetime) -> bool:
    """Sweep as a worker does; return whether it lived."""
    try:
        outbox_gather(now=at)
    except gatherers.Killed:
        return False
    return True


def shown_deadly() -> list[str]:
    return sorted(SlackMessage.objects.values_list("text", flat=True))


def dead() -> list[int]:
    return [row.payload["number"] for row in OutboxMessage.objects.filter(topic="burst", dead_at__isnull=False)]


@pytest.mark.usefixtures("_gathering_deadly")
@pytest.mark.django_db
class TestDeadly:
    def test_keeps_no_other_group_back(self) -> None:
        """S3-18: it would be first in each sweep, being the oldest; the claim keeps it away while others sweep."""
        event_deadly(1, key="a", created_at=NOW - timedelta(hours=1))
        event_deadly(2, key="b")
        gatherers.deadly.add("1")
        assert not sweep(NOW)
        assert sweep(NOW + timedelta(seconds=5))
        assert shown_deadly() == ["2"]

    def test_counts_its_attempts_and_ends(self) -> None:
        event_deadly(1)
        gatherers.deadly.add("1")
        at = NOW
        for attempt in range(MAX_ATTEMPTS):
            assert not sweep(at)
            row = OutboxMessage.objects.get(topic="burst")
            assert (row.attempts, row.claimed_at, row.dead_at) == (attempt + 1, at, None)
            assert sweep(at + LEASE - timedelta(seconds=1)), "leased"
            at += LEASE
        assert sweep(at)
        row = OutboxMessage.objects.get(topic="burst")
        assert (row.attempts, row.claimed_at, row.dead_at, row.last_error) == (MAX_ATTEMPTS, None, at, WORN_OUT)
        assert OutboxMessage.objects.get(topic=MessageDead.name).payload == {"message_id": str(row.id)}
        assert shown_deadly() == []

    def test_is_parted_from_the_others_of_its_burst(self) -> None:
        """Only the message that kills workers is lost: the others are reported one by one, and it is given up alone."""
        for number in range(8):
            event_deadly(number)
        gatherers.deadly.add("3")
        for attempt in range(MAX_ATTEMPTS + 1):
            for second in range(3):
                sweep(NOW + attempt * LEASE + timedelta(seconds=5 * second))
            if attempt < ALONE_AFTER:
                assert shown_deadly() == []
        assert shown_deadly() == ["0", "1", "2", "4", "5", "6", "7"]
        assert dead() == [3]

    def test_leaves_new_events_of_its_group_a_message_of_their_own(self) -> None:
        event_deadly(1, attempts=ALONE_AFTER)
        gatherers.deadly.add("1")
        for number in (2, 3):
            event_deadly(number)
        assert not sweep(NOW)
        assert sweep(NOW + timedelta(seconds=5))
        assert shown_deadly() == ["2,3"]


@pytest.mark.usefixtures("_gathering_deadly")
@pytest.mark.django_db
class TestBad:
    def test_does_not_take_the_others_of_its_burst_with_it(self) -> None:
        for number in range(8):
            event_deadly(number)
        gatherers.bad.add("3")
        for hour in range(MAX_ATTEMPTS):
            sweep(NOW + hour * LONGEST_DELAY)
        assert shown_deadly() == ["0", "1", "2", "4", "5", "6", "7"]
        assert dead() == [3]


@pytest.mark.usefixtures("_gathering_deadly")
@pytest.mark.django_db
class TestLease:
    def test_that_is_over_leaves_the_telling_to_who_has_it_now(self) -> None:
        """S3-18: the slow one comes back; it neither reports nor marks, and what it wrote is rolled back."""
        event_deadly(1)
        with transaction.atomic():
            slow = outbox_group_claimed(topic="burst", aggregate_key="holder:1", now=NOW, limit=9)
            quick = outbox_group_claimed(topic="burst", aggregate_key="holder:1", now=NOW + LEASE, limit=9)
        assert service._gather(slow, NOW) == 0
        assert shown_deadly() == []
        assert service._gather(quick, NOW + LEASE) == 1
        assert service._gather(slow, NOW) == 0
        assert shown_deadly() == ["1"]

    def test_is_not_used_up_by_a_long_sweep(self) -> None:
        for key in "abc":
            event_deadly(1, key=key)
        seconds = iter([0.0, 1.0, BUSY_SECONDS, BUSY_SECONDS + 1, BUSY_SECONDS + 1, BUSY_SECONDS + 1])
        assert outbox_gather(now=NOW, clock=lambda: next(seconds)) == 2
        left = OutboxMessage.objects.get(topic="burst", delivered_at__isnull=True)
        assert (left.claimed_at, left.attempts) == (None, 0)

    def test_begins_with_the_claim(self) -> None:
        event_deadly(1)
        gatherers.deadly.add("1")
        seconds = iter([0.0, 100.0])
        with suppress(gatherers.Killed):
            outbox_gather(now=NOW, clock=lambda: next(seconds))
        assert OutboxMessage.objects.get(topic="burst").claimed_at == NOW + timedelta(seconds=100)
