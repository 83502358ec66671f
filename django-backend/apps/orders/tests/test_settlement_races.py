"""The news of one payment comes several times at once, or late and in any order: each effect happens once."""

import random
import threading
from datetime import timedelta
from functools import partial
from itertools import count, takewhile
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import Settings

from apps.common.testing.local_stripe import LocalStripe, StripeTime, post_event
from apps.common.testing.races import PATIENCE_SECONDS, in_processes
from apps.common.testing.threads import at_once
from apps.listings.models import Hold, Listing
from apps.listings.services.lifecycle.holding import holds_expire
from apps.listings.testing.stories import on_sale, statuses
from apps.orders.enums import OPEN_ORDER_STATUSES
from apps.orders.models import CouponUse, Invoice, Order, OrderLine, OrderMail, Sale
from apps.orders.services import settlement
from apps.orders.services.paying import order_cancel, order_payment_address
from apps.orders.services.settlement import order_settle
from apps.orders.testing.coupons import coupon
from apps.orders.testing.stories import cart_of, delivered, ordered, pay, place
from apps.payments.models import Payment, PaymentAttempt, Refund, StripeEvent
from apps.payments.services.inbox import event_handle
from apps.payments.services.sweep import payments_sweep

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_typst(monkeypatch: pytest.MonkeyPatch) -> None:
    """Typst has threads, which a forked process does not have."""
    monkeypatch.setattr("apps.orders.services.order_mail_contents.invoice_pdf", lambda _: b"%PDF")


def attempt_of(order: Order) -> PaymentAttempt:
    return PaymentAttempt.objects.filter(payment__reference=order.id).latest("number")


