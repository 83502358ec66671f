"""A payment from checkout to its end, against the local Stripe by the official SDK."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone
from pytest_django import Settings

from apps.common.ids import uuid7
from apps.common.listeners import received
from apps.common.testing.local_stripe import LocalStripe
from apps.notifications.models import OutboxMessage
from apps.payments.enums import PAYMENT_MOVES, AttemptStatus, LineLabel, PaymentStatus
from apps.payments.errors import (
    AmountOutOfRange,
    AttemptStale,
    ParametersChanged,
    PaymentDiffers,
    PaymentNotFound,
    PaymentNotOpen,
    PaymentsOff,
    StripeRefused,
    StripeUnanswered,
)
from apps.payments.models import Payment
from apps.payments.rules import SESSION_LIFE, Payer, PaymentLine, SessionFacts, Verdict, session_verdict
from apps.payments.services.customers import customer_mark
from apps.payments.services.payers import payer_of
from apps.payments.services.payments import payment_cancel, payment_open
from apps.payments.services.settling import payment_settle
from apps.payments.testing.stories import CREATE, EMAIL, LINES, NAME, TOTAL_CENTS, begun, begun_again, opened, paid

pytestmark = pytest.mark.django_db


def news() -> list[tuple[str, dict[str, Any]]]:
    """Return what was reported, without the listeners' names."""
    found = OutboxMessage.objects.exclude(topic="slack").order_by("id").values_list("topic", "payload")
    return [(topic.partition(":")[0], payload) for topic, payload in found]


