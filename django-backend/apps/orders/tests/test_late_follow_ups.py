"""What an import leaves to do for listings and holders is done late: the game is over, or staff have changed it."""

from datetime import UTC, datetime

import pytest

from apps.catalog.enums import EventStatus
from apps.catalog.models import Event, Team
from apps.catalog.testing.factories import VenueFactory
from apps.catalog.tests.test_feed_cases import game
from apps.common.listeners import received
from apps.common.testing.acts import act_of
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale, statuses
from apps.notifications.models import Notice, OutboxMessage
from apps.orders.services.event_changes import (
    event_opponent_follow,
    event_postpone,
    event_reschedule,
    event_rescheduled_follow,
)
from apps.orders.testing.stories import NOW
from apps.orders.tests.test_feed_decisions import _reference_data, block_of, event_of, imported
from apps.users.testing.stories import superuser

__all__ = ["_reference_data"]  # a fixture
pytestmark = pytest.mark.django_db
ELSEWHERE = {**game()["venue"], "id": 4, "name": "Clover Park", "city": "Port St. Lucie", "state": "FL"}
AFTER = datetime(2027, 6, 10, tzinfo=UTC)
JULY = datetime(2027, 7, 1, 23, 10, tzinfo=UTC)


@pytest.fixture
def listing() -> Listing:
    """Two seats on sale at the home venue, on 1 June 2027."""
    imported(game())
    event = event_of()
    Team.objects.filter(pk=event.home_team_id).update(home_venue=event.venue)
    return on_sale("1", "2", block=block_of(event), event=event)


def follow(*, now: datetime = NOW) -> None:
    for message in OutboxMessage.objects.filter(topic="catalog.event_rescheduled").order_by("id"):
        event_rescheduled_follow(message=received(message), now=now)


def postpone(event: Event) -> None:
    event_postpone(event_id=event.id, act=act_of(superuser(), now=NOW, reason="Rain"))


def reschedule(event: Event, *, now: datetime = NOW, **facts: object) -> None:
    act = act_of(superuser(), now=now, reason="Make-up game")
    event_reschedule(event_id=event.id, starts_at=JULY, act=act, **facts)


def test_a_postponed_game_moves_away_after_its_old_date(listing: Listing) -> None:
    """The feed repeats the old date; the seats go off sale at once, and staying away they stay off sale."""
    postpone(event_of())
    imported(game(venue=ELSEWHERE), now=AFTER)
    notices = Notice.objects.filter(title__startswith="New").count()
    follow(now=AFTER)
    assert (statuses(listing), event_of().status) == ("pending aa", EventStatus.POSTPONED)
    assert Notice.objects.filter(title__startswith="New").count() == notices, (
        "nobody is notified of a date that is over"
    )
    reschedule(event_of(), now=AFTER)
    assert statuses(listing) == "pending aa"


@pytest.mark.parametrize("told_between", [True, False])
def test_a_venue_that_comes_with_a_date_that_is_over(listing: Listing, told_between: bool) -> None:
    """A wrong year, corrected by the next file: the event stays away from the seats."""
    imported(game(venue=ELSEWHERE, date="2025-06-01T19:10:00"))
    if told_between:
        follow()
    imported(game(venue=ELSEWHERE))
    follow()
    assert statuses(listing) == "pending aa"


def test_seats_left_on_sale_elsewhere_are_recalled_by_the_next_change(listing: Listing) -> None:
    """As after plain SQL, or where the home venue was corrected later."""
    Event.objects.update(venue=VenueFactory())
    reschedule(event_of())
    assert statuses(listing) == "pending aa"
    assert "Off sale, the seats are not at this venue" in Notice.objects.latest("id").text


def test_staff_who_postpone_the_game_meanwhile_are_not_overruled(listing: Listing) -> None:
    imported(game(date="2027-06-05T19:10:00"))
    postpone(event_of())
    follow()
    assert event_of().status == EventStatus.POSTPONED
    assert Notice.objects.latest("id").title.startswith("Postponed")


def test_the_last_message_to_holders_is_true(listing: Listing) -> None:
    """Staff move the game back before the import has announced its own move."""
    home = event_of().venue_id
    imported(game(venue=ELSEWHERE, date="2027-06-05T19:10:00"))
    reschedule(event_of(), venue_id=home)
    follow()
    assert statuses(listing) == "listed aa"
    assert "Now: Thursday, July 1, 2027, 7:10 PM EDT, Citi Field" in Notice.objects.latest("id").text


def test_an_opponent_that_staff_name_meanwhile_hides_no_new_date(listing: Listing) -> None:
    imported(game(date="2027-06-05T19:10:00"))
    event = event_of()
    before, event.away_team = event.away_team_id, Team.objects.get(name="Chicago Cubs")
    event.save()
    event_opponent_follow(event=event, before_id=before, act=act_of(superuser(), now=NOW))
    follow()
    assert Notice.objects.filter(title__startswith="New date").count() == 1


def test_two_files_about_a_postponed_game_are_both_reported(listing: Listing) -> None:
    postpone(event_of())
    imported(game(date="2027-06-05T19:10:00"))
    imported(game(date="2027-06-06T19:10:00"))
    follow()
    assert event_of().status == EventStatus.SCHEDULED
    assert "Now: Sunday, June 6" in Notice.objects.latest("id").text
