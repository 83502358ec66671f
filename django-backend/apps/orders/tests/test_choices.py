"""An event is postponed or moved: its buyers keep their seats, or give them back until a date."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.catalog.testing.factories import EventFactory, TeamFactory
from apps.common.acts import ChangeSource
from apps.common.errors import DomainError
from apps.common.testing.acts import act_of
from apps.common.testing.local_stripe import LocalStripe
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale, statuses
from apps.orders.errors.refunds import NothingToChoose, OrderNotRefundable
from apps.orders.models import Order, OrderRefund, Sale
from apps.orders.selectors.order_links import order_token
from apps.orders.selectors.orders import order_answer
from apps.orders.services.choices import order_give_back
from apps.orders.services.event_changes import event_cancel, event_opponent_follow, event_postpone, event_reschedule
from apps.orders.testing.stories import BUYER, cart_of, deliver, delivered, paid_order, pay, place
from apps.orders.tests.test_refunds import arrive, refund, seats
from apps.season_tickets.testing.stories import block_at

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)
CHOICE = timedelta(days=14)


@pytest.fixture
def order(local_stripe: LocalStripe, listing: Listing) -> Order:
    """Two seats for $200, paid."""
    found = paid_order(local_stripe, listing)
    mail.outbox.clear()
    return found


def act() -> Any:
    return act_of(source=ChangeSource.API, now=timezone.now(), reason="Snow")


def postpone(event: Event) -> None:
    event_postpone(event_id=event.id, act=act())
    event.refresh_from_db()


def move(event: Event, by: timedelta = WEEK) -> None:
    event_reschedule(event_id=event.id, starts_at=event.starts_at + by, act=act())
    event.refresh_from_db()


def give_back(order: Order, event: Event, *, after: timedelta = timedelta(0)) -> OrderRefund:
    return order_give_back(order_id=order.id, event_id=event.id, now=timezone.now() + after)


def until(order: Order) -> Any:
    return order_answer(order.id)["refundable_until"]


class TestTheChoice:
    def test_is_open_from_the_move_until_its_end(self, order: Order, listing: Listing) -> None:
        event = listing.event
        assert until(order) is None
        with pytest.raises(NothingToChoose):
            give_back(order, event)
        postpone(event)
        at = event.changes.get().at
        assert until(order) == at + CHOICE
        with pytest.raises(NothingToChoose):
            give_back(order, event, after=CHOICE)
        made = give_back(order, event, after=CHOICE - timedelta(minutes=1))
        assert (made.amount_cents, made.reason, made.source, made.returns_seats) == (
            20_000, "requested_by_customer", "shop", True,
        )  # fmt: skip
        assert statuses(listing) == "listed aaaa"
        assert not Sale.objects.filter(voided_at=None).exists()
        assert until(order) is None
        with pytest.raises(NothingToChoose):
            give_back(order, event)

    def test_begins_anew_with_the_new_date(self, order: Order, listing: Listing) -> None:
        postpone(listing.event)
        first = until(order)
        move(listing.event)
        assert until(order) > first

    def test_ends_when_the_event_begins(self, order: Order, listing: Listing) -> None:
        event, soon = listing.event, timezone.now() + timedelta(days=3)
        event_reschedule(event_id=event.id, starts_at=soon, act=act())
        assert until(order) == soon
        with pytest.raises(NothingToChoose):
            give_back(order, event, after=timedelta(days=3))

    def test_is_that_of_the_settings(self, order: Order, listing: Listing, settings: Any) -> None:
        settings.CHOICE_DAYS = 2
        postpone(listing.event)
        assert until(order) == listing.event.changes.get().at + timedelta(days=2)

    def test_is_not_for_who_ordered_after_the_move(self, local_stripe: LocalStripe, listing: Listing) -> None:
        move(listing.event)
        late = paid_order(local_stripe, listing)
        assert until(late) is None
        with pytest.raises(NothingToChoose):
            give_back(late, listing.event)

    def test_is_not_for_a_new_opponent_or_a_cancelled_event(self, order: Order, listing: Listing) -> None:
        event, before = listing.event, listing.event.away_team_id
        event.away_team = TeamFactory()
        event.save()
        event_opponent_follow(event=event, before_id=before, act=act())
        assert until(order) is None
        move(event)
        assert until(order)
        event_cancel(event_id=event.id, act=act())
        assert until(order) is None
        with pytest.raises(NothingToChoose):
            give_back(order, event)

    def test_is_not_for_a_disputed_payment(self, order: Order, listing: Listing) -> None:
        postpone(listing.event)
        Order.objects.filter(id=order.id).update(disputed_at=timezone.now())
        with pytest.raises(DomainError) as refused:
            give_back(order, listing.event)
        assert isinstance(refused.value, (NothingToChoose, OrderNotRefundable))

    def test_is_for_the_seats_at_that_event(self, local_stripe: LocalStripe, listing: Listing) -> None:
        other = EventFactory()
        elsewhere = on_sale(block=block_at(other), event=other)
        order = place(cart_of((listing, 1), (elsewhere, 1)), total_cents=20_000)
        pay(local_stripe, order)
        delivered()
        postpone(listing.event)
        lines = {line["event"]["id"]: line["refundable_until"] for line in order_answer(order.id)["lines"]}
        assert lines == {str(listing.event_id): until(order), str(other.id): None}
        with pytest.raises(NothingToChoose):
            give_back(order, other)
        made = give_back(order, listing.event)
        assert (made.amount_cents, made.lines.get().sale.event_id) == (10_000, listing.event_id)
        assert Sale.objects.get(voided_at=None).event_id == other.id

    def test_delivered_seats_do_not_go_back_on_sale(self, order: Order, listing: Listing) -> None:
        deliver(list(Sale.objects.all()))
        postpone(listing.event)
        assert give_back(order, listing.event).returns_seats is False
        assert statuses(listing) == "listed wwaa"

    def test_is_about_what_is_left(self, order: Order, listing: Listing) -> None:
        arrive(refund(order, seats(order, "1")))
        postpone(listing.event)
        assert give_back(order, listing.event).amount_cents == 10_000


class TestHttp:
    def address(self, order: Order) -> str:
        return f"/api/v1/orders/{order_token(order.id)}/refund/"

    def test_the_link_is_all_it_takes(self, order: Order, listing: Listing) -> None:
        body, client = {"event": str(listing.event_id)}, APIClient()
        refused = client.post(self.address(order), body, format="json")
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (409, "refund_not_open")
        postpone(listing.event)
        answer = client.post(self.address(order), body, format="json")
        assert answer.status_code == 200, answer.json()
        assert answer.json()["refundable_until"] is None
        assert client.post(self.address(order), body, format="json").status_code == 409
        assert OrderRefund.objects.count() == 1

    def test_and_nothing_less(self, order: Order, listing: Listing) -> None:
        postpone(listing.event)
        body = {"event": str(listing.event_id)}
        forged = f"/api/v1/orders/{order_token(order.id)[:-1]}/refund/"
        assert APIClient().post(forged, body, format="json").status_code == 404
        for wrong in ({}, {"event": "7"}, {**body, "amount": "1.00"}):
            assert APIClient().post(self.address(order), wrong, format="json").status_code == 400
        unknown = {"event": "00000000-0000-7000-8000-000000000000"}
        assert APIClient().post(self.address(order), unknown, format="json").status_code == 409
        assert not OrderRefund.objects.exists()

    def test_the_page_of_the_order_has_a_button(self, order: Order, listing: Listing) -> None:
        browser, page = Client(), f"/orders/{order_token(order.id)}/"
        assert "Give back" not in browser.get(page).content.decode()
        postpone(listing.event)
        assert "Give back the seats at" in browser.get(page).content.decode()
        assert browser.post(f"{page}refund/", {"event": "7"}).status_code == 404
        said = browser.post(f"{page}refund/", {"event": str(listing.event_id)}, follow=True).content.decode()
        assert "Your money is on its way back." in said
        assert "Give back" not in said
        again = browser.post(f"{page}refund/", {"event": str(listing.event_id)})
        assert (again.status_code, OrderRefund.objects.count()) == (409, 1)


@pytest.mark.parametrize("change", [postpone, move])
def test_the_mail_says_until_when(order: Order, listing: Listing, change: Any) -> None:
    change(listing.event)
    delivered()
    (sent,) = [one for one in mail.outbox if one.to == [BUYER.email]]
    for text in (sent.body, sent.alternatives[0][0]):
        assert "you can have all your money for these seats back" in text
        assert f"{(timezone.now() + CHOICE):%B}" in text
        assert "answer this mail" not in text
