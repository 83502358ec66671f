"""Processes are killed after each commit and each answer of Stripe: nothing is sold twice, lost, or held for good."""

import os
from collections.abc import Callable
from typing import Final

import pytest
from django.test import Client

from apps.common.testing.acts import act_of
from apps.common.testing.kills import killed_after
from apps.common.testing.local_stripe import StripeTime, post_event
from apps.listings.models import Hold
from apps.listings.services.lifecycle.holding import holds_expire
from apps.listings.testing.stories import on_sale, statuses
from apps.monitoring.selectors.invariants import INVARIANTS
from apps.orders.enums import OPEN_ORDER_STATUSES
from apps.orders.models import CouponUse, Invoice, Order, OrderMail, Sale
from apps.orders.rules.refunds import EVERYTHING
from apps.orders.services.paying import order_cancel, order_payment_address
from apps.orders.services.refunds import order_refund
from apps.orders.testing.coupons import coupon
from apps.orders.testing.stories import cart_of, delivered, place
from apps.payments.enums import RefundReason
from apps.payments.models import PaymentAttempt, Refund, StripeEvent
from apps.payments.services.inbox import event_handle
from apps.payments.services.refunds import refund_send
from apps.payments.services.sweep import payments_sweep

pytestmark = pytest.mark.django_db(transaction=True)
MOST_STEPS: Final = 90
EVERY_STEP: Final = "KILL_AT_EVERY_STEP" in os.environ  # which takes two minutes
WATCHED: Final = [one for one in INVARIANTS if one.name in {
    "seats_active_once", "sold_seats_have_one_sale", "held_seats_have_live_holds", "listings_fit_their_seats",
    "paid_orders_have_sales", "orders_follow_payments", "payments_end", "refunds_within_payments",
    "stripe_events_handled",
}]  # fmt: skip


def recover(clock: StripeTime) -> None:
    """Let beat and workers do what they do, for hours in which nobody else does anything."""
    for minutes in (31, 31, 61, 61):
        clock.forward(minutes)
        payments_sweep(now=clock.now)
        holds_expire(now=clock.now)
        delivered(clock.now)
    broken = {one.name: found for one in WATCHED if (found := one.find(now=clock.now)).count}
    assert not broken
    assert not Hold.objects.filter(released_at=None).exists()
    assert not Order.objects.filter(status__in=OPEN_ORDER_STATUSES).exists()


def at_each_step(story: Callable[[int], bool], *, stride: int = 1) -> int:
    """Tell a story in which a process is killed after each of its steps, or some of them; return how many it has."""
    return next(step for step in range(0, MOST_STEPS, 1 if EVERY_STEP else stride) if not story(step))


class Shop:
    """A listing and one buyer, who has a coupon."""

    def __init__(self, clock: StripeTime) -> None:
        self.clock, self.listing, self.local_stripe = clock, on_sale(), clock.local_stripe
        self.cart = cart_of((self.listing, 2), coupon="HALF", now=clock.now)

    def check_out(self) -> None:
        """Order, or go on with the order that there is, and get the address of Stripe's page."""
        order = self.order or place(
            self.cart, total_cents=10_000, now=self.clock.now, email=f"{self.cart.id}@example.com"
        )
        assert order_payment_address(order_id=order.id, now=self.clock.now)

    @property
    def order(self) -> Order | None:
        return Order.objects.filter(lines__listing=self.listing).first()

    @property
    def sessions(self) -> list[str]:
        attempts = PaymentAttempt.objects.filter(payment__reference=self.order and self.order.id).exclude(session_id="")
        return list(attempts.order_by("number").values_list("session_id", flat=True))

    def pay(self) -> None:
        self.check_out()
        self.local_stripe.pay(self.sessions[-1])

    def webhooks(self) -> None:
        """Let the events of the last session arrive, and workers do the rest."""
        for event in self.local_stripe.events(self.sessions[-1]):
            post_event(Client(), event)
        for event_id in StripeEvent.objects.filter(handled_at=None).values_list("id", flat=True):
            event_handle(event_id=event_id, now=self.clock.now)
        delivered(self.clock.now)

    def refund(self) -> None:
        assert self.order
        act = act_of(now=self.clock.now)
        order_refund(
            order_id=self.order.id, scope=EVERYTHING, reason=RefundReason.REQUESTED, return_seats=True, act=act
        )
        refund_send(refund_id=Refund.objects.get(payment=self.order.payment_id).id, now=self.clock.now)
        delivered(self.clock.now)

    def facts(self) -> tuple[str, str, str]:
        """Return the statuses of the order, of its coupon, and of the seats."""
        order = self.order
        use = CouponUse.objects.filter(order=order).first() if order else None
        return order.status if order else "", use.state if use else "", statuses(self.listing)


