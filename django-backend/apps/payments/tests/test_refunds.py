"""Refunds, disputes and warnings, by the local Stripe's own books."""

from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, settings, strategies
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from apps.common.ids import uuid7
from apps.common.testing.local_stripe import LocalStripe, post_event
from apps.payments.enums import COUNTED_REFUND_STATUSES, PaymentStatus, RefundReason, RefundStatus
from apps.payments.errors import NothingPaid, RefundNotFailed, RefundTooMuch, StripeBroken, StripeUnanswered
from apps.payments.models import Dispute, MoneyIncident, Payment, Refund
from apps.payments.services.refunds import refund_request, refund_retry, refund_send
from apps.payments.services.stripe_news import dispute_follow, fraud_warning_follow, refund_follow
from apps.payments.services.sweep import payments_sweep
from apps.payments.testing.stories import LINES, TOTAL_CENTS, opened, paid, requested
from apps.payments.tests.test_checkout import news
from apps.payments.tests.test_webhook import handled

pytestmark = pytest.mark.django_db
REFUNDS = "/v1/refunds"
PENDING, FAILING, DISPUTED, WARNED = "4000000000007726", "4000000000005126", "4000000000000259", "4000000000005423"


def send(refund: Refund) -> RefundStatus:
    return refund_send(refund_id=refund.id, now=timezone.now())


def at_stripe(local_stripe: LocalStripe, payment: Payment) -> list[Any]:
    intent = payment.attempts.get().payment_intent_id
    return list(local_stripe.client.v1.refunds.list({"payment_intent": intent}).data)


