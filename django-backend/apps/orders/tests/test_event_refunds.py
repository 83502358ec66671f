"""Refunds for cancelled events: each order once, whatever is killed, against the local Stripe's books."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.catalog.testing.factories import EventFactory
from apps.common.acts import ChangeSource
from apps.common.testing.acts import act_of
from apps.common.testing.clients import api_of, browser_of
from apps.common.testing.local_stripe import LocalStripe
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.notifications.models import OutboxMessage
from apps.orders.errors.refunds import EventNotCancelled, NothingToRefund
from apps.orders.errors.sales import EventMoveRefused
from apps.orders.models import EventRefundRun, Order, OrderRefund, Sale
from apps.orders.services import event_refunds
from apps.orders.services.event_changes import event_cancel
from apps.orders.services.event_refunds import event_refunds_begin, event_refunds_continue, event_refunds_preview
from apps.orders.testing.coupons import coupon
from apps.orders.testing.stories import cart_of, delivered, paid_order, pay, place, postpone, reschedule
from apps.orders.tests.test_refunds import fail, paid_with
from apps.payments.enums import RefundStatus
from apps.payments.models import Refund
from apps.payments.services.refunds import refund_send
from apps.payments.services.sweep import payments_sweep
from apps.season_tickets.testing.stories import block_at
from apps.users.testing.stories import staff_member, superuser

pytestmark = pytest.mark.django_db


class Killed(BaseException):
    """The process is gone."""


def cancel(event: Event) -> None:
    event_cancel(event_id=event.id, act=act_of(now=timezone.now(), reason="Flood"))


def begin(event: Event) -> EventRefundRun:
    return event_refunds_begin(event_id=event.id, act=act_of(source=ChangeSource.API, now=timezone.now()))


def go_on() -> int:
    return event_refunds_continue(now=timezone.now())


def summaries() -> int:
    return OutboxMessage.objects.filter(topic__startswith="event.refunds_ended").count()


def send() -> None:
    """Send all refunds that wait, and let the orders know."""
    for one in Refund.objects.filter(status="pending"):
        refund_send(refund_id=one.id, now=timezone.now())
    delivered()


def refunded_at(local_stripe: LocalStripe) -> int:
    return local_stripe.books()["refunded"]


@pytest.fixture
def orders(local_stripe: LocalStripe, listing: Listing) -> list[Order]:
    """Three orders of seats of one event: $100, $100 and $200."""
    return [paid_order(local_stripe, listing, quantity, email=f"{quantity}{n}@example.com") for n, quantity in
            enumerate((1, 1, 2))]  # fmt: skip


@pytest.fixture
def event(orders: list[Order], listing: Listing) -> Event:
    """The event, cancelled."""
    cancel(listing.event)
    return listing.event


def test_all_orders_are_refunded_once_and_one_summary_is_put(
    local_stripe: LocalStripe, event: Event, orders: list[Order]
) -> None:
    before = refunded_at(local_stripe)
    run = begin(event)
    assert begin(event).id == run.id
    assert go_on() == 3
    assert summaries() == 0
    assert go_on() == 0
    send()
    assert summaries() == 0
    go_on()
    go_on()
    run.refresh_from_db()
    assert run.ended_at
    assert summaries() == 1
    assert sorted(OrderRefund.objects.filter(run=run).values_list("amount_cents", "reason", "returns_seats")) == [
        (10_000, "event_cancelled", False), (10_000, "event_cancelled", False), (20_000, "event_cancelled", False),
    ]  # fmt: skip
    assert refunded_at(local_stripe) - before == 40_000
    assert {order.status for order in Order.objects.all()} == {"refunded"}
    assert not Sale.objects.filter(voided_at=None).exists()
    with pytest.raises(NothingToRefund):
        begin(event)


@pytest.mark.parametrize("committed", [1, 2])
def test_killed_in_the_middle_and_resumed(
    local_stripe: LocalStripe, event: Event, monkeypatch: pytest.MonkeyPatch, committed: int
) -> None:
    """Before the commit of the second order, and right after it."""
    name = "order_refund" if committed == 1 else "_refund"
    before, real, calls = refunded_at(local_stripe), getattr(event_refunds, name), []
    begin(event)

    def killed(*args: Any, **call: Any) -> Any:
        calls.append(call)
        made = real(*args, **call)
        if len(calls) == 2:
            raise Killed
        return made

    monkeypatch.setattr(event_refunds, name, killed)
    with pytest.raises(Killed):
        go_on()
    assert OrderRefund.objects.count() == committed
    assert summaries() == 0
    monkeypatch.undo()
    assert go_on() == 3 - committed
    send()
    go_on()
    assert sorted(OrderRefund.objects.values_list("amount_cents", flat=True)) == [10_000, 10_000, 20_000]
    assert refunded_at(local_stripe) - before == 40_000
    assert summaries() == 1


def test_what_the_balance_does_not_cover_waits_and_is_sent_again(local_stripe: LocalStripe, event: Event) -> None:
    local_stripe.act("pay-out")
    due = event_refunds_preview(event)
    assert (due["orders"], due["seats"], due["amount"], due["available"]) == (3, 4, "400.00", "0.00")
    assert due["is_covered"] is False
    run = begin(event)
    go_on()
    send()
    assert set(Refund.objects.values_list("status", flat=True)) == {RefundStatus.BALANCE_INSUFFICIENT}
    go_on()
    shown = event_refunds_preview(event)["run"]
    assert (shown["requested"], shown["arrived"], shown["dry"], shown["ended_at"]) == (3, 0, 3, None)
    fill(local_stripe)
    payments_sweep(now=timezone.now() + timedelta(hours=2))
    send()
    go_on()
    run.refresh_from_db()
    assert run.ended_at
    assert set(Refund.objects.values_list("status", flat=True)) == {RefundStatus.SUCCEEDED}


def fill(local_stripe: LocalStripe) -> None:
    """Let another buyer pay with a card whose money covers refunds at once."""
    paid_with(local_stripe, on_sale(price_cents=100_000), "4000000000000077")


def test_seats_of_other_events_and_void_seats_are_not_refunded(local_stripe: LocalStripe, listing: Listing) -> None:
    other = EventFactory()
    elsewhere = on_sale(block=block_at(other), event=other)
    order = place(cart_of((listing, 1), (elsewhere, 1)), total_cents=20_000)
    pay(local_stripe, order)
    delivered()
    cancel(listing.event)
    begin(listing.event)
    go_on()
    made = OrderRefund.objects.get()
    assert made.amount_cents == 10_000
    assert [line.sale.event_id for line in made.lines.all()] == [listing.event_id]
    assert Sale.objects.get(voided_at=None).event_id == other.id


def test_seats_that_cost_nothing_become_void(local_stripe: LocalStripe, listing: Listing) -> None:
    coupon("FREE", percent_bps=10_000)
    place(cart_of((listing, 2), coupon="FREE"), total_cents=0)
    cancel(listing.event)
    run = begin(listing.event)
    go_on()
    run.refresh_from_db()
    assert (run.problems, bool(run.ended_at), OrderRefund.objects.count()) == ({}, True, 0)
    assert not Sale.objects.filter(voided_at=None).exists()


def test_an_order_that_a_bank_disputes_is_left_to_staff(event: Event, orders: list[Order]) -> None:
    Order.objects.filter(id=orders[0].id).update(disputed_at=timezone.now())
    due = event_refunds_preview(event)
    assert (due["orders"], due["amount"], due["disputed_orders"]) == (2, "300.00", 1)
    run = begin(event)
    assert go_on() == 3
    send()
    assert go_on() == 0
    run.refresh_from_db()
    assert run.ended_at
    assert list(run.problems) == [str(orders[0].id)]
    assert "a bank disputes the payment" in run.problems[str(orders[0].id)]
    Order.objects.filter(id=orders[0].id).update(disputed_at=None)
    assert begin(event).ended_at is None
    assert go_on() == 1
    send()
    go_on()
    assert OrderRefund.objects.count() == 3
    assert summaries() == 2


def test_a_refund_that_fails_at_the_bank_ends_the_run_all_the_same(local_stripe: LocalStripe, listing: Listing) -> None:
    paid_order(local_stripe, listing)
    cancel(listing.event)
    begin(listing.event)
    go_on()
    send()
    fail(local_stripe, OrderRefund.objects.get())
    go_on()
    shown = event_refunds_preview(listing.event)["run"]
    assert (shown["arrived"], shown["failed"], shown["ended_at"] is not None) == (0, 1, True)


def test_one_broken_order_does_not_keep_the_others(event: Event, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = event_refunds.order_refund, []

    def broken(**call: Any) -> OrderRefund:
        calls.append(call)
        if len(calls) == 1:
            raise RuntimeError("a bug")
        return real(**call)

    monkeypatch.setattr(event_refunds, "order_refund", broken)
    run = begin(event)
    go_on()
    assert OrderRefund.objects.count() == 2
    go_on()
    assert OrderRefund.objects.count() == 3
    run.refresh_from_db()
    assert run.problems == {}


def test_a_batch_ends_and_the_next_goes_on(event: Event) -> None:
    begin(event)
    assert [event_refunds_continue(now=timezone.now(), limit=2) for _ in range(3)] == [2, 1, 0]


def test_only_cancelled_events_are_refunded_and_they_stay_cancelled(orders: list[Order], listing: Listing) -> None:
    event = listing.event
    with pytest.raises(EventNotCancelled):
        begin(event)
    cancel(event)
    begin(event)
    for move in (lambda: postpone(event), lambda: reschedule(event, starts_at=event.starts_at + timedelta(days=1))):
        with pytest.raises(EventMoveRefused):
            move()


class TestHttp:
    def address(self, event: object) -> str:
        return f"/api/v1/staff/events/{event}/refunds/"

    def test_staff_see_what_it_comes_to_and_begin_it(self, chief: APIClient, event: Event) -> None:
        found = chief.get(self.address(event.id))
        assert found.status_code == 200, found.json()
        assert (found.json()["orders"], found.json()["amount"], found.json()["run"]) == (3, "400.00", None)
        begun = chief.post(self.address(event.id))
        assert begun.status_code == 202, begun.json()
        assert (begun.json()["run"]["requested"], begun.json()["run"]["ended_at"]) == (0, None)
        go_on()
        shown = chief.get(self.address(event.id)).json()
        assert (shown["orders"], shown["amount"], shown["run"]["requested"]) == (0, "0.00", 3)

    def test_stripe_is_not_asked_for_more_than_it_can_say(self, chief: APIClient, event: Event, settings: Any) -> None:
        settings.STRIPE_SECRET_KEY = ""
        shown = chief.get(self.address(event.id)).json()
        assert (shown["available"], shown["is_covered"], shown["amount"]) == (None, None, "400.00")

    def test_only_with_the_permission(self, orders: list[Order], listing: Listing) -> None:
        page = self.address(listing.event_id)
        assert APIClient().get(page).status_code == 401
        views, adds = ["view_eventrefundrun"], ["view_eventrefundrun", "add_eventrefundrun"]
        for rights, read, written in (([], 403, 403), (views, 200, 403), (adds, 200, 409), (adds[1:], 403, 403)):
            client = api_of(staff_member(*rights))
            assert (client.get(page).status_code, client.post(page).status_code) == (read, written)
        for unknown in ("7", "00000000-0000-7000-8000-000000000000"):
            assert api_of(superuser()).post(self.address(unknown)).status_code == 404
        assert not EventRefundRun.objects.exists()

    def test_the_admin_begins_it_too(self, event: Event) -> None:
        page, data = "/admin/catalog/event/", {"action": "refund", "_selected_action": [str(event.id)]}
        browser_of(staff_member("view_event", "change_event")).post(page, data)
        assert not EventRefundRun.objects.exists()
        said = browser_of(superuser()).post(page, data, follow=True).content.decode()
        assert "3 orders, 400.00 USD are being refunded." in said
        assert EventRefundRun.objects.get().begun_by
