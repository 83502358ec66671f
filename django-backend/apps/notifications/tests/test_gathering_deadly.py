"""A burst that kills its worker, or has one bad event in it: bounded, alone, and never the end of the others."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from apps.notifications.locks import WORN_OUT, outbox_group_claimed
from apps.notifications.models import OutboxMessage, SlackMessage
from apps.notifications.rules import ALONE_AFTER, BUSY_SECONDS, LEASE, LONGEST_DELAY, MAX_ATTEMPTS
from apps.notifications.services import gathering as service
from apps.notifications.services.gathering import outbox_gather
from apps.notifications.testing.factories import NOW, OutboxMessageFactory
from apps.notifications.tests import gatherers
from apps.notifications.tests.listening import listening
from apps.notifications.topics import MessageDead

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _gathering(settings: Settings) -> Iterator[None]:
    settings.OUTBOX_GATHERING_SECONDS = 0
    gatherers.clear()
    with listening(gatherers={"burst": gatherers.gather}):
        yield
    gatherers.clear()


def event(number: int, *, key: str = "holder:1", **fields: Any) -> OutboxMessage:
    return OutboxMessageFactory(topic="burst", aggregate_key=key, payload={"number": number}, **fields)


def sweep(at: datetime) -> bool:
    """Sweep as a worker does; return whether it lived."""
    try:
        outbox_gather(now=at)
    except gatherers.Killed:
        return False
    return True


def shown() -> list[str]:
    return sorted(SlackMessage.objects.values_list("text", flat=True))


def dead() -> list[int]:
    return [row.payload["number"] for row in OutboxMessage.objects.filter(topic="burst", dead_at__isnull=False)]


class TestDeadly:
    def test_keeps_no_other_group_back(self) -> None:
        """S3-18: it would be first in each sweep, being the oldest; the claim keeps it away while others sweep."""
        event(1, key="a", created_at=NOW - timedelta(hours=1))
        event(2, key="b")
        gatherers.deadly.add("1")
        assert not sweep(NOW)
        assert sweep(NOW + timedelta(seconds=5))
        assert shown() == ["2"]

    def test_counts_its_attempts_and_ends(self) -> None:
        event(1)
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
        assert shown() == []

    def test_is_parted_from_the_others_of_its_burst(self) -> None:
        """Nothing is lost but what kills: the others are told, one by one, while it goes on to its end alone."""
        for number in range(8):
            event(number)
        gatherers.deadly.add("3")
        for attempt in range(MAX_ATTEMPTS + 1):
            for second in range(3):
                sweep(NOW + attempt * LEASE + timedelta(seconds=5 * second))
            if attempt < ALONE_AFTER:
                assert shown() == []
        assert shown() == ["0", "1", "2", "4", "5", "6", "7"]
        assert dead() == [3]

    def test_leaves_new_events_of_its_group_a_message_of_their_own(self) -> None:
        event(1, attempts=ALONE_AFTER)
        gatherers.deadly.add("1")
        for number in (2, 3):
            event(number)
        assert not sweep(NOW)
        assert sweep(NOW + timedelta(seconds=5))
        assert shown() == ["2,3"]


class TestBad:
    def test_does_not_take_the_others_of_its_burst_with_it(self) -> None:
        for number in range(8):
            event(number)
        gatherers.bad.add("3")
        for hour in range(MAX_ATTEMPTS):
            sweep(NOW + hour * LONGEST_DELAY)
        assert shown() == ["0", "1", "2", "4", "5", "6", "7"]
        assert dead() == [3]


class TestLease:
    def test_that_is_over_leaves_the_telling_to_who_has_it_now(self) -> None:
        """S3-18: the slow one comes back; it neither tells nor marks, and what it noted is rolled back."""
        event(1)
        with transaction.atomic():
            slow = outbox_group_claimed(topic="burst", aggregate_key="holder:1", now=NOW, limit=9)
            quick = outbox_group_claimed(topic="burst", aggregate_key="holder:1", now=NOW + LEASE, limit=9)
        assert service._gather(slow, NOW) == 0
        assert shown() == []
        assert service._gather(quick, NOW + LEASE) == 1
        assert service._gather(slow, NOW) == 0
        assert shown() == ["1"]

    def test_is_not_used_up_by_a_long_sweep(self) -> None:
        for key in "abc":
            event(1, key=key)
        seconds = iter([0.0, 1.0, BUSY_SECONDS, BUSY_SECONDS + 1, BUSY_SECONDS + 1, BUSY_SECONDS + 1])
        assert outbox_gather(now=NOW, clock=lambda: next(seconds)) == 2
        left = OutboxMessage.objects.get(topic="burst", delivered_at__isnull=True)
        assert (left.claimed_at, left.attempts) == (None, 0)

    def test_begins_with_the_claim(self) -> None:
        event(1)
        gatherers.deadly.add("1")
        seconds = iter([0.0, 100.0])
        with suppress(gatherers.Killed):
            outbox_gather(now=NOW, clock=lambda: next(seconds))
        assert OutboxMessage.objects.get(topic="burst").claimed_at == NOW + timedelta(seconds=100)
