"""Events are postponed, rescheduled and cancelled, with all that follows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from apps.catalog.enums import EVENT_MOVES, EventMove, EventStatus
from apps.catalog.models import Event, EventChange
from apps.catalog.testing.factories import EventFactory, VenueFactory
from apps.common.acts import ChangeSource
from apps.common.ids import uuid7
from apps.common.testing.acts import act_of
from apps.listings.enums import ListingChange, ListingStatus, TicketStatus
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.testing.stories import held_row, on_sale
from apps.notifications.models import OutboxMessage
from apps.orders.enums import DeliveryStatus
from apps.orders.errors.sales import (
    EventMoveRefused,
    EventNoteMissing,
    EventStartRefused,
    EventStartTooFar,
    VenueUnknown,
)
from apps.orders.models import Sale
from apps.orders.services.event_changes import EventChanged, event_cancel, event_postpone, event_reschedule
from apps.orders.testing.stories import CHANGED_AT as NOW
from apps.orders.testing.stories import deliver, record, void
from apps.season_tickets.testing.stories import block_at
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db
LATER = datetime(2040, 10, 1, 23, 30, tzinfo=UTC)
TOMORROW = NOW + timedelta(days=1)


@pytest.fixture
def event() -> Event:
    """A game of September 9, 2040, 1 PM in Philadelphia."""
    return EventFactory()


def postpone(event: Event, *, note: str = "Heavy snow", now: datetime = TOMORROW) -> EventChanged:
    staff = UserFactory(staff=True)
    return event_postpone(event_id=event.id, act=act_of(staff, source=ChangeSource.API, now=now, reason=note))


def reschedule(
    event: Event, *, starts_at: datetime = LATER, note: str = "Make-up game", now: datetime = TOMORROW, **facts: object
) -> EventChanged:
    staff = UserFactory(staff=True)
    act = act_of(staff, source=ChangeSource.API, now=now, reason=note)
    return event_reschedule(event_id=event.id, starts_at=starts_at, act=act, **facts)


def cancel(event: Event, *, note: str = "No stadium", now: datetime = TOMORROW) -> EventChanged:
    staff = UserFactory(staff=True)
    return event_cancel(event_id=event.id, act=act_of(staff, now=now, reason=note))


MOVES = {EventMove.POSTPONE: postpone, EventMove.RESCHEDULE: reschedule, EventMove.CANCEL: cancel}


class TestTransitions:
    @pytest.mark.parametrize("status", EventStatus)
    @pytest.mark.parametrize("move", EventMove)
    def test_follow_the_one_table(self, event: Event, move: EventMove, status: EventStatus) -> None:
        """S3-52: each move from each status, allowed or refused; a refusal writes nothing."""
        Event.objects.filter(id=event.id).update(status=status)
        begins, ends = EVENT_MOVES[move]
        if status in begins:
            assert MOVES[move](event).event.status == ends
            event.refresh_from_db()
            assert event.status == ends
            change = EventChange.objects.get()
            assert (change.from_status, change.to_status, change.at) == (status, ends, TOMORROW)
        else:
            with pytest.raises(EventMoveRefused, match=f"Cannot {move.value}: the event is {status.value}."):
                MOVES[move](event)
            assert not EventChange.objects.exists()

    def test_refusals_say_since_when(self, event: Event) -> None:
        cancel(event)
        with pytest.raises(EventMoveRefused, match=r"the event has been cancelled since 2040-01-02T12:00:00\+00:00\."):
            cancel(event, now=TOMORROW + timedelta(days=1))

    def test_refuse_the_start_and_venue_it_has(self, event: Event) -> None:
        with pytest.raises(EventMoveRefused, match="already has this start and venue"):
            reschedule(event, starts_at=event.starts_at)
        assert reschedule(event, starts_at=event.starts_at, venue_id=VenueFactory().id)

    def test_lead_a_postponed_game_back_to_its_old_date(self, event: Event) -> None:
        postpone(event)
        assert reschedule(event, starts_at=event.starts_at).event.status == EventStatus.SCHEDULED

    @pytest.mark.parametrize("move", EventMove)
    def test_need_a_note(self, event: Event, move: EventMove) -> None:
        with pytest.raises(EventNoteMissing):
            MOVES[move](event, note="  ")

    def test_lead_to_the_future(self, event: Event) -> None:
        with pytest.raises(EventStartRefused):
            reschedule(event, starts_at=TOMORROW)

    def test_stay_in_this_century(self, event: Event) -> None:
        """Payouts are due days later, and near the end of the calendar those days have no date."""
        with pytest.raises(EventStartTooFar) as refusal:
            reschedule(event, starts_at=datetime(2100, 1, 1, tzinfo=UTC))
        assert (refusal.value.details[0].attr, refusal.value.status) == ("starts_at", 400)
        reschedule(event, starts_at=datetime(2099, 12, 31, tzinfo=UTC))

    def test_refuse_an_unknown_venue(self, event: Event) -> None:
        with pytest.raises(VenueUnknown):
            reschedule(event, venue_id=uuid7())

    def test_refuse_an_unknown_event(self) -> None:
        with pytest.raises(Event.DoesNotExist):
            event_cancel(event_id=uuid7(), act=act_of(source=ChangeSource.SYSTEM, now=NOW, reason="No"))


class TestPostponed:
    def test_listings_stay_with_a_row_in_their_history(self, event: Event) -> None:
        block = block_at(event)
        listing = on_sale("1", "2", block=block, event=event)
        changed = postpone(event)
        assert (changed.listings, changed.sales, changed.holders) == (1, 0, 1)
        listing.refresh_from_db()
        assert listing.status == ListingStatus.LISTED
        row = ListingEvent.objects.filter(listing=listing).last()
        assert (row.change, row.from_status, row.to_status) == (ListingChange.EVENT, "listed", "listed")
        assert (row.note, row.at, row.source) == ("Event postponed: Heavy snow", TOMORROW, ChangeSource.API)

    def test_the_change_is_kept_for_good(self, event: Event) -> None:
        """Who, where, when and why."""
        staff = UserFactory(staff=True)
        event_postpone(event_id=event.id, act=act_of(staff, now=NOW, reason="Heavy snow"))
        change = EventChange.objects.get()
        assert (change.actor, change.source, change.note, change.at) == (staff, "admin", "Heavy snow", NOW)
        assert change.from_starts_at == change.to_starts_at == event.starts_at


class TestRescheduled:
    def test_history_has_old_and_new_time_at_the_venue(self, event: Event) -> None:
        listing = on_sale("1", block=block_at(event), event=event)
        reschedule(event)
        assert ListingEvent.objects.filter(listing=listing).last().note == (
            "Event rescheduled from Sunday, September 9, 2040, 1:00 PM EDT "
            "to Monday, October 1, 2040, 7:30 PM EDT: Make-up game"
        )

    def test_another_venue_is_shown_with_its_own_clock(self, event: Event) -> None:
        listing = on_sale("1", block=block_at(event), event=event)
        arena = VenueFactory(name="Soldier Field", city="Chicago", timezone="America/Chicago")
        reschedule(event, venue_id=arena.id)
        note = ListingEvent.objects.filter(listing=listing).last().note
        assert f"1:00 PM EDT, {event.venue} to Monday, October 1, 2040, 6:30 PM CDT, Soldier Field, Chicago" in note
        event.refresh_from_db()
        assert event.venue == arena

    def test_an_open_date_opens_the_time_too(self, event: Event) -> None:
        reschedule(event, date_tbd=True)
        event.refresh_from_db()
        assert (event.date_tbd, event.time_tbd) == (True, True)

    def test_delivered_tickets_are_to_be_delivered_again(self, event: Event) -> None:
        """New tickets may be issued; a void sale stays as it is."""
        listing = on_sale("1", "2", "3", block=block_at(event), event=event)
        sales = deliver(record(listing, "1", "2"), now=NOW)
        gone = void(deliver(record(listing, "3"), now=NOW), return_seats=False)
        assert reschedule(event).sales == 2
        again = Sale.objects.filter(id__in=[sale.id for sale in sales])
        assert {(sale.delivery_status, sale.delivered_at) for sale in again} == {("pending", None)}
        assert Sale.objects.get(id=gone[0].id).delivered_at == NOW

    def test_a_clock_time_that_was_open_brings_no_new_tickets(self) -> None:
        event = EventFactory(time_tbd=True)
        listing = on_sale("1", block=block_at(event), event=event)
        deliver(record(listing, "1"))
        assert reschedule(event, starts_at=event.starts_at + timedelta(hours=3)).sales == 0
        assert Sale.objects.get().delivery_status == DeliveryStatus.COMPLETE
        assert OutboxMessage.objects.get(topic="mail").payload["context"]["redelivery"] is False


class TestCancelled:
    def test_listings_close_and_seats_are_withdrawn(self, event: Event) -> None:
        block = block_at(event)
        listing, held = on_sale("1", "2", block=block, event=event), on_sale("3", block=block, event=event)
        held_row(held, "3")
        assert cancel(event).listings == 2
        assert set(Listing.objects.values_list("status", flat=True)) == {ListingStatus.DELISTED}
        assert set(Ticket.objects.values_list("status", flat=True)) == {TicketStatus.WITHDRAWN}
        row = ListingEvent.objects.filter(listing=listing).last()
        assert (row.change, row.to_status, row.note) == ("status", "delisted", "Event cancelled: No stadium")

    def test_sales_are_flagged_for_refund(self, event: Event) -> None:
        listing = on_sale("1", "2", "3", block=block_at(event), event=event)
        sales = record(listing, "1", "2")
        gone = void(record(listing, "3"), return_seats=False)
        assert cancel(event).sales == 2
        assert {Sale.objects.get(id=sale.id).refund_due_at for sale in sales} == {TOMORROW}
        assert Sale.objects.get(id=gone[0].id).refund_due_at is None

    def test_sold_listings_have_it_in_their_history(self, event: Event) -> None:
        listing = on_sale("1", block=block_at(event), event=event)
        record(listing, "1")
        cancel(event)
        row = ListingEvent.objects.filter(listing=listing).last()
        assert (row.change, row.to_status, row.note) == ("event", "sold", "Event cancelled: No stadium")


class TestQueries:
    @pytest.mark.parametrize(("move", "queries"), [("postpone", 17), ("reschedule", 19), ("move", 24), ("cancel", 20)])
    def test_do_not_grow_with_listings_and_holders(
        self, event: Event, move: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        other = EventFactory()
        for game, holders in ((event, 1), (other, 5)):
            for number in range(holders):
                block = block_at(game, section=str(number))
                record(on_sale("1", "2", block=block, event=game), "1")
                on_sale("3", block=block, event=game)
        staff = UserFactory(staff=True)
        facts: dict[str, Any] = {"act": act_of(staff, source=ChangeSource.API, now=TOMORROW, reason="Snow")}
        service = {"postpone": event_postpone, "cancel": event_cancel}.get(move, event_reschedule)
        if service is event_reschedule:
            facts["starts_at"] = LATER
        if move == "move":
            facts["venue_id"] = VenueFactory().id
        for game, holders in ((event, 1), (other, 5)):
            with django_assert_num_queries(queries):
                assert service(event_id=game.id, **facts).holders == holders
