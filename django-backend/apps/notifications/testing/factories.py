"""Messages of the outbox for tests."""

from datetime import UTC, datetime

import factory
from django.contrib.auth import get_user_model

from apps.common.ids import uuid7
from apps.notifications.enums import NoticeKind
from apps.notifications.models import Notice, OutboxMessage

NOW = datetime(2040, 1, 1, 12, tzinfo=UTC)


class OutboxMessageFactory(factory.django.DjangoModelFactory[OutboxMessage]):
    """A message of the topic `test`, due at noon of January 1, 2040."""

    class Meta:
        model = OutboxMessage

    topic = "test"
    aggregate_key = factory.Sequence(lambda number: f"test:{number}")
    payload = factory.LazyFunction(dict)
    created_at = NOW
    available_at = NOW


class NoticeFactory(factory.django.DjangoModelFactory[Notice]):
    """An unread notice about a listing, to a user of its own."""

    class Meta:
        model = Notice

    user = factory.LazyFunction(lambda: get_user_model().objects.create_user(f"{uuid7()}@example.com"))
    kind = NoticeKind.LISTINGS
    title = "On sale: Cowboys at Eagles"
    text = "Section 101, row A, seat 1"
    object_ids = factory.LazyFunction(lambda: [str(uuid7())])
    source_id = factory.LazyFunction(uuid7)
    created_at = NOW