class TestAtOnce:
    def test_webhook_page_and_sweep_have_one_effect(
        self, listing: Listing, clock: StripeTime, settings: Settings, tmp_path: Path
    ) -> None:
        """Nine processes learn of a payment, and deliver what follows."""
        settings.EMAIL_BACKEND, settings.EMAIL_FILE_PATH = "django.core.mail.backends.filebased.EmailBackend", tmp_path
        coupon("HALF", percent_bps=5_000)
        order = place(cart_of((listing, 2), coupon="HALF"), total_cents=10_000)
        assert order_payment_address(order_id=order.id, now=clock.now)
        attempt = attempt_of(order)
        clock.local_stripe.pay(attempt.session_id)
        (event,) = clock.local_stripe.events(attempt.session_id)
        clock.forward(6)
        now = clock.now

        def webhook() -> None:
            assert post_event(Client(), event).status_code == 200
            event_handle(event_id=StripeEvent.objects.get().id, now=now)
            delivered(now + timedelta(minutes=1))

        def page() -> None:
            assert Client().get(f"/payment/completed/?payment={attempt.payment_id}").status_code == 200
            delivered(now + timedelta(minutes=1))

        def sweep() -> None:
            payments_sweep(now=now)
            delivered(now + timedelta(minutes=1))

        in_processes([webhook, page, sweep] * 3)
        delivered(now + timedelta(minutes=10))
        order.refresh_from_db()
        assert (order.status, order.paid_cents, statuses(listing)) == ("paid", 10_000, "listed ssaa")
        assert Sale.objects.count() == 2
        assert CouponUse.objects.get().state == "confirmed"
        assert Invoice.objects.count() == OrderMail.objects.count() == 1
        to_the_buyer = [path for path in tmp_path.iterdir() if order.email in path.read_text()]
        assert len(to_the_buyer) == 1
        assert not Refund.objects.exists()

    def settled_twice(self, listing: Listing, local_stripe: LocalStripe) -> Order:
        order = ordered(listing)
        pay(local_stripe, order)
        settle = partial(order_settle, order_id=order.id, paid_cents=20_000, now=Payment.objects.get().moved_at)
        results = at_once(settle, settle)
        assert results == [None, None]
        return Order.objects.get()

    def test_settled_twice_it_is_sold_once(self, listing: Listing, local_stripe: LocalStripe) -> None:
        assert self.settled_twice(listing, local_stripe).status == "paid"
        assert not Refund.objects.exists()

    def test_would_be_sold_and_refunded_without_the_lock(
        self, listing: Listing, local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The second one finds the hold over, and takes the seats for gone."""
        barrier = threading.Barrier(2)

        def unlocked(order_id: UUID) -> tuple[Order, list[OrderLine]]:
            order = Order.objects.select_related("payment").get(id=order_id)
            lines = list(OrderLine.objects.filter(order=order_id).select_related("hold"))
            barrier.wait(PATIENCE_SECONDS)
            return order, lines

        monkeypatch.setattr(settlement, "order_locked", unlocked)
        self.settled_twice(listing, local_stripe)
        assert Sale.objects.count() == 2
        assert Refund.objects.get().amount_cents == 20_000


class Hour:
    """An hour in which no event arrives, and what became of seven orders in it."""

    def __init__(self, clock: StripeTime, *, sweeps: bool) -> None:
        self.clock, self.stripe, self.sweeps, self.numbers = clock, clock.local_stripe, sweeps, count()
        self.before = next((one.id for one in self.stripe.client.v1.events.list({"limit": 1}).data), "")
        self.expected: dict[UUID, tuple[str, int, str]] = {}
        early, late, failed, disputed, by_hand, cancelled, never = (self.opened() for _ in range(7))
        self.paid(early, "paid")
        self.paid(disputed, "disputed", card="4000000000000259")
        self.paid(by_hand, "partly_refunded", refunded=700)
        intent = self.stripe.session(attempt_of(by_hand).session_id).payment_intent.id
        self.stripe.client.v1.refunds.create({"payment_intent": intent, "amount": 700})
        self.forward(20)
        assert self.stripe.act("pay", session=attempt_of(failed).session_id, number="4000000000000002")["declined"]
        order_cancel(order_id=cancelled.id, now=clock.now)
        self.expected[cancelled.id] = ("cancelled", 0, "listed aaaa")
        self.forward(15)
        self.paid(late, "paid")
        self.forward(26)
        for order in (failed, never):
            self.expected[order.id] = ("expired", 0, "listed aaaa")

    def opened(self) -> Order:
        order = ordered(on_sale(), now=self.clock.now, email=f"fan{next(self.numbers)}@example.com")
        assert order_payment_address(order_id=order.id, now=self.clock.now)
        return order

    def paid(self, order: Order, status: str, *, refunded: int = 0, card: str = "4242424242424242") -> None:
        self.stripe.pay(attempt_of(order).session_id, card)
        self.expected[order.id] = (status, refunded, "listed ssaa")

    def forward(self, minutes: int) -> None:
        """Beat goes on; without its sweep if Stripe does not answer either."""
        self.clock.forward(minutes)
        holds_expire(now=self.clock.now)
        if self.sweeps:
            payments_sweep(now=self.clock.now)
            delivered(self.clock.now)

    def events(self, dice: random.Random) -> list[dict[str, Any]]:
        """Return all that Stripe has to tell in a random order, a third of it twice."""
        listed = self.stripe.client.v1.events.list({"limit": 100}).auto_paging_iter()
        found = [one.to_dict() for one in takewhile(lambda one: one.id != self.before, listed)]
        found += dice.sample(found, len(found) // 3)
        dice.shuffle(found)
        return found

    def facts(self) -> dict[UUID, tuple[str, int, str]]:
        return {
            order.id: (order.status, order.refunded_cents, statuses(order.lines.get().listing))
            for order in Order.objects.all()
        }


@pytest.mark.parametrize("sweeps", [True, False])
@pytest.mark.parametrize("seed", range(2))
def test_an_hour_of_events_arrives_at_once_in_any_order(seed: int, sweeps: bool, clock: StripeTime) -> None:
    """Each order ends as it would have, whichever event comes first."""
    dice, hour = random.Random(seed), Hour(clock, sweeps=sweeps)
    events = hour.events(dice)

    def receive(share: list[dict[str, Any]]) -> None:
        for event in share:
            assert post_event(Client(), event).status_code == 200
        ids = list(StripeEvent.objects.values_list("id", flat=True))
        for event_id in dice.sample(ids, len(ids)):
            event_handle(event_id=event_id, now=clock.now)
        delivered(clock.now)

    assert at_once(*[partial(receive, events[part::4]) for part in range(4)]) == [None] * 4
    clock.forward(5)
    payments_sweep(now=clock.now)
    delivered(clock.now)
    assert hour.facts() == hour.expected
    assert not Order.objects.filter(status__in=OPEN_ORDER_STATUSES).exists()
    assert not Hold.objects.filter(released_at=None).exists()
    assert not StripeEvent.objects.filter(handled_at=None).exists()
    assert OrderMail.objects.filter(kind="paid").count() == Invoice.objects.filter(kind="invoice").count() == 4
