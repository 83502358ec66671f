"""Invariants of payments and orders: planted damage is found with its ids, sound data is not."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from apps.common.ids import uuid7
from apps.common.testing.acts import act_of
from apps.common.testing.local_stripe import LocalStripe
from apps.listings.services.lifecycle.holding import holds_release
from apps.listings.testing.stories import on_sale
from apps.monitoring.selectors.invariants import Found
from apps.monitoring.tests.test_invariants import find, ids
from apps.orders.models import Order, Sale
from apps.orders.testing.stories import delivered, ordered, paid_order, pay
from apps.payments.models import MoneyIncident, Payment, PaymentAttempt, Refund, StripeEvent

pytestmark = pytest.mark.django_db


class TestPayments:
    def payment(self, now: datetime, **fields: Any) -> Payment:
        terms = {"amount_cents": 500, "currency": "usd", "is_live": False, "moved_at": now, "checked_at": now}
        return Payment.objects.create(purpose="order", reference=uuid7(), **(terms | fields))

    def test_are_found_open_without_a_session(self) -> None:
        now = timezone.now()
        late, frozen = self.payment(now), self.payment(now, frozen_until=now)
        self.payment(now, status="expired")
        for payment, minutes in ((late, 61), (self.payment(now), 59), (frozen, 61)):
            ended = now - timedelta(minutes=minutes)
            PaymentAttempt.objects.create(payment=payment, number=1, parameters={}, expires_at=ended)
        assert find("payments_end", now) == Found(1, ids(late))

    def test_are_found_with_other_refunds_than_they_say(self) -> None:
        now = timezone.now()
        taken = {"status": "paid", "paid_at": now, "paid_cents": 500}
        wrong, right = self.payment(now, **taken, refunded_cents=200), self.payment(now, **taken, refunded_cents=200)
        for payment, status in ((wrong, "failed"), (right, "balance_insufficient")):
            refund = {"amount_cents": 200, "reason": "duplicate", "requested_at": now, "checked_at": now}
            Refund.objects.create(payment=payment, status=status, **refund)
        assert find("refunds_within_payments", now) == Found(1, ids(wrong))

    def test_are_found_with_an_event_or_an_incident_that_waits(self) -> None:
        now, payment = timezone.now(), self.payment(timezone.now())
        for minutes, handled_at in ((16, None), (16, now), (14, None)):
            received_at = now - timedelta(minutes=minutes)
            StripeEvent.objects.create(
                event_id=str(uuid7()), is_live=False, made_at=now, received_at=received_at, handled_at=handled_at
            )
        late = StripeEvent.objects.order_by("received_at", "id").exclude(handled_at=now)[:1]
        assert find("stripe_events_handled", now) == Found(1, ids(*late))
        for kind, decided in (("amount", {}), ("currency", {"decided_at": now, "decision_reason": "Checked"})):
            state = "dismissed" if decided else "open"
            incident = {"expected": {}, "found": {}, "found_cents": 1, "opened_at": now, "state": state, **decided}
            MoneyIncident.objects.create(payment=payment, kind=kind, **incident)
        assert find("money_incidents_decided", now) == Found(1, ids(MoneyIncident.objects.get(kind="amount")))


def later() -> datetime:
    return timezone.now() + timedelta(minutes=61)


class TestOrders:
    def test_are_found_without_all_their_sales(self, local_stripe: LocalStripe) -> None:
        order, other, now = paid_order(local_stripe, on_sale()), self.unpaid_again(local_stripe), later()
        assert find("paid_orders_have_sales", now) == Found(1, ids(other))
        with unguarded():
            Sale.objects.filter(batch_id=order.lines.get().batch_id).order_by("id")[:1].get().delete()
        assert find("paid_orders_have_sales", now).count == 2

    def unpaid_again(self, local_stripe: LocalStripe) -> Order:
        """Return an order that has seats and no money."""
        order = paid_order(local_stripe, on_sale(), email="fan@example.com")
        Order.objects.filter(id=order.id).update(status="expired", paid_at=None, ended_at=timezone.now())
        return order

    def test_without_seats_are_over(self, local_stripe: LocalStripe) -> None:
        """The money came when the seats were gone, and goes back."""
        order = ordered(on_sale())
        holds_release(hold_ids=[order.lines.get().hold_id], act=act_of())
        ordered(order.lines.get().listing, 4, email="fan@example.com")
        pay(local_stripe, order)
        delivered()
        order.refresh_from_db()
        assert (order.status, order.ended_at is None) == ("refunded", False)
        assert find("paid_orders_have_sales", later()) == Found()

    def test_are_found_that_nobody_told_of_their_payment(self, local_stripe: LocalStripe) -> None:
        order = ordered(on_sale())
        pay(local_stripe, order)
        assert find("orders_follow_payments", timezone.now() + timedelta(minutes=59)) == Found()
        assert find("orders_follow_payments", later()) == Found(1, ids(order))
        delivered()
        assert find("orders_follow_payments", later()) == Found()


@contextmanager
def unguarded() -> Iterator[None]:
    """Past triggers and constraints."""
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        yield
        cursor.execute("SET session_replication_role = DEFAULT")