class TestRefund:
    def test_gives_back_a_part_and_the_rest(self, local_stripe: LocalStripe) -> None:
        payment = paid(local_stripe)
        first = requested(payment, 5_000)
        with pytest.raises(RefundTooMuch, match=r"160\.00"):
            requested(payment, TOTAL_CENTS - 4_999)
        assert send(first) is RefundStatus.SUCCEEDED
        rest = requested(payment, TOTAL_CENTS - 5_000)
        assert send(rest) is send(rest) is RefundStatus.SUCCEEDED
        assert [refund.amount for refund in at_stripe(local_stripe, payment)] == [TOTAL_CENTS - 5_000, 5_000]
        payment.refresh_from_db()
        assert payment.refunded_cents == payment.paid_cents == TOTAL_CENTS
        ended = [payload for topic, payload in news() if topic == "payment.refund_ended"]
        assert [(one["refund_id"], one["status"], one["amount_cents"]) for one in ended] == [
            (str(first.id), "succeeded", 5_000),
            (str(rest.id), "succeeded", TOTAL_CENTS - 5_000),
        ]
        assert ended[0]["refund_reference"] == str(first.reference)

    def test_is_one_for_each_reference(self, local_stripe: LocalStripe) -> None:
        refund = requested(paid(local_stripe), 5_000)
        again = refund_request(
            payment_id=refund.payment_id,
            amount_cents=9_000,
            reason=RefundReason.REQUESTED,
            reference=refund.reference or uuid7(),
            now=timezone.now(),
        )
        assert again == refund

    def test_needs_money(self, local_stripe: LocalStripe) -> None:
        with pytest.raises(NothingPaid):
            requested(opened().payment, 100)

    def test_is_made_once_though_no_answer_came(self, local_stripe: LocalStripe) -> None:
        """Both directions: it was made and the answer lost, and it never arrived."""
        payment = paid(local_stripe)
        for kind in ("lose_answer", "drop"):
            refund = requested(payment, 1_000)
            local_stripe.fault(kind, REFUNDS, times=2)
            with pytest.raises(StripeUnanswered):
                send(refund)
            assert send(refund) is RefundStatus.SUCCEEDED
        assert [refund.amount for refund in at_stripe(local_stripe, payment)] == [1_000, 1_000]

    def test_is_made_once_though_stripe_broke(self, local_stripe: LocalStripe) -> None:
        """Stripe repeats a 500 for the key: what took effect is found, what did not gets another key."""
        payment = paid(local_stripe)
        for kind, keys in (("error_500_after", 1), ("error_500", 2)):
            refund = requested(payment, 1_000)
            local_stripe.reset()
            local_stripe.fault(kind, REFUNDS)
            with pytest.raises(StripeBroken):
                send(refund)
            assert send(refund) is RefundStatus.SUCCEEDED
            assert len({call["idempotency_key"] for call in local_stripe.calls(REFUNDS)}) == keys
        assert [refund.amount for refund in at_stripe(local_stripe, payment)] == [1_000, 1_000]

    def test_may_fail_after_it_succeeded_and_be_sent_again(self, local_stripe: LocalStripe, client: Client) -> None:
        payment = paid(local_stripe, number=FAILING)
        refund = requested(payment, TOTAL_CENTS)
        assert send(refund) is RefundStatus.SUCCEEDED
        with pytest.raises(RefundNotFailed):
            refund_retry(refund_id=refund.id, now=timezone.now())
        refund.refresh_from_db()
        local_stripe.act("end-refund", refund=refund.stripe_refund_id, succeeds=False)
        for event in local_stripe.events(refund.stripe_refund_id, "refund.failed"):
            post_event(client, event)
        assert handled() == ["handled"]
        refund.refresh_from_db()
        payment.refresh_from_db()
        assert (refund.status, payment.refunded_cents) == (RefundStatus.FAILED, 0)
        assert refund.failure_code
        assert refund_retry(refund_id=refund.id, now=timezone.now()).attempt == 2
        payment.refresh_from_db()
        assert payment.refunded_cents == TOTAL_CENTS
        assert send(refund) is RefundStatus.SUCCEEDED
        assert len(at_stripe(local_stripe, payment)) == 2

    def test_waits_for_the_bank(self, local_stripe: LocalStripe) -> None:
        refund = requested(paid(local_stripe, number=PENDING), 5_000)
        assert send(refund) is RefundStatus.PENDING
        refund.refresh_from_db()
        local_stripe.act("end-refund", refund=refund.stripe_refund_id, succeeds=True)
        assert payments_sweep(now=timezone.now() + timedelta(minutes=16)) == 1
        refund.refresh_from_db()
        assert refund.status == RefundStatus.SUCCEEDED

    def test_waits_for_balance_and_is_sent_again(
        self, local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from apps.payments.errors import StripeRefused
        from apps.payments.services import refunds

        payment, create = paid(local_stripe), refunds.refund_create

        def empty(**call: Any) -> None:
            raise StripeRefused("balance_insufficient")

        refund = requested(payment, 5_000)
        monkeypatch.setattr(refunds, "refund_create", empty)
        assert send(refund) is RefundStatus.BALANCE_INSUFFICIENT
        payment.refresh_from_db()
        assert payment.refunded_cents == 5_000, "it is still owed"
        monkeypatch.setattr(refunds, "refund_create", create)
        now = timezone.now()
        assert payments_sweep(now=now + timedelta(minutes=59)) == 0
        assert payments_sweep(now=now + timedelta(minutes=61)) == 1
        assert send(refund) is RefundStatus.SUCCEEDED
        assert Refund.objects.get().attempt == 2


class TestDashboard:
    def refund(self, local_stripe: LocalStripe, payment: Payment, cents: int) -> str:
        intent = payment.attempts.get().payment_intent_id
        return str(local_stripe.client.v1.refunds.create({"payment_intent": intent, "amount": cents}).id)

    def test_refunds_made_there_are_noted(self, local_stripe: LocalStripe) -> None:
        payment = paid(local_stripe)
        made = self.refund(local_stripe, payment, 3_000)
        for _ in range(2):
            assert refund_follow(made, now=timezone.now()) == "handled"
        found = Refund.objects.get()
        assert (found.reason, found.status, found.amount_cents) == ("dashboard", "succeeded", 3_000)
        payment.refresh_from_db()
        assert payment.refunded_cents == 3_000
        assert [topic for topic, _ in news()][1:] == ["payment.refund_ended"]

    def test_a_refund_that_may_be_one_of_ours_waits_for_staff(self, local_stripe: LocalStripe) -> None:
        payment = paid(local_stripe)
        requested(payment, 3_000)
        made = self.refund(local_stripe, payment, 3_000)
        for _ in range(2):
            refund_follow(made, now=timezone.now())
        incident = MoneyIncident.objects.get()
        assert (incident.kind, incident.stripe_object_id, incident.found_cents) == ("refund_unmatched", made, 3_000)
        payment.refresh_from_db()
        assert (payment.refunded_cents, payment.frozen_until) == (3_000, None)

    def test_a_refund_before_its_payment_was_settled_settles_it(self, local_stripe: LocalStripe) -> None:
        """Events come in any order: that of the refund was faster than that of the session."""
        attempt = opened()
        local_stripe.pay(attempt.session_id)
        intent = local_stripe.session(attempt.session_id).payment_intent.id
        made = local_stripe.client.v1.refunds.create({"payment_intent": intent, "amount": 3_000})
        refund_follow(made.id, now=timezone.now())
        payment = Payment.objects.get()
        assert (payment.status, payment.paid_cents, payment.refunded_cents) == (PaymentStatus.PAID, TOTAL_CENTS, 3_000)


def test_disputes_are_followed_to_their_end(local_stripe: LocalStripe) -> None:
    payment = paid(local_stripe, number=DISPUTED)
    intent = payment.attempts.get().payment_intent_id
    (opened_,) = local_stripe.client.v1.disputes.list({"payment_intent": intent}).data
    for _ in range(2):
        dispute_follow(opened_.id, now=timezone.now())
    dispute = Dispute.objects.get()
    assert (dispute.status, dispute.amount_cents, dispute.closed_at) == ("needs_response", TOTAL_CENTS, None)
    assert dispute.net_cents < -TOTAL_CENTS, "the fee is taken too"
    assert dispute.due_by is not None
    assert dispute.due_by > timezone.now()
    local_stripe.act("decide", dispute=opened_.id, won=True)
    for _ in range(2):
        dispute_follow(opened_.id, now=timezone.now())
    dispute.refresh_from_db()
    assert dispute.status == "won"
    assert dispute.closed_at
    assert dispute.net_cents > -TOTAL_CENTS
    assert [topic for topic, _ in news()][1:] == ["payment.dispute_opened", "payment.dispute_closed"]


def test_a_warning_of_fraud_is_reported_once(local_stripe: LocalStripe) -> None:
    payment = paid(local_stripe, number=WARNED)
    charge = payment.attempts.get().charge_id
    (warning,) = local_stripe.client.v1.radar.early_fraud_warnings.list({"charge": charge}).data
    for _ in range(2):
        fraud_warning_follow(warning.id, now=timezone.now())
    assert [topic for topic, _ in news()][1:] == ["payment.early_fraud_warning"]


class Refunds(RuleBasedStateMachine):
    """Requests, sends with faults, retries, the dashboard, late failures: cents agree with the books of Stripe."""

    local_stripe: LocalStripe

    @initialize(card=strategies.sampled_from(["4242424242424242", PENDING, FAILING]))
    def begin(self, card: str) -> None:
        self.payment = paid(self.local_stripe, LINES[1:], number=card)
        self.intent = self.payment.attempts.get().payment_intent_id
        self.ids: list[UUID] = []

    @rule(cents=strategies.integers(1, 1_100))
    def request(self, cents: int) -> None:
        self.payment.refresh_from_db()
        try:
            self.ids.append(requested(self.payment, cents).id)
        except RefundTooMuch:
            assert cents > self.payment.paid_cents - self.payment.refunded_cents

    @rule(fault=strategies.sampled_from(["", "error_500_after", "error_500"]), data=strategies.data())
    def send(self, fault: str, data: strategies.DataObject) -> None:
        if not self.ids:
            return
        if fault:
            self.local_stripe.fault(fault, REFUNDS)
        try:
            refund_send(refund_id=data.draw(strategies.sampled_from(self.ids)), now=timezone.now())
        except StripeBroken:
            pass
        finally:
            self.local_stripe.reset()

    @rule(data=strategies.data())
    def retry(self, data: strategies.DataObject) -> None:
        if self.ids:
            with suppress(RefundNotFailed, RefundTooMuch):
                refund_retry(refund_id=data.draw(strategies.sampled_from(self.ids)), now=timezone.now())

    @rule(cents=strategies.integers(1, 600))
    def by_hand(self, cents: int) -> None:
        try:
            made = self.local_stripe.client.v1.refunds.create({"payment_intent": self.intent, "amount": cents})
        except Exception:  # noqa: BLE001 - Stripe has less left
            return
        refund_follow(made.id, now=timezone.now())

    @rule(data=strategies.data(), succeeds=strategies.booleans())
    def end(self, data: strategies.DataObject, succeeds: bool) -> None:
        sent = list(self.payment.refunds.exclude(stripe_refund_id="").order_by("id"))
        if not sent:
            return
        chosen = data.draw(strategies.sampled_from(sent)).stripe_refund_id
        try:
            self.local_stripe.act("end-refund", refund=chosen, succeeds=succeeds)
        except AssertionError:  # it cannot end in this way
            return
        refund_follow(chosen, now=timezone.now())

    @invariant()
    def cents_agree(self) -> None:
        if not hasattr(self, "payment"):
            return
        self.payment.refresh_from_db()
        ours = self.payment.refunds.filter(status__in=COUNTED_REFUND_STATUSES)
        counted = sum(ours.values_list("amount_cents", flat=True))
        assert counted == self.payment.refunded_cents <= self.payment.paid_cents
        made = self.local_stripe.client.v1.refunds.list({"payment_intent": self.intent, "limit": 100}).data
        theirs = sum(refund.amount for refund in made if refund.status not in {"failed", "canceled"})
        incidents = sum(MoneyIncident.objects.filter(payment=self.payment).values_list("found_cents", flat=True))
        assert theirs <= self.payment.paid_cents
        assert theirs <= counted + incidents, "what Stripe gave back is known here"


def test_refunds_never_exceed_the_payment(local_stripe: LocalStripe) -> None:
    Refunds.local_stripe = local_stripe
    run_state_machine_as_test(
        Refunds,
        settings=settings(
            max_examples=12,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
