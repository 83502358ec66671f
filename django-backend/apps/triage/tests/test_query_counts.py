"""How many queries it takes to show a burst, and what waits: the same for few and for many."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.catalog.models import Event
from apps.common.ids import uuid7
from apps.common.testing.local_slack import LocalSlack
from apps.holders.models import TicketHolder
from apps.listings.models import Listing, SeasonTicket
from apps.notifications.services.gathering import outbox_gather
from apps.triage.models import TriageMessage
from apps.triage.services.digest import overdue_raise
from apps.triage.testing.stories import LATER, NOW, block, pending
from apps.users.models import User

pytestmark = pytest.mark.django_db


def queries_of_a_burst(of: SeasonTicket, count: int) -> int:
    for _ in range(count):
        pending(block=of)
    with CaptureQueriesContext(connection) as captured:
        assert outbox_gather(now=LATER) == count
    assert len(TriageMessage.objects.latest("id").object_ids) == count
    return len(captured)


def test_a_burst_takes_as_many_queries_for_forty_listings_as_for_two(slack: LocalSlack) -> None:
    """S4-38: 5,000 events are 50 bursts of a hundred, each in the same few queries."""
    of = block()
    few = queries_of_a_burst(of, 2)
    assert queries_of_a_burst(of, 40) == few
    assert few <= 22


def many_waiting(count: int) -> None:
    """Let a listing of each of so many holders wait, all at one game."""
    listing = pending(block=block())
    fields = {field.attname: getattr(listing, field.attname) for field in Listing._meta.concrete_fields}
    users = User.objects.bulk_create(User(email=f"h{number}@example.com") for number in range(count - 1))
    mine = {field.attname: getattr(listing.holder, field.attname) for field in TicketHolder._meta.concrete_fields}
    holders = TicketHolder.objects.bulk_create(
        TicketHolder(**mine | {"id": uuid7(), "user_id": user.id}) for user in users
    )
    Listing.objects.bulk_create(Listing(**fields | {"id": uuid7(), "holder_id": holder.id}) for holder in holders)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")  # as autovacuum does: in a suite the plans would be those of empty tables


def test_a_digest_of_hundreds_takes_as_many_queries_as_one_of_one(slack: LocalSlack) -> None:
    due = NOW + timedelta(days=30)
    pending(block=block())
    with CaptureQueriesContext(connection) as of_one:
        assert overdue_raise(now=due) is not None
    many_waiting(400)
    with CaptureQueriesContext(connection) as of_many:
        digest = overdue_raise(now=due + timedelta(days=1))
    assert digest is not None
    assert len(of_many) == len(of_one)
    assert "401 decisions overdue" in digest.slack_message.text
    assert "more lines_" in str(digest.slack_message.blocks)
    assert Event.objects.count() == 2
