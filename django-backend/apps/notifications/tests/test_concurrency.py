"""Two deliverers at once, in real transactions."""

import threading
from collections import Counter
from unittest.mock import patch

import pytest
from django.db import connection

from apps.notifications import locks
from apps.notifications.models import OutboxMessage
from apps.notifications.services.delivery import Delivered, outbox_deliver
from apps.notifications.tests import recorder
from apps.notifications.tests.factories import NOW, OutboxMessageFactory

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
        """Twin: who only looks sees the same rows as the other one."""
        OutboxMessageFactory.create_batch(COUNT)
        with patch.object(locks, "_CLAIM", LOOK_ONLY):
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
