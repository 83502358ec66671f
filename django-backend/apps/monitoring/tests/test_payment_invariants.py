"""Invariants of payments: planted damage is found with its ids, sound data is not."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.common.ids import uuid7
from apps.monitoring.selectors.invariants import Found
from apps.monitoring.tests.test_invariants import find, ids
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
