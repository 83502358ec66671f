"""Messages that were put before anybody listened to their topic are told when somebody does."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import connection, transaction
from pytest_django import DjangoAssertNumQueries

from apps.notifications.models import OutboxMessage
from apps.notifications.services.delivery import outbox_deliver
from apps.notifications.services.outbox import outbox_adopt
from apps.notifications.tasks import deliver_outbox
from apps.notifications.testing import recorder
from apps.notifications.testing.factories import NOW, OutboxMessageFactory
from apps.notifications.tests.listening import listening


@pytest.fixture(autouse=True)
def _listeners() -> Iterator[None]:
    """Two listen to `sale`, where none did; `card` has a handler of its own and a listener beside it."""
    recorder.clear()
    with listening(dict.fromkeys(("sale:holder", "sale:staff", "card", "card:staff"), recorder.handle)):
        yield


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
