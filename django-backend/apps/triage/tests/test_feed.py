"""What Slack says of an import with which staff disagree."""

import pytest

from apps.catalog.models import Event, FeedDifference
from apps.common.listeners import received
from apps.common.testing.acts import act_of
from apps.notifications.models import OutboxMessage, SlackMessage
from apps.orders.services.feed_decisions import feed_difference_keep
from apps.orders.testing.stories import NOW
from apps.orders.tests.test_feed_decisions import _reference_data, after, cases, event, left
from apps.triage.services.news import feed_differs_show

__all__ = ["_reference_data", "after", "cases", "event", "left"]  # fixtures
pytestmark = pytest.mark.django_db


def deliver() -> None:
    message = OutboxMessage.objects.get(topic="catalog.feed_differs:triage")
    for _ in range(2):
        feed_differs_show(message=received(message), now=NOW)


def test_one_message_names_what_is_to_be_decided(event: Event) -> None:
    deliver()
    message = SlackMessage.objects.get()
    assert message.text == "MLB 2027: 1 difference between the feed and us"
    text = str(message.blocks)
    assert "Chicago Cubs at Detroit Tigers #1" in text
    assert "1 open listing, 1 sale" in text
    assert "It may have become Chicago Cubs at Detroit Tigers (Rescheduled from 5/4)" in text
    assert "/catalog/feeddifference/?state=open" in text


def test_what_was_decided_before_is_left_out(event: Event) -> None:
    feed_difference_keep(difference_id=FeedDifference.objects.get().id, act=act_of(now=NOW, reason=""))
    deliver()
    assert not SlackMessage.objects.exists()
