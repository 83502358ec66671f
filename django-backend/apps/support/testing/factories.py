"""Rows of this app for tests."""

from datetime import UTC, datetime

import factory

from apps.support.models import ContactMessage

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


class ContactMessageFactory(factory.django.DjangoModelFactory[ContactMessage]):
    """A message that waits for an answer."""

    class Meta:
        model = ContactMessage

    name = "Ann Fan"
    email = "ann@example.com"
    subject = "Parking"
    message = "Where may I park?"
    received_at = NOW
