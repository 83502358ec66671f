"""Staff let a game continue as the rescheduled one while a holder lists seats of that one, in real transactions."""

from unittest.mock import patch

import pytest
from django.db import IntegrityError

from apps.catalog.errors import FeedDecisionRefused
from apps.catalog.models import Event
from apps.catalog.services import feed_decisions
from apps.common.errors import DomainError
from apps.common.testing.threads import at_once
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.orders.tests.test_event_races import while_uncommitted
from apps.orders.tests.test_feed_decisions import _reference_data, after, cases, decide, event, event_of, left
from apps.season_tickets.models import SeasonTicket

__all__ = ["_reference_data", "after", "cases", "event", "left"]  # fixtures
pytestmark = pytest.mark.django_db(transaction=True)


def succeed(event: Event) -> None:
    decide(event, "succeed", successor=7410003)


def list_seat(event: Event, block: SeasonTicket) -> Listing:
    return on_sale("4", block=block, event=event)


def test_seats_listed_first_are_seen_and_the_decision_refused(event: Event) -> None:
    other = event_of(7410003)
    block = SeasonTicket.objects.get()
    waited, result = while_uncommitted(lambda: list_seat(other, block), lambda: succeed(event))
    assert waited
    assert isinstance(result, FeedDecisionRefused)
    assert event_of(7410003) == other


def test_seats_listed_afterwards_find_no_such_event(event: Event) -> None:
    other = event_of(7410003)
    block = SeasonTicket.objects.get()
    waited, result = while_uncommitted(lambda: succeed(event), lambda: list_seat(other, block))
    assert waited
    assert isinstance(result, DomainError)
    assert event_of(7410003) == event
    assert not Listing.objects.filter(event=other).exists()


def test_the_decision_would_fail_in_the_database_without_the_locks(event: Event) -> None:
    """Twin: nobody sees the other, and only the foreign key keeps a listing from losing its event."""
    other = event_of(7410003)
    block = SeasonTicket.objects.get()
    unlocked = lambda *, event_id, other_id: (Event.objects.get(pk=event_id), Event.objects.get(pk=other_id))  # noqa: E731
    failures: list[object] = []

    def decide_unlocked() -> None:
        with patch.object(feed_decisions, "successor_locked", unlocked):
            failures.extend(at_once(lambda: succeed(event)))

    waited, _ = while_uncommitted(lambda: list_seat(other, block), decide_unlocked)
    assert waited
    assert isinstance(failures[0], IntegrityError)