@pytest.fixture
def shop(clock: StripeTime, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Shop]:
    # Typst has threads, which a forked process does not have.
    monkeypatch.setattr("apps.orders.services.order_mail_contents.invoice_pdf", lambda _: b"%PDF")
    coupon("HALF", percent_bps=5_000)
    return lambda: Shop(clock)


GONE = {("", "", "listed aaaa"), ("expired", "released", "listed aaaa")}
SOLD = ("paid", "confirmed", "listed ssaa")


def test_at_the_checkout_and_the_buyer_never_returns(shop: Callable[[], Shop], clock: StripeTime) -> None:
    """Seats and coupon are free again, without anybody's help."""

    def story(step: int) -> bool:
        one = shop()
        killed = killed_after(step, one.check_out)
        recover(clock)
        assert one.facts() in GONE, step
        return killed

    assert at_each_step(story, stride=3) >= 4


def test_at_the_checkout_and_the_buyer_returns(shop: Callable[[], Shop], clock: StripeTime) -> None:
    """The same order goes on, under the same key at Stripe: there is one order, and one charge."""

    def story(step: int) -> bool:
        one, charged = shop(), clock.local_stripe.books().get("charged", 0)
        killed = killed_after(step, one.check_out)
        one.pay()
        recover(clock)
        assert one.facts() == SOLD, step
        assert Order.objects.filter(lines__listing=one.listing).count() == 1
        assert clock.local_stripe.books()["charged"] == charged + 10_000
        return killed

    assert at_each_step(story, stride=3) >= 4


def test_while_the_buyer_cancels(shop: Callable[[], Shop], clock: StripeTime) -> None:
    """The page at Stripe takes no money for seats that are free again."""

    def story(step: int) -> bool:
        one = shop()
        one.check_out()
        order = one.order
        assert order
        killed = killed_after(step, lambda: order_cancel(order_id=order.id, now=clock.now))
        recover(clock)
        status, use, seats = one.facts()
        assert (status in {"cancelled", "expired"}, use, seats) == (True, "released", "listed aaaa"), step
        assert clock.local_stripe.session(one.sessions[-1]).status == "expired"
        return killed

    assert at_each_step(story, stride=3) >= 4


def test_while_a_worker_follows_the_payment(shop: Callable[[], Shop], clock: StripeTime) -> None:
    """One set of sales, one coupon use, one mail, one invoice, wherever the workers were killed."""

    def story(step: int) -> bool:
        one = shop()
        one.pay()
        killed = killed_after(step, one.webhooks)
        recover(clock)
        assert one.facts() == SOLD, step
        order = one.order
        assert order
        assert Sale.objects.filter(listing=one.listing).count() == 2
        assert [mail.state for mail in OrderMail.objects.filter(order=order)] == ["sent"]
        assert Invoice.objects.filter(order=order).count() == 1
        return killed

    assert at_each_step(story, stride=16) >= 40


def test_while_staff_refund(shop: Callable[[], Shop], clock: StripeTime) -> None:
    """Nothing was refunded, or everything, once."""

    def story(step: int) -> bool:
        one = shop()
        one.pay()
        one.webhooks()
        refunded = clock.local_stripe.books()["refunded"]
        killed = killed_after(step, one.refund)
        recover(clock)
        back = clock.local_stripe.books()["refunded"] - refunded
        expected = {("paid", "confirmed", "listed ssaa"): 0, ("refunded", "confirmed", "listed aaaa"): 10_000}
        assert expected[one.facts()] == back, step
        return killed

    assert at_each_step(story, stride=10) >= 18