class TestOpen:
    def test_sends_exactly_what_the_session_needs(self, local_stripe: LocalStripe, settings: Settings) -> None:
        """S0-05, S0-06, S4-17, S4-31: constant labels, ids in addresses, names in the metadata of both."""
        payment = begun()
        address = payment_open(payment_id=payment.id, now=timezone.now())
        attempt = payment.attempts.get()
        session = local_stripe.session(attempt.session_id)
        assert (address, session.payment_method_types) == (session.url, ["card"])
        (call,) = local_stripe.calls(CREATE)
        sent = call["parameters"]
        site, ids = settings.SITE_URL, {"payment_id": str(payment.id), "attempt_id": str(attempt.id)}
        metadata = {**ids, "purpose": "order", "reference": str(payment.reference)}
        metadata |= {"customer_name": NAME, "customer_email": EMAIL}
        assert sent.pop("expand")
        lines = [(line["quantity"], line["price_data"]) for line in sent.pop("line_items").values()]
        assert sent == {
            "ui_mode": "hosted_page",
            "mode": "payment",
            "customer_creation": "always",
            "allowed_payment_method_types": {"0": "card"},
            "adaptive_pricing": {"enabled": "false"},
            "client_reference_id": str(payment.reference),
            "customer_email": EMAIL,
            "expires_at": str(int(attempt.expires_at.timestamp())),
            "success_url": f"{site}/payment/completed/?payment={payment.id}",
            "cancel_url": f"{site}/payment/canceled/?payment={payment.id}",
            "metadata": metadata,
            "payment_intent_data": {"metadata": metadata},
        }
        assert lines == [
            ("2", {"currency": "usd", "unit_amount": "10000", "product_data": {"name": "Tickets"}}),
            ("2", {"currency": "usd", "unit_amount": "500", "product_data": {"name": "Fees"}}),
        ]
        assert timedelta(minutes=31) < attempt.expires_at - timezone.now() <= SESSION_LIFE

    def test_leads_to_the_same_page_again(self, local_stripe: LocalStripe) -> None:
        attempt = opened()
        assert payment_open(payment_id=attempt.payment_id, now=timezone.now()).startswith(local_stripe.url)
        assert len(local_stripe.calls(CREATE)) == 1

    def test_refuses_a_transaction(self, local_stripe: LocalStripe) -> None:
        payment = begun()
        with pytest.raises(RuntimeError), transaction.atomic():
            payment_open(payment_id=payment.id, now=timezone.now())
        assert local_stripe.calls(CREATE) == []

    def test_sends_nothing_that_differs_from_what_was_committed(self, local_stripe: LocalStripe) -> None:
        payment = begun()
        payer_of.fill(lambda *, purpose, reference: Payer(NAME, "another@example.com"))
        with pytest.raises(ParametersChanged):
            payment_open(payment_id=payment.id, now=timezone.now())
        assert local_stripe.calls(CREATE) == []

    def test_gives_up_an_attempt_that_stripe_refuses(self, local_stripe: LocalStripe) -> None:
        """The next one has another key, since Stripe repeats its answer."""
        payer_of.fill(lambda *, purpose, reference: Payer(NAME, "no address"))
        payment = begun()
        with pytest.raises(StripeRefused, match="email_invalid") as refused:
            payment_open(payment_id=payment.id, now=timezone.now())
        assert "no address" not in str(refused.value)
        assert refused.value.__cause__ is None
        attempt = payment.attempts.get()
        assert (attempt.status, attempt.error_code) == (AttemptStatus.ABANDONED, "email_invalid")
        with pytest.raises(AttemptStale):
            payment_open(payment_id=payment.id, now=timezone.now())
        payer_of.fill(lambda *, purpose, reference: Payer(NAME, EMAIL))
        again = begun_again(payment.reference)
        assert again == payment
        assert payment_open(payment_id=payment.id, now=timezone.now())
        assert [one.number for one in payment.attempts.all()] == [1, 2]

    def test_sends_the_same_call_again_after_no_answer(self, local_stripe: LocalStripe) -> None:
        """The first one was carried out, and its answer lost."""
        payment = begun()
        local_stripe.fault("lose_answer", CREATE, times=2)
        with pytest.raises(StripeUnanswered):
            payment_open(payment_id=payment.id, now=timezone.now())
        assert payment.attempts.get().session_id == ""
        assert payment_open(payment_id=payment.id, now=timezone.now())
        calls = local_stripe.calls(CREATE)
        assert len({call["idempotency_key"] for call in calls}) == 1
        assert calls[-1]["replayed"]
        assert len(local_stripe.events(payment.attempts.get().session_id)) == 0

    def test_is_too_late_for_a_call_that_stripe_would_refuse(self, local_stripe: LocalStripe) -> None:
        payment = begun(now=timezone.now() - timedelta(minutes=6))
        with pytest.raises(AttemptStale):
            payment_open(payment_id=payment.id, now=timezone.now())
        begun_again(payment.reference)
        assert payment_open(payment_id=payment.id, now=timezone.now())
        statuses = payment.attempts.values_list("status", flat=True)
        assert list(statuses) == [AttemptStatus.ABANDONED, AttemptStatus.OPEN]

    def test_expires_the_session_when_the_payment_moved_on(
        self, local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The buyer cancels while Stripe makes the session: no address is given out, and it cannot be paid."""
        from apps.payments.services import payments

        payment, create = begun(), payments.session_create

        def slow(**call: Any) -> SessionFacts:
            session = create(**call)
            assert payment_cancel(payment_id=payment.id, now=timezone.now()) is PaymentStatus.CANCELLED
            return session

        monkeypatch.setattr(payments, "session_create", slow)
        with pytest.raises(PaymentNotOpen):
            payment_open(payment_id=payment.id, now=timezone.now())
        attempt = payment.attempts.get()
        assert attempt.status == AttemptStatus.ABANDONED
        assert local_stripe.session(attempt.session_id).status == "expired"

    def test_is_off_without_a_key(self, settings: Settings) -> None:
        settings.STRIPE_SECRET_KEY = ""
        with pytest.raises(PaymentsOff, match="no Stripe key"):
            begun()
        with pytest.raises(PaymentNotFound):
            payment_open(payment_id=uuid7(), now=timezone.now())


class TestBegin:
    @pytest.mark.parametrize("cents", [49, 100_000_000])
    def test_refuses_what_stripe_would(self, local_stripe: LocalStripe, cents: int) -> None:
        with pytest.raises(AmountOutOfRange):
            begun((PaymentLine(LineLabel.TICKETS, cents),))

    def test_refuses_another_amount(self, local_stripe: LocalStripe) -> None:
        payment = begun()
        with pytest.raises(PaymentDiffers):
            begun_again(payment.reference, LINES[:1])

    def test_the_database_keeps_the_terms(self, local_stripe: LocalStripe) -> None:
        payment = begun()
        with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
            Payment.objects.filter(id=payment.id).update(amount_cents=1_000)
        for wrong in ({"status": "paid"}, {"paid_cents": 5}, {"refunded_cents": 1}, {"status": "odd"}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Payment.objects.filter(id=payment.id).update(**wrong)


class TestSettle:
    def test_reports_a_payment_once(self, local_stripe: LocalStripe) -> None:
        """S4-21, P-20: however often it is asked."""
        payment = paid(local_stripe)
        assert (payment.status, payment.paid_cents) == (PaymentStatus.PAID, TOTAL_CENTS)
        attempt = payment.attempts.get()
        assert attempt.status == AttemptStatus.COMPLETE
        assert attempt.payment_intent_id[:3] == "pi_"
        assert attempt.charge_id[:3] == "ch_"
        assert attempt.customer_id[:4] == "cus_"
        local_stripe.reset()
        assert payment_settle(payment_id=payment.id, now=timezone.now()) is PaymentStatus.PAID
        assert local_stripe.calls(f"{CREATE}/{attempt.session_id}", "GET") == []
        about = {"payment_id": str(payment.id), "purpose": "order", "reference": str(payment.reference)}
        assert news() == [("payment.succeeded", {**about, "paid_cents": TOTAL_CENTS, "currency": "usd"})]

    def test_an_unpaid_session_grants_nothing(self, local_stripe: LocalStripe) -> None:
        """S4-21, P-21."""
        attempt = opened()
        assert payment_settle(payment_id=attempt.payment_id, now=timezone.now()) is PaymentStatus.PENDING
        assert news() == []

    def test_follows_a_session_that_expired(self, local_stripe: LocalStripe) -> None:
        attempt = opened()
        local_stripe.act("expire", session=attempt.session_id)
        assert payment_settle(payment_id=attempt.payment_id, now=timezone.now()) is PaymentStatus.EXPIRED
        with pytest.raises(PaymentNotOpen, match="expired"):
            payment_open(payment_id=attempt.payment_id, now=timezone.now())
        assert [topic for topic, _ in news()] == ["payment.expired"]

    def test_money_that_comes_late_is_money(self, local_stripe: LocalStripe) -> None:
        """The payment was given up while the buyer paid: the owner of its purpose learns that it is late."""
        attempt = opened()
        local_stripe.pay(attempt.session_id)
        Payment.objects.filter(id=attempt.payment_id).update(status=PaymentStatus.EXPIRED)
        assert payment_settle(payment_id=attempt.payment_id, now=timezone.now()) is PaymentStatus.PAID
        ((topic, payload),) = news()
        assert (topic, payload["is_late"]) == ("payment.succeeded", True)

    def test_a_payment_that_was_never_sent_ends(self, local_stripe: LocalStripe) -> None:
        payment = begun()
        later = timezone.now() + SESSION_LIFE + timedelta(minutes=6)
        assert payment_settle(payment_id=payment.id, now=timezone.now()) is PaymentStatus.PENDING
        assert payment_settle(payment_id=payment.id, now=later) is PaymentStatus.EXPIRED

    @pytest.mark.parametrize(
        ("status", "payment_status", "intent", "verdict"),
        [
            ("open", "unpaid", "", Verdict.OPEN),
            ("complete", "unpaid", "processing", Verdict.PROCESSING),
            ("complete", "unpaid", "requires_payment_method", Verdict.FAILED),
            ("complete", "odd", "", Verdict.PROCESSING),
            ("complete", "paid", "succeeded", Verdict.PAID),
            ("expired", "unpaid", "", Verdict.EXPIRED),
            ("odd", "paid", "succeeded", Verdict.OPEN),
        ],
    )
    def test_unknown_states_grant_nothing(
        self, status: str, payment_status: str, intent: str, verdict: Verdict
    ) -> None:
        """P-21."""
        session = SessionFacts("cs", status, payment_status, 1, "usd", "", "", "", intent_status=intent)
        assert session_verdict(session) is verdict

    def test_only_money_leads_to_paid(self) -> None:
        """Nothing leads out of what took money."""
        taken = {PaymentStatus.PAID, PaymentStatus.RETURNED}
        assert not any(move.sources & taken for move in PAYMENT_MOVES.values())


class TestCancel:
    def test_expires_the_session_first(self, local_stripe: LocalStripe) -> None:
        attempt = opened()
        assert payment_cancel(payment_id=attempt.payment_id, now=timezone.now()) is PaymentStatus.CANCELLED
        assert local_stripe.session(attempt.session_id).status == "expired"
        assert [topic for topic, _ in news()] == ["payment.cancelled"]

    def test_settles_when_the_buyer_was_faster(self, local_stripe: LocalStripe) -> None:
        attempt = opened()
        local_stripe.pay(attempt.session_id)
        assert payment_cancel(payment_id=attempt.payment_id, now=timezone.now()) is PaymentStatus.PAID
        with pytest.raises(PaymentNotOpen, match="paid"):
            payment_cancel(payment_id=attempt.payment_id, now=timezone.now())

    def test_keeps_the_payment_when_stripe_does_not_answer(self, local_stripe: LocalStripe) -> None:
        attempt = opened()
        local_stripe.fault("error_503", times=2)
        with pytest.raises(Exception, match="Stripe"):
            payment_cancel(payment_id=attempt.payment_id, now=timezone.now())
        assert Payment.objects.get().status == PaymentStatus.PENDING


def test_the_customer_gets_our_metadata_and_not_what_was_typed(local_stripe: LocalStripe) -> None:
    """S0-06, S0-08, S0-09."""
    payment = paid(local_stripe)
    customer_mark(message=received(OutboxMessage.objects.get(topic="payment.succeeded:customer")), now=timezone.now())
    customer = local_stripe.client.v1.customers.retrieve(payment.attempts.get().customer_id)
    assert (customer.name, customer.email) == (NAME, EMAIL)
    assert customer.metadata.to_dict() == {
        "customer_name": NAME,
        "customer_email": EMAIL,
        "payment_id": str(payment.id),
        "order_paid": str(payment.reference),
    }
