"""Two deliverers at once, in real transactions."""

import threading
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from unittest.mock import patch

import pytest
from django.db import OperationalError, connection

from apps.notifications import locks, rules
from apps.notifications.models import OutboxMessage
from apps.notifications.rules import LEASE
from apps.notifications.services import delivery, leases
from apps.notifications.services.delivery import Delivered, outbox_deliver
from apps.notifications.services.leases import leases_kept
from apps.notifications.testing import recorder
from apps.notifications.testing.factories import NOW, OutboxMessageFactory

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("recording")]
COUNT = 40
# What a claim would be that only looks.
LOOK_ONLY = """
SELECT * FROM notifications_outboxmessage
WHERE delivered_at IS NULL AND dead_at IS NULL AND topic = ANY(%(topics)s) AND available_at <= %(now)s
ORDER BY available_at, id LIMIT %(limit)s
"""


def deliver_at_once(deliverers: int) -> list[Delivered]:
    """Run deliverers at the same moment; nobody ends before all have claimed."""
    start, claimed = threading.Barrier(deliverers), threading.Barrier(deliverers)
    results: list[Delivered] = []
    waited = threading.local()

    def wait_for_the_others(_: OutboxMessage) -> None:
        if not getattr(waited, "once", False):
            waited.once = True
            claimed.wait(20)

    def run() -> None:
        try:
            start.wait(20)
            results.append(outbox_deliver(now=NOW, limit=COUNT // deliverers))
        finally:
            connection.close()

    recorder.before_each.append(wait_for_the_others)
    threads = [threading.Thread(target=run) for _ in range(deliverers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


def deliver_slowly() -> list[Delivered]:
    """Deliver one message whose handler outlasts the first lease; a second deliverer comes as that one runs out."""
    OutboxMessageFactory()
    results: list[Delivered] = []
    renewed = threading.Event()

    def renew(*, messages: Sequence[OutboxMessage], now: datetime) -> int:
        found = locks.outbox_renewed(messages=messages, now=now)
        renewed.set()
        return found

    def other() -> None:
        try:
            results.append(outbox_deliver(now=NOW + LEASE, limit=10))
        finally:
            connection.close()

    def outlast(_: OutboxMessage) -> None:
        if threading.current_thread() is not threading.main_thread():
            return  # the other one's own delivery
        if rules.RENEWAL < LEASE:
            assert renewed.wait(20)
        thread = threading.Thread(target=other)
        thread.start()
        thread.join(20)

    recorder.before_each.append(outlast)
    with patch.object(leases, "outbox_renewed", renew):
        results.append(outbox_deliver(now=NOW, limit=10))
    return results


class TestLease:
    def test_is_kept_while_a_handler_takes_longer(self) -> None:
        """So it can be short: only a dead deliverer loses it."""
        with patch.object(rules, "RENEWAL", timedelta(milliseconds=20)):
            other, own = deliver_slowly()
        assert (other, own) == (Delivered(), Delivered(claimed=1, delivered=1))
        assert len(recorder.delivered) == 1

    def test_that_nobody_renewed_would_have_the_message_sent_twice(self) -> None:
        """Twin: a lease of half a minute alone."""
        with patch.object(rules, "RENEWAL", 2 * LEASE):
            deliver_slowly()
        assert len(recorder.delivered) == 2

    def test_is_not_kept_for_ever(self) -> None:
        """A handler that hangs is taken for dead after all."""
        message = OutboxMessageFactory(claimed_at=NOW, lease_until=NOW)
        with (
            patch.object(rules, "RENEWAL", timedelta(0)),
            patch.object(rules, "LONGEST_CLAIM", timedelta(0)),
            leases_kept(messages=[message], now=NOW),
        ):
            for thread in threading.enumerate():
                if thread.name == "outbox-leases":
                    thread.join(20)
                    assert not thread.is_alive()
        message.refresh_from_db()
        assert message.lease_until == NOW

    def test_is_renewed_again_after_the_database_failed(self) -> None:
        message = OutboxMessageFactory(claimed_at=NOW, lease_until=NOW)
        outcomes: list[object] = []
        renewed = threading.Event()

        def fail_once(*, messages: Sequence[OutboxMessage], now: datetime) -> int:
            if not outcomes:
                outcomes.append("failed")
                raise OperationalError("gone")
            outcomes.append(locks.outbox_renewed(messages=messages, now=now))
            renewed.set()
            return 1

        with (
            patch.object(leases, "outbox_renewed", fail_once),
            patch.object(rules, "RENEWAL", timedelta(0)),
            leases_kept(messages=[message], now=NOW),
        ):
            assert renewed.wait(20)
        assert outcomes[:2] == ["failed", 1]
        message.refresh_from_db()
        assert message.lease_until > NOW


class TestTwoDeliverers:
    def test_deliver_each_message_once(self) -> None:
        """S4-12: each claims its own half, although both look at the same rows."""
        OutboxMessageFactory.create_batch(COUNT)
        results = deliver_at_once(2)
        assert [result.delivered for result in results] == [COUNT // 2] * 2
        assert set(Counter(recorder.delivered).values()) == {1}
        assert len(recorder.delivered) == COUNT
        assert not OutboxMessage.objects.filter(delivered_at__isnull=True).exists()

    def test_would_deliver_messages_twice_without_the_claim(self) -> None:
        """Twin: a plain read sees the same rows as the other one, and no message shows it."""
        OutboxMessageFactory.create_batch(COUNT)
        with patch.object(locks, "_CLAIM", LOOK_ONLY), patch.object(delivery, "outbox_renewed", return_value=1):
            deliver_at_once(2)
        assert set(Counter(recorder.delivered).values()) == {2}

    def test_do_not_wait_for_each_other(self) -> None:
        """A row that another transaction has locked is skipped, not waited for."""
        from django.db import transaction

        locked, free = OutboxMessageFactory(), OutboxMessageFactory()
        done = threading.Event()
        results: list[Delivered] = []

        def run() -> None:
            try:
                results.append(outbox_deliver(now=NOW, limit=10))
            finally:
                done.set()
                connection.close()

        with transaction.atomic():
            OutboxMessage.objects.select_for_update().get(id=locked.id)
            threading.Thread(target=run).start()
            assert done.wait(20)
        assert results == [Delivered(claimed=1, delivered=1)]
        assert recorder.delivered == [free.aggregate_key]
