"""The outbox by hand: one sweep, and the retention."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from apps.notifications.models import OutboxMessage
from apps.notifications.services.outbox import RETENTION
from apps.notifications.testing import recorder
from apps.notifications.testing.factories import OutboxMessageFactory

pytestmark = pytest.mark.django_db


def told(command: str, *arguments: str) -> str:
    output = StringIO()
    call_command(command, *arguments, stdout=output)
    return output.getvalue()


@pytest.mark.usefixtures("recording")
class TestDeliverOutbox:
    def test_delivers_what_is_due(self) -> None:
        """S4-16: where no worker runs, one command does what it would do."""
        messages = OutboxMessageFactory.create_batch(3, available_at=timezone.now())
        assert "3 delivered, 0 failed, 0 given up" in told("deliver_outbox")
        assert sorted(recorder.delivered) == sorted(message.aggregate_key for message in messages)

    def test_keeps_to_the_limit(self) -> None:
        OutboxMessageFactory.create_batch(3, available_at=timezone.now())
        assert "2 delivered" in told("deliver_outbox", "--limit", "2")

    def test_sends_nothing_when_it_is_to_gather_only(self) -> None:
        OutboxMessageFactory(available_at=timezone.now())
        assert told("deliver_outbox", "--gather-only") == "0 gathered\n"
        assert recorder.delivered == []


class TestPurgeOutbox:
    def test_deletes_what_was_delivered_before_the_retention_and_nothing_else(self) -> None:
        """S3-56."""
        now = timezone.now()
        OutboxMessageFactory(delivered_at=now - RETENTION)
        kept = [OutboxMessageFactory(delivered_at=now), OutboxMessageFactory(), OutboxMessageFactory(dead_at=now)]
        assert told("purge_outbox") == "1 deleted\n"
        assert set(OutboxMessage.objects.values_list("id", flat=True)) == {message.id for message in kept}
