"""Staff decide where the feed and our events disagree, and about games that have left the feed."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from apps.catalog.enums import EventStatus, FeedDecision, FeedFact
from apps.catalog.errors import FeedDecisionRefused
from apps.catalog.models import Event, EventChange, FeedDifference, FeedEvent, Team
from apps.catalog.services.reference_data import reference_data_load
from apps.catalog.services.skybox_result import ImportResult
from apps.catalog.testing import stories
from apps.catalog.tests.test_feed_cases import cases, game, rows_of
from apps.common.acts import ChangeSource
from apps.common.testing.acts import act_of
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale, statuses
from apps.notifications.models import Notice, OutboxMessage
from apps.orders.enums import DeliveryStatus
from apps.orders.errors.sales import EventNoteMissing
from apps.orders.models import Sale
from apps.orders.services.event_changes import event_cancel, event_reschedule
from apps.orders.services.feed_decisions import feed_difference_keep, feed_difference_take, missing_event_decide
from apps.orders.testing.stories import NOW, deliver, record, void
from apps.season_tickets.models import SeasonTicket, WithheldSeat
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.users.testing.stories import superuser

__all__ = ["cases"]  # a fixture
pytestmark = pytest.mark.django_db
Rows = list[dict[str, Any]]
MOVED = datetime(2027, 5, 20, 23, 10, tzinfo=UTC)
NEW_DAY = datetime(2027, 9, 1, 16, 40, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _reference_data(db: None) -> None:
    reference_data_load()


imported = partial(stories.imported, league="MLB", season="2027", now=NOW)


def event_of(skybox_event_id: int = 7000001) -> Event:
    return Event.objects.get(skybox_event_id=skybox_event_id)


def block_of(event: Event) -> SeasonTicket:
    block: SeasonTicket = SeasonTicketFactory(season=event.season, team=event.home_team)
    return block


def reschedule(event: Event, starts_at: datetime = MOVED) -> None:
    event_reschedule(event_id=event.id, starts_at=starts_at, act=act_of(superuser(), now=NOW, reason="Rain"))


def open_one() -> FeedDifference:
    return FeedDifference.objects.get(decision="")


def keep(difference: FeedDifference) -> None:
    feed_difference_keep(difference_id=difference.id, act=act_of(superuser(), now=NOW, reason=""))


def take(difference: FeedDifference) -> None:
    feed_difference_take(difference_id=difference.id, act=act_of(superuser(), now=NOW, reason=""))


def decide(event: Event, decision: str, *, note: str = "", **more: Any) -> Any:
    act = act_of(superuser(), now=NOW, reason=note)
    return missing_event_decide(event_id=event.id, decision=decision, act=act, **more)


def codes(result: ImportResult) -> list[str]:
    return [problem.code for problem in result.problems]


class TestStaleFile:
    def test_case(self, cases: Path) -> None:
        """What staff rescheduled stays when the same file comes again, and nobody is notified."""
        rows = rows_of(cases, "stale_feed")
        imported(*rows)
        event = event_of(7000022)
        on_sale(block=block_of(event), event=event)
        reschedule(event)
        before = OutboxMessage.objects.count(), Notice.objects.count(), EventChange.objects.count()
        result = imported(*rows)
        assert codes(result) == ["kept_by_staff"]
        assert result.unchanged == len(rows)
        assert (OutboxMessage.objects.count(), Notice.objects.count(), EventChange.objects.count()) == before
        assert event_of(7000022).starts_at == MOVED


class TestDifferences:
    @pytest.fixture
    def event(self) -> Event:
        """A listed game that staff and the feed have both moved."""
        imported(game())
        event = event_of()
        listing = on_sale(block=block_of(event), event=event)
        record(listing, "1")
        reschedule(event)
        imported(game(date="2027-06-09T19:10:00"))
        return event

    def test_kept_are_not_asked_about_again(self, event: Event) -> None:
        difference = open_one()
        keep(difference)
        difference.refresh_from_db()
        assert (difference.decision, difference.decided_at) == (FeedDecision.KEPT, NOW)
        assert codes(imported(game(date="2027-06-09T19:10:00"))) == ["kept_by_staff"]
        assert event_of().starts_at == MOVED
        assert not FeedDifference.objects.filter(decision="").exists()

    def test_taken_are_changes_like_any_other(self, event: Event) -> None:
        deliver(Sale.objects.all())
        notices = Notice.objects.count()
        take(open_one())
        change = EventChange.objects.first()
        assert (change.from_starts_at, change.to_starts_at.day, change.source) == (MOVED, 9, ChangeSource.ADMIN)
        assert (event_of().starts_at.day, Notice.objects.count()) == (9, notices + 1)
        assert Sale.objects.get().delivery_status == DeliveryStatus.PENDING
        assert FeedDifference.objects.get().decision == FeedDecision.TAKEN
        assert imported(game(date="2027-06-09T19:10:00")).problems == []

    def test_are_decided_once(self, event: Event) -> None:
        difference = open_one()
        keep(difference)
        for decision in (keep, take):
            with pytest.raises(FeedDecisionRefused, match="decided meanwhile"):
                decision(difference)
        assert event_of().starts_at == MOVED

    def test_of_which_the_feed_says_something_else_by_now_cannot_be_decided(self, event: Event) -> None:
        difference = open_one()
        imported(game(date="2027-06-10T19:10:00"))
        with pytest.raises(FeedDecisionRefused, match="says something else"):
            take(difference)
        assert event_of().starts_at == MOVED

    def test_that_staff_ended_by_hand_change_nothing(self, event: Event) -> None:
        reschedule(event, datetime(2027, 6, 9, 23, 10, tzinfo=UTC))
        changes = EventChange.objects.count()
        take(open_one())
        assert FeedDifference.objects.get().decision == FeedDecision.AGREED
        assert EventChange.objects.count() == changes

    def test_of_other_facts_are_written_with_their_label(self) -> None:
        imported(game())
        Event.objects.update(name="Opening Day", additional_info="Bobblehead")
        imported(game(name="Philadelphia Phillies at New York Mets - Game 2"))
        assert FeedDifference.objects.count() == 2
        for difference in FeedDifference.objects.all():
            take(difference)
        event = event_of()
        assert event.label == "Philadelphia Phillies at New York Mets (Game 2)"
        assert str(event.away_team) == "Philadelphia Phillies"

    def test_notify_holders_of_another_opponent(self) -> None:
        """They know the one that staff filled in."""
        imported(game(name="TBD at New York Mets"))
        event = event_of()
        on_sale(block=block_of(event), event=event)
        Event.objects.update(away_team=Team.objects.get(name="Philadelphia Phillies"))
        imported(game())
        take(open_one())
        change = EventChange.objects.get()
        assert (str(change.from_away_team), str(change.to_away_team)) == ("Philadelphia Phillies", "Atlanta Braves")
        assert Notice.objects.latest("id").title == "New opponent: Atlanta Braves at New York Mets"

    def test_never_change_the_home_team_under_listings(self) -> None:
        imported(game())
        event = event_of()
        Event.objects.update(name="Opening Day")
        imported(game(name="New York Mets at Atlanta Braves"))
        on_sale(block=block_of(event), event=event)
        with pytest.raises(FeedDecisionRefused, match="Seats are listed for the home team"):
            take(open_one())
        assert event_of().home_team == Team.objects.get(name="New York Mets")


@pytest.fixture
def left(cases: Path) -> tuple[Event, ImportResult, Rows]:
    """A game that has left the feed with an open listing and a sale, what the import said, and the rows of the file."""
    imported(*rows_of(cases, "left_the_feed_before"))
    event = event_of(7410001)
    record(on_sale("1", "2", block=block_of(event), event=event), "1")
    after = rows_of(cases, "left_the_feed_after")
    return event, imported(*after), after


@pytest.fixture
def event(left: tuple[Event, ImportResult, Rows]) -> Event:
    return left[0]


@pytest.fixture
def after(left: tuple[Event, ImportResult, Rows]) -> Rows:
    return left[2]


class TestMissing:
    """Case: 7410001 has left the feed, 7410003 is the same game on a new day."""

    def test_case(self, left: tuple[Event, ImportResult, Rows]) -> None:
        (missing,) = left[1].missing
        assert (missing.skybox_event_id, missing.uses.open_listings, missing.uses.sales) == (7410001, 1, 1)
        assert missing.detail == (
            "The file no longer has Chicago Cubs at Detroit Tigers #1 (Tuesday, May 4, 2027, 6:40 PM EDT): 1 open"
            " listing, 1 sale. It may have become Chicago Cubs at Detroit Tigers (Rescheduled from 5/4), Wednesday,"
            " September 1, 2027, 12:40 PM EDT, SkyBox 7410003."
        )
        assert (event_of(7410001).status, Listing.objects.get().status) == ("scheduled", "listed")

    def test_kept_is_not_reported_before_the_feed_has_had_it_again(
        self, event: Event, cases: Path, after: Rows
    ) -> None:
        decide(event, "keep")
        assert FeedDifference.objects.get().decision == FeedDecision.KEPT
        assert imported(*after).missing == []
        assert imported(*rows_of(cases, "left_the_feed_before"), *after[:1]).missing == []
        assert [row.skybox_event_id for row in imported(*after).missing] == [7410001]

    def test_is_kept_from_a_preview(self, cases: Path) -> None:
        imported(*rows_of(cases, "left_the_feed_before"))
        decide(event_of(7410001), "keep", is_noted=False)
        assert imported(*rows_of(cases, "left_the_feed_after")).missing == []
        with pytest.raises(FeedDecisionRefused, match="no longer missing"):
            decide(event_of(7410001), "keep", is_noted=False)

    @pytest.mark.parametrize(
        ("decision", "status", "listing"), [("postpone", "postponed", "listed"), ("cancel", "cancelled", "delisted")]
    )
    def test_is_a_change_like_any_other(
        self, event: Event, decision: str, status: str, listing: str, after: Rows
    ) -> None:
        with pytest.raises(EventNoteMissing):
            decide(event, decision)
        notices = Notice.objects.count()
        decide(event, decision, note="Rain")
        assert (event_of(7410001).status, Listing.objects.get().status) == (status, listing)
        assert Notice.objects.count() == notices + 1
        assert FeedDifference.objects.get().decision == FeedDecision.TAKEN
        assert imported(*after).missing == []

    def test_is_decided_only_while_it_is_missing(self, event: Event, cases: Path, after: Rows) -> None:
        for other in (event_of(7410002), event_of(7410003)):
            with pytest.raises(FeedDecisionRefused, match="no longer missing"):
                decide(other, "cancel", note="Rain")
        with pytest.raises(FeedDecisionRefused, match="postpone or cancel it, or keep it"):
            take(open_one())
        imported(*rows_of(cases, "left_the_feed_before"), *after[:1])
        with pytest.raises(FeedDecisionRefused, match="no longer missing"):
            decide(event, "cancel", note="Rain")
        assert not EventChange.objects.exists()


class TestSuccessor:
    """One decision makes the old event the rescheduled game."""

    def succeed(self, event: Event, successor: int = 7410003, **more: Any) -> Any:
        return decide(event, "succeed", successor=successor, **more)

    def test_takes_id_and_start_and_everything_that_depends_on_it_stays(self, event: Event, after: Rows) -> None:
        deliver(Sale.objects.all())
        notices, listing = Notice.objects.count(), Listing.objects.get()
        done = self.succeed(event)
        assert (done.listings, done.sales, done.holders) == (1, 1, 1)
        now = event_of(7410003)
        assert (now.id, now.starts_at, now.additional_info) == (event.id, NEW_DAY, "Rescheduled from 5/4")
        assert set(Event.objects.values_list("skybox_event_id", flat=True)) == {7410002, 7410003}
        assert (Listing.objects.get().event_id, statuses(listing)) == (event.id, "listed sa")
        assert (Sale.objects.get().delivery_status, Notice.objects.count()) == (DeliveryStatus.PENDING, notices + 1)
        assert EventChange.objects.get().to_starts_at == NEW_DAY
        assert not FeedDifference.objects.filter(decision="").exists()
        result = imported(*after)
        assert (result.unchanged, result.problems) == (2, [])

    def test_is_in_the_feed_when_only_a_preview_has_missed_the_old_game(self, cases: Path) -> None:
        before, after = (rows_of(cases, f"left_the_feed_{when}") for when in ("before", "after"))
        imported(*before, *(row for row in after if row["id"] == 7410003))
        self.succeed(event_of(7410001), is_noted=False)
        assert FeedEvent.objects.get(skybox_event_id=7410003).missing_since is None

    def test_makes_rows_of_the_old_id_superseded(self, event: Event, cases: Path) -> None:
        """A stale file neither makes the old game again nor finds the new one missing."""
        self.succeed(event)
        stale = rows_of(cases, "left_the_feed_before")
        result = imported(*stale, {**stale[0], "id": 7410009, "date": "2027-09-20T18:40:00"})
        assert (result.skipped, result.unchanged, result.created, result.missing) == (1, 1, 1, [])
        assert codes(result) == ["superseded"]
        assert "SkyBox event 7410003" in result.problems[0].detail
        assert event_of(7410003).starts_at == NEW_DAY

    def test_keeps_what_staff_have_set(self, event: Event, after: Rows) -> None:
        Event.objects.filter(pk=event.pk).update(additional_info="Bobblehead Night", status=EventStatus.POSTPONED)
        Event.objects.filter(skybox_event_id=7410003).update(starts_at=MOVED)
        self.succeed(event)
        now = event_of(7410003)
        assert (now.additional_info, now.starts_at, now.status) == ("Bobblehead Night", MOVED, EventStatus.SCHEDULED)
        assert codes(imported(*after)) == ["kept_by_staff"]

    def test_with_listings_of_its_own_is_refused_with_what_to_do(self, event: Event) -> None:
        other = event_of(7410003)
        listing = on_sale("3", block=SeasonTicket.objects.get(), event=other)
        with pytest.raises(FeedDecisionRefused, match="1 open listing and 0 sales of its own") as refusal:
            self.succeed(event)
        assert "delisted or made void first, or cancel" in str(refusal.value)
        assert open_one().fact == FeedFact.MISSING
        void(record(listing, "3"), return_seats=False)
        assert statuses(listing) == "delisted w"
        self.succeed(event)
        ghost = Event.objects.get(pk=other.pk)
        assert (ghost.skybox_event_id, ghost.status) == (None, EventStatus.CANCELLED), "its history cannot be deleted"
        assert event_of(7410003).id == event.id

    def test_may_be_what_staff_have_done_by_hand(self, event: Event) -> None:
        """They have moved the game, and cancelled the second one: the two are one, and nobody is notified again."""
        reschedule(event, NEW_DAY)
        event_cancel(event_id=event_of(7410003).id, act=act_of(superuser(), now=NOW, reason="Twice"))
        notices, changes = Notice.objects.count(), EventChange.objects.count()
        self.succeed(event)
        assert event_of(7410003) == event
        assert (Notice.objects.count(), EventChange.objects.count()) == (notices, changes)
        assert FeedDifference.objects.get(fact=FeedFact.MISSING).decision == FeedDecision.TAKEN

    def test_leaves_the_old_id_to_another_event(self, event: Event, cases: Path) -> None:
        """By giving it to one, staff say that it is no longer an old id."""
        self.succeed(event)
        other = Event.objects.create(
            season=event.season, venue=event.venue, home_team=event.home_team, name="Third", starts_at=MOVED
        )
        Event.objects.filter(pk=other.pk).update(skybox_event_id=7410001)
        imported(*rows_of(cases, "left_the_feed_before"))
        said = FeedEvent.objects.get(skybox_event_id=7410001)
        assert (said.event, said.superseded_at) == (other, None)

    def test_takes_withheld_seats_along(self, event: Event) -> None:
        block = SeasonTicket.objects.get()
        for seat in ("1", "3"):
            WithheldSeat.objects.create(season_ticket=block, event=event_of(7410003), seat=seat)
        self.succeed(event)
        assert list(WithheldSeat.objects.values_list("event", "seat")) == [(event.id, "3")], "seat 1 is sold"

    def test_is_the_same_game_or_refused(self, event: Event) -> None:
        for successor in (7410002, 7410001, 5):
            with pytest.raises(FeedDecisionRefused, match="No game of the same teams"):
                self.succeed(event, successor)
        assert FeedEvent.objects.filter(superseded_at__isnull=False).count() == 0
