"""Messages of the outbox for tests."""

from datetime import UTC, datetime

import factory

from apps.notifications.models import OutboxMessage

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
