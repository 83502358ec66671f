"""Several at once, and processes that die between commit and call, with real transactions."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from apps.common.testing.local_stripe import LocalStripe, post_event
from apps.common.testing.threads import at_once
from apps.notifications.models import OutboxMessage
from apps.payments.enums import AttemptStatus, PaymentStatus
from apps.payments.errors import RefundTooMuch, StripeUnanswered
from apps.payments.gateways.sessions import session_create
from apps.payments.models import Dispute, MoneyIncident, Payment, PaymentAttempt, Refund, StripeEvent
from apps.payments.rules import SESSION_LIFE, DisputeFacts
from apps.payments.services import payments, refunds, stripe_news
from apps.payments.services.inbox import event_handle
from apps.payments.services.payments import payment_cancel, payment_open
from apps.payments.services.refunds import refund_send
from apps.payments.services.settling import payment_settle
from apps.payments.services.sweep import payments_sweep
from apps.payments.testing.stories import begun, opened, paid, requested

pytestmark = pytest.mark.django_db(transaction=True)


class Died(BaseException):
    """The process is gone: no handler of ours sees it."""


def topics() -> list[str]:
    return list(OutboxMessage.objects.order_by("id").values_list("topic", flat=True))


class TestAtOnce:
    def test_webhook_page_and_sweep_settle_once(self, local_stripe: LocalStripe, client: Client) -> None:
        """P-22, S0-14: sixteen threads, one effect."""
        attempt = opened()
        local_stripe.pay(attempt.session_id)
        (event,) = local_stripe.events(attempt.session_id)
        post_event(client, event)
        stored, now = StripeEvent.objects.get().id, timezone.now()
        page = partial(payment_settle, payment_id=attempt.payment_id, now=now)
        worker = partial(event_handle, event_id=stored, now=now)
        sweep = partial(payments_sweep, now=now + timedelta(minutes=6))
        results = at_once(*[page] * 8, *[worker] * 4, *[sweep] * 4)
        assert not [result for result in results if isinstance(result, Exception)]
        assert topics() == ["payment.succeeded:customer"]
        assert Payment.objects.get().status == PaymentStatus.PAID

    def test_one_event_eight_times(self, local_stripe: LocalStripe) -> None:
        attempt = opened()
        (event,) = [{**one, "id": "evt_once"} for one in self.expired(local_stripe, attempt)]
        answers = at_once(*[partial(self.post, event)] * 8)
        assert answers == [200] * 8
        assert StripeEvent.objects.count() == 1

    @staticmethod
    def expired(local_stripe: LocalStripe, attempt: PaymentAttempt) -> list[dict[str, Any]]:
        local_stripe.act("expire", session=attempt.session_id)
        return local_stripe.events(attempt.session_id)

    @staticmethod
    def post(event: dict[str, Any]) -> int:
        return post_event(Client(), event).status_code

    def test_opened_twice_it_is_one_session(self, local_stripe: LocalStripe) -> None:
        payment = begun()
        answers = at_once(*[partial(payment_open, payment_id=payment.id, now=timezone.now())] * 4)
        # Stripe refuses a key that is in use; without the SDK's pause the second try may come too early.
        addresses = [answer for answer in answers if not isinstance(answer, StripeUnanswered)]
        assert len(set(addresses)) == 1, answers
        assert payment.attempts.get().status == AttemptStatus.OPEN

    def test_a_session_opened_while_the_buyer_cancels_is_expired_too(
        self, local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Otherwise its attempt would be over for us, and its page would still take money."""
        payment, payable = begun(), payments._payable

        def slow(payment_id: Any) -> Any:
            found = payable(payment_id)
            monkeypatch.setattr(payments, "_payable", payable)
            payment_open(payment_id=payment_id, now=timezone.now())
            return found

        monkeypatch.setattr(payments, "_payable", slow)
        assert payment_cancel(payment_id=payment.id, now=timezone.now()) is PaymentStatus.CANCELLED
        session = local_stripe.client.v1.checkout.sessions.retrieve(payment.attempts.get().session_id)
        assert session.status == "expired"

    def test_an_older_state_of_a_dispute_does_not_win(
        self, local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Two events at once: what was read first is written last."""
        payment = paid(local_stripe, number="4000000000000259")
        intent = payment.attempts.get().payment_intent_id
        (dispute,) = local_stripe.client.v1.disputes.list({"payment_intent": intent}).data
        stripe_news.dispute_follow(dispute.id, now=timezone.now())
        read = stripe_news.dispute_read

        def slow(stripe_dispute_id: str) -> DisputeFacts:
            facts = read(stripe_dispute_id)
            monkeypatch.setattr(stripe_news, "dispute_read", read)
            local_stripe.act("decide", dispute=stripe_dispute_id, won=True)
            stripe_news.dispute_follow(stripe_dispute_id, now=timezone.now())
            return facts

        monkeypatch.setattr(stripe_news, "dispute_read", slow)
        stripe_news.dispute_follow(dispute.id, now=timezone.now())
        assert Dispute.objects.get().status == "won"

    def test_an_incident_is_opened_once(self, local_stripe: LocalStripe) -> None:
        attempt = opened()
        local_stripe.pay(attempt.session_id)
        with connection.cursor() as cursor:  # past the trigger: what was agreed is not what was sent
            cursor.execute("SET session_replication_role = replica")
            cursor.execute("UPDATE payments_payment SET amount_cents = 20000")
            cursor.execute("SET session_replication_role = DEFAULT")
        at_once(*[partial(payment_settle, payment_id=attempt.payment_id, now=timezone.now())] * 8)
        assert MoneyIncident.objects.get().kind == "amount"
        assert sorted(topics()) == ["payment.money_incident_opened", "slack"]

    def test_refunds_share_what_is_left(self, local_stripe: LocalStripe) -> None:
        """Eight of a third each: three fit."""
        payment = paid(local_stripe)
        results = at_once(*[partial(requested, payment, 7_000)] * 8)
        assert sum(isinstance(result, Refund) for result in results) == 3
        assert sum(isinstance(result, RefundTooMuch) for result in results) == 5

    def test_one_refund_is_sent_once(self, local_stripe: LocalStripe) -> None:
        payment = paid(local_stripe)
        refund = requested(payment, 7_000)
        at_once(*[partial(refund_send, refund_id=refund.id, now=timezone.now())] * 6)
        intent = payment.attempts.get().payment_intent_id
        assert len(local_stripe.client.v1.refunds.list({"payment_intent": intent}).data) == 1


class TestDeath:
    def test_between_commit_and_call(self, local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch) -> None:
        """Nobody has the address: the sweep ends the payment, and nothing is held for good."""
        payment = begun()
        self.die(monkeypatch, before=True)
        with pytest.raises(Died):
            payment_open(payment_id=payment.id, now=timezone.now())
        payments_sweep(now=timezone.now() + SESSION_LIFE + timedelta(minutes=6))
        assert topics() == ["payment.expired"]
        assert payment.attempts.get().status == AttemptStatus.ABANDONED

    def test_between_answer_and_commit(
        self, local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch, client: Client
    ) -> None:
        """The buyer comes back: the same call under the same key leads to the session that was made."""
        payment = begun()
        self.die(monkeypatch, before=False)
        with pytest.raises(Died):
            payment_open(payment_id=payment.id, now=timezone.now())
        assert payment.attempts.get().session_id == ""
        monkeypatch.undo()
        monkeypatch.setattr("stripe.HTTPClient.INITIAL_DELAY", 0)
        assert payment_open(payment_id=payment.id, now=timezone.now())
        assert len(local_stripe.calls("/v1/checkout/sessions")) == 2
        assert local_stripe.calls("/v1/checkout/sessions")[1]["replayed"]

    def test_of_a_cancellation_after_stripe_expired_the_session(
        self, local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        attempt, expire = opened(), payments.session_expire

        def dying(session_id: str) -> bool:
            expire(session_id)
            raise Died

        monkeypatch.setattr(payments, "session_expire", dying)
        with pytest.raises(Died):
            payment_cancel(payment_id=attempt.payment_id, now=timezone.now())
        assert Payment.objects.get().status == PaymentStatus.PENDING
        payments_sweep(now=timezone.now() + timedelta(minutes=6))
        assert topics() == ["payment.expired"]

    def test_of_a_refund_between_answer_and_commit(
        self, local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment, create = paid(local_stripe), refunds.refund_create
        refund = requested(payment, 5_000)

        def dying(**call: Any) -> None:
            create(**call)
            raise Died

        monkeypatch.setattr(refunds, "refund_create", dying)
        with pytest.raises(Died):
            refund_send(refund_id=refund.id, now=timezone.now())
        monkeypatch.setattr(refunds, "refund_create", create)
        payments_sweep(now=timezone.now() + timedelta(minutes=16))
        refund.refresh_from_db()
        assert refund.status == "succeeded"
        intent = payment.attempts.get().payment_intent_id
        assert len(local_stripe.client.v1.refunds.list({"payment_intent": intent}).data) == 1

    def test_of_a_worker_in_the_middle_of_an_event(
        self, local_stripe: LocalStripe, client: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        attempt = opened()
        local_stripe.pay(attempt.session_id)
        post_event(client, local_stripe.events(attempt.session_id)[0])
        stored, now = StripeEvent.objects.get().id, timezone.now()

        def dying(**settled: Any) -> None:
            payment_settle(**settled)
            raise Died

        monkeypatch.setattr(stripe_news, "payment_settle", dying)
        with pytest.raises(Died):
            event_handle(event_id=stored, now=now)
        monkeypatch.setattr(stripe_news, "payment_settle", payment_settle)
        assert event_handle(event_id=stored, now=now) == "", "somebody has it"
        assert payments_sweep(now=now + timedelta(minutes=3)) == 1
        assert StripeEvent.objects.get().outcome == "handled"
        assert topics() == ["payment.succeeded:customer"]

    @staticmethod
    def die(monkeypatch: pytest.MonkeyPatch, *, before: bool) -> None:
        def dying(**call: Any) -> None:
            if not before:
                session_create(**call)
            raise Died

        monkeypatch.setattr(payments, "session_create", dying)
