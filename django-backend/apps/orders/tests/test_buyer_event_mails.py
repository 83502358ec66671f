"""Buyers get a mail when an event is postponed, moved or cancelled: one for each order and change."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from apps.catalog.models import Event, EventChange
from apps.catalog.testing.factories import TeamFactory, VenueFactory
from apps.common.acts import ChangeSource
from apps.common.ids import uuid7
from apps.common.listeners import received
from apps.common.testing.acts import act_of
from apps.common.testing.local_stripe import LocalStripe
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.notifications.models import OutboxMessage
from apps.orders.models import Order, OrderMail
from apps.orders.rules.refunds import EVERYTHING, RefundScope
from apps.orders.selectors.order_links import order_address
from apps.orders.services.event_changes import (
    event_cancel,
    event_opponent_follow,
    event_postpone,
    event_reschedule,
)
from apps.orders.services.order_mails import event_changed_tell
from apps.orders.services.refunds import order_refund
from apps.orders.services.settlement import order_settle
from apps.orders.testing.stories import BUYER, cart_of, deliver, delivered, ordered, paid_order, pay, place, record
from apps.orders.tests.test_invoices import sold
from apps.payments.enums import RefundReason
from apps.season_tickets.testing.stories import block_at

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)
EVE = "eve@example.com"


@pytest.fixture(autouse=True)
def _fee(settings: Any) -> None:
    settings.BUYER_FEE_BPS, settings.SUPPORT_EMAIL = 1_000, "help@example.com"


def act(note: str = "Heavy snow") -> Any:
    return act_of(source=ChangeSource.API, now=timezone.now(), reason=note)


def told() -> list[Any]:
    """Deliver everything; return the mails to buyers, and forget all."""
    delivered()
    found = [one for one in mail.outbox if one.to in ([BUYER.email], [EVE])]
    mail.outbox.clear()
    return found


def texts(sent: Any) -> tuple[str, str]:
    return sent.body, sent.alternatives[0][0]


@pytest.fixture
def order(local_stripe: LocalStripe, listing: Listing) -> Order:
    """A paid order of two seats for 220.00, whose confirmation was sent."""
    found = paid_order(local_stripe, listing)
    told()
    return found


@pytest.fixture
def event(order: Order) -> Event:
    return order.lines.get().event


class TestPostponed:
    def test_seats_and_money_stay(self, order: Order, event: Event) -> None:
        event_postpone(event_id=event.id, act=act())
        (sent,) = told()
        assert (sent.to, sent.reply_to) == ([BUYER.email], ["help@example.com"])
        assert sent.subject == f"Postponed: {event.label}"
        for text in texts(sent):
            for words in (
                "Sunday, September 9, 2040", "Heavy snow", "ection 101, row A, seats 1 and 2", order.number,
                "You keep your seats.", "stays with us", "If you would rather not wait", order_address(order.id),
            ):  # fmt: skip
                assert words in text
            assert "consign" not in text
        row = OrderMail.objects.get(kind="event")
        assert (row.order, row.state, row.occasion) == (order, "sent", EventChange.objects.get().id)

    def test_one_mail_for_all_lines_and_none_for_other_events(self, local_stripe: LocalStripe, order: Order) -> None:
        event = order.lines.get().event
        block = block_at(event, section="202")
        both = cart_of((on_sale("1", "2", block=block, event=event), 2), (on_sale(), 2))
        second = place(both, total_cents=44_000, email=EVE)
        pay(local_stripe, second)
        elsewhere = paid_order(local_stripe, on_sale(), name="Else")
        told()
        event_postpone(event_id=event.id, act=act())
        sent = {one.to[0]: one for one in told()}
        assert set(sent) == {BUYER.email, EVE}
        assert "202" in sent[EVE].body
        assert sent[EVE].body.count("ection") == 1
        assert sent[EVE].body.count(event.label) == 2
        assert OrderMail.objects.filter(kind="event").count() == 2
        assert not elsewhere.mails.filter(kind="event").exists()

    def test_a_message_that_comes_twice_is_one_mail(self, order: Order, event: Event) -> None:
        event_postpone(event_id=event.id, act=act())
        assert len(told()) == 1
        OutboxMessage.objects.filter(topic="event.changed:buyers").update(delivered_at=None)
        assert told() == []

    def test_nobody_else_is_told(self, local_stripe: LocalStripe, order: Order, event: Event) -> None:
        """Not who has given the seats back, not who was erased, not buyers of other marketplaces, not who buys now."""
        given_back = paid_order(local_stripe, on_sale("1", "2", block=block_at(event, section="3"), event=event))
        refund(given_back, EVERYTHING)
        record(on_sale("1", block=block_at(event, section="4"), event=event), "1")
        Order.objects.filter(id=order.id).update(erased_at=timezone.now())
        told()
        event_postpone(event_id=event.id, act=act())
        assert told() == []
        assert not OrderMail.objects.filter(kind="event").exists()


class TestMoved:
    def test_to_another_date_and_venue(self, order: Order, event: Event) -> None:
        arena = VenueFactory(name="Soldier Field", city="Chicago", timezone="America/Chicago")
        deliver(list(event.sales.all()), now=timezone.now())
        event_reschedule(event_id=event.id, starts_at=event.starts_at + WEEK, venue_id=arena.id, act=act("TV"))
        (sent,) = told()
        assert sent.subject == f"New date and venue: {event.label}"
        for text in texts(sent):
            for words in (
                "Sunday, September 9, 2040, 1:00 PM EDT", "Sunday, September 16, 2040, 12:00 PM CDT, Soldier Field",
                "You keep your seats", "for the new date", "If new tickets are issued, we send them to you",
                "called differently at Soldier Field", "If you would rather not come",
            ):  # fmt: skip
                assert words in text

    def test_a_clock_time_or_an_opponent_changes_nothing_for_tickets(self, order: Order, event: Event) -> None:
        Event.objects.filter(id=event.id).update(time_tbd=True)
        event_reschedule(event_id=event.id, starts_at=event.starts_at + timedelta(hours=3), act=act("TV"))
        event.refresh_from_db()
        before_id, event.away_team = event.away_team_id, TeamFactory(league=event.home_team.league)
        event.save()
        event_opponent_follow(event=event, before_id=before_id, act=act())
        timed, opponent = told()
        assert timed.subject.startswith("New date: ")
        assert opponent.subject.startswith("New opponent: ")
        for sent in (timed, opponent):
            for text in texts(sent):
                assert "Your tickets stay valid." in text
                assert "cannot come" not in text

    def test_after_a_postponement_is_a_mail_of_its_own(self, order: Order, event: Event) -> None:
        event_postpone(event_id=event.id, act=act())
        event_reschedule(event_id=event.id, starts_at=event.starts_at + WEEK, act=act())
        assert [one.subject.split(":")[0] for one in told()] == ["Postponed", "New date"]

    def test_while_the_buyer_was_paying(self, local_stripe: LocalStripe) -> None:
        """The confirmation has the new date; a second mail says that it is new."""
        listing = on_sale()
        order = ordered(listing)
        pay(local_stripe, order)
        OutboxMessage.objects.filter(topic__startswith="payment").update(available_at=timezone.now() + WEEK)
        event_reschedule(event_id=listing.event_id, starts_at=listing.event.starts_at + WEEK, act=act())
        assert told() == []
        order_settle(order_id=order.id, paid_cents=22_000, now=timezone.now())
        confirmation, change = told()
        assert "September 16" in confirmation.body
        assert change.subject.startswith("New date: ")

    def test_is_no_news_for_who_orders_afterwards(self, local_stripe: LocalStripe, listing: Listing) -> None:
        """Even if the worker is late."""
        event_reschedule(event_id=listing.event_id, starts_at=listing.event.starts_at + WEEK, act=act())
        late = OutboxMessage.objects.filter(topic="event.changed:buyers")
        late.update(available_at=timezone.now() + timedelta(days=1))
        paid_order(local_stripe, listing)
        assert [one.subject[:10] for one in told()] == ["Your order"]
        late.update(available_at=timezone.now())
        assert told() == []


def refund(order: Order, scope: RefundScope) -> None:
    call = {"reason": RefundReason.EVENT_CANCELLED, "return_seats": False, "act": act("Refund")}
    order_refund(order_id=order.id, scope=scope, **call)


class TestCancelled:
    def test_the_money_comes_back(self, order: Order, event: Event) -> None:
        event_cancel(event_id=event.id, act=act("Flood"))
        (sent,) = told()
        assert sent.subject == f"Cancelled: {event.label}"
        for text in texts(sent):
            for words in (
                "Flood", "does not take place", "ection 101, row A, seats 1 and 2", "fees included: 220.00 USD.",
                "We write again when it is on its way.", "of no use any more",
            ):  # fmt: skip
                assert words in text

    def test_only_what_was_not_refunded_before_is_owed(self, order: Order, event: Event) -> None:
        refund(order, RefundScope(seats={order.lines.get().id: ["2"]}))
        told()
        event_cancel(event_id=event.id, act=act("Flood"))
        (sent,) = told()
        assert "fees included: 110.00 USD." in sent.body
        assert "row A, seat 1\n" in sent.body

    def test_says_the_same_when_the_refund_is_faster_than_the_mail(self, order: Order, event: Event) -> None:
        event_cancel(event_id=event.id, act=act("Flood"))
        refund(order, EVERYTHING)
        (sent,) = [one for one in told() if one.subject.startswith("Cancelled")]
        assert "fees included: 220.00 USD." in sent.body
        assert "seats 1 and 2" in sent.body

    def test_a_bank_decides_about_a_disputed_payment(self, order: Order, event: Event) -> None:
        Order.objects.filter(id=order.id).update(status="disputed", disputed_at=timezone.now())
        event_cancel(event_id=event.id, act=act("Flood"))
        (sent,) = told()
        assert "Your bank disputes the payment" in sent.body
        assert "You get back" not in sent.body

    def test_who_paid_nothing_gets_nothing(self) -> None:
        order = sold()
        told()
        event_cancel(event_id=order.lines.get().event_id, act=act("Flood"))
        (sent,) = told()
        assert "You have nothing left to get back" in sent.body


def test_many_orders_are_a_constant_number_of_queries(django_assert_num_queries: Any) -> None:
    for orders in (1, 4):
        listing = on_sale("1", "2", "3", "4")
        for _ in range(orders):
            sold(listing, 1)
        told()
        event_postpone(event_id=listing.event_id, act=act())
        message = OutboxMessage.objects.filter(topic="event.changed:buyers").latest("id")
        with django_assert_num_queries(7):
            event_changed_tell(message=received(message), now=timezone.now())
        assert len(told()) == orders


def test_a_change_that_is_gone_is_given_up(order: Order, event: Event) -> None:
    event_postpone(event_id=event.id, act=act())
    lost = OutboxMessage.objects.filter(topic="event.changed:buyers")
    lost.update(payload={"event_change_id": str(uuid7())})
    assert told() == []
    assert lost.get().dead_at
