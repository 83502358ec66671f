"""The inbox: who may write to it, and what becomes of events."""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
import stripe
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from apps.common.testing.local_stripe import SECRET, WEBHOOK, LocalStripe, post_event
from apps.payments.enums import HANDLED_EVENTS, PaymentStatus
from apps.payments.models import Payment, PaymentAttempt, StripeEvent
from apps.payments.services.inbox import event_handle, events_purge
from apps.payments.services.payments import payment_cancel
from apps.payments.services.sweep import payments_sweep
from apps.payments.testing.stories import opened
from apps.payments.views import MAX_EVENT_BYTES

pytestmark = pytest.mark.django_db


def some_event(**more: Any) -> dict[str, Any]:
    return {
        "id": "evt_1",
        "object": "event",
        "type": "checkout.session.completed",
        "data": {"object": {"id": "cs_1"}},
        "livemode": False,
        "created": int(time.time()),
        "api_version": stripe.api_version,
        **more,
    }


def handled() -> list[str]:
    """Have a worker handle what waits; return the results."""
    waiting = StripeEvent.objects.filter(handled_at=None).order_by("id").values_list("id", flat=True)
    return [event_handle(event_id=event_id, now=timezone.now()) for event_id in list(waiting)]


class TestSignature:
    def test_is_checked_on_the_raw_body(self, client: Client, local_stripe: LocalStripe) -> None:
        """S0-13, S4-20, S4-23, P-14, P-16: none, wrong, altered, old, from the future, not text; nothing is stored."""
        body, now = json.dumps(some_event()), int(time.time())
        sign = stripe.WebhookSignature.generate_signature_header
        wrong = [
            (body, None),
            (body, ""),
            (body, "t=1,v1="),
            (body, sign(body, "whsec_other")),
            (body + " ", sign(body, SECRET)),
            (body, sign(body, SECRET, now - 301)),
            (body, sign(body, SECRET, now + 3_600)),
            (body, "t=x,v1=ü".encode().decode("latin-1")),
            (body.replace("cs_1", "\udcff"), sign(body, SECRET)),
            ("[]", sign("[]", SECRET)),
            (deep := "[" * 100_000, sign(deep, SECRET)),
            *((odd := json.dumps(some_event(id=event_id)), sign(odd, SECRET)) for event_id in ("", "a\0", "\ud800")),
            ("{", sign("{", SECRET)),
        ]
        for sent, signature in wrong:
            headers = {} if signature is None else {"Stripe-Signature": signature}
            raw = sent.encode(errors="surrogateescape")
            answer = client.post(WEBHOOK, raw, "application/json", headers=headers)
            assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "event_refused"), signature
        assert not StripeEvent.objects.exists()
        assert client.get(WEBHOOK).status_code == 405
        assert post_event(Client(enforce_csrf_checks=True), body).status_code == 200

    def test_may_be_made_with_any_of_our_secrets(
        self, client: Client, local_stripe: LocalStripe, settings: Settings
    ) -> None:
        """While they are exchanged there are two; without one nothing is believed."""
        settings.STRIPE_WEBHOOK_SECRETS = [SECRET, "whsec_new"]
        for secret in settings.STRIPE_WEBHOOK_SECRETS:
            assert post_event(client, some_event(id=secret), secret=secret).status_code == 200
        assert StripeEvent.objects.count() == 2
        settings.STRIPE_WEBHOOK_SECRETS = []
        for secret in (SECRET, ""):
            assert post_event(client, some_event(), secret=secret).status_code == 400

    def test_of_the_other_mode_is_refused(self, client: Client, local_stripe: LocalStripe) -> None:
        for mode in (True, None, "false"):
            assert post_event(client, some_event(livemode=mode)).status_code == 400
        assert not StripeEvent.objects.exists()

    def test_is_not_asked_of_what_no_event_is(self, client: Client, local_stripe: LocalStripe) -> None:
        answer = post_event(client, some_event(more="x" * MAX_EVENT_BYTES))
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (413, "event_too_large")

    def test_is_refused_without_a_key(self, client: Client, local_stripe: LocalStripe, settings: Settings) -> None:
        settings.STRIPE_SECRET_KEY = ""
        client.raise_request_exception = False
        answer = post_event(client, some_event())
        assert (answer.status_code, answer.json()["errors"][0]["code"]) == (503, "payments_off")


class TestEvents:
    def test_are_stored_without_what_they_say(
        self, client: Client, local_stripe: LocalStripe, caplog: pytest.LogCaptureFixture
    ) -> None:
        """S0-15, S1-16: neither in the inbox nor in the log."""
        caplog.set_level("DEBUG")
        attempt = opened()
        local_stripe.pay(attempt.session_id)
        (event,) = local_stripe.events(attempt.session_id)
        assert event["data"]["object"]["customer_details"]["email"]
        assert post_event(client, event).status_code == 200
        kept = StripeEvent.objects.values().get()
        del kept["id"], kept["received_at"], kept["made_at"]
        assert kept == {
            "event_id": event["id"],
            "type": "checkout.session.completed",
            "object_id": attempt.session_id,
            "is_live": False,
            "api_version": stripe.api_version,
            "claimed_at": None,
            "attempts": 0,
            "handled_at": None,
            "outcome": "",
        }
        assert handled() == ["handled"]
        assert "@" not in caplog.text
        assert SECRET not in caplog.text

    def test_have_one_effect_however_often_and_in_any_order(self, client: Client, local_stripe: LocalStripe) -> None:
        """S0-07, S0-14, S4-21: the object is fetched, so an old event of another state changes nothing."""
        attempt = opened()
        local_stripe.pay(attempt.session_id)
        (event,) = local_stripe.events(attempt.session_id)
        late = {**event, "id": "evt_late", "type": "checkout.session.expired"}
        for sent in (late, event, event):
            assert post_event(client, sent).status_code == 200
        assert handled() == ["handled", "handled"]
        assert post_event(client, event).status_code == 200
        assert handled() == []
        assert Payment.objects.get().status == PaymentStatus.PAID

    def test_of_other_types_or_objects_are_safe(self, client: Client, local_stripe: LocalStripe) -> None:
        """S0-07, S4-24."""
        assert post_event(client, some_event(type="charge.succeeded")).status_code == 200
        assert post_event(client, some_event(type="x" * 5_000)).status_code == 400
        assert not StripeEvent.objects.exists()
        foreign = local_stripe.client.v1.checkout.sessions.create(
            {
                "mode": "payment",
                "success_url": "https://example.com/",
                "line_items": [
                    {
                        "quantity": 1,
                        "price_data": {"currency": "usd", "unit_amount": 900, "product_data": {"name": "Mug"}},
                    }
                ],
            }
        )
        for number, object_id in enumerate(("cs_missing", foreign.id)):
            post_event(client, some_event(id=f"evt_{number}", data={"object": {"id": object_id}}))
        for number, kind in enumerate(
            ("refund.created", "charge.dispute.created", "radar.early_fraud_warning.created")
        ):
            post_event(client, some_event(id=f"evt_odd_{number}", type=kind, data={"object": {"id": "x_missing"}}))
        assert handled() == ["not ours"] * 5

    def test_find_a_session_whose_id_was_lost(self, client: Client, local_stripe: LocalStripe) -> None:
        """The process died between Stripe's answer and our commit."""
        attempt = opened()
        PaymentAttempt.objects.filter(id=attempt.id).update(session_id="", status="new")
        local_stripe.pay(attempt.session_id)
        (event,) = local_stripe.events(attempt.session_id)
        post_event(client, event)
        assert handled() == ["handled"]
        assert Payment.objects.get().status == PaymentStatus.PAID

    def test_of_a_payment_that_was_cancelled_change_nothing(self, client: Client, local_stripe: LocalStripe) -> None:
        attempt = opened()
        payment_cancel(payment_id=attempt.payment_id, now=timezone.now())
        for event in local_stripe.events(attempt.session_id):
            post_event(client, event)
        assert handled() == ["handled"]
        assert Payment.objects.get().status == PaymentStatus.CANCELLED

    def test_that_no_task_finished_are_found_by_the_sweep(self, client: Client, local_stripe: LocalStripe) -> None:
        attempt = opened()
        local_stripe.pay(attempt.session_id)
        (event,) = local_stripe.events(attempt.session_id)
        post_event(client, event)
        now = timezone.now()
        assert payments_sweep(now=now) == 0, "its task may be on the way"
        local_stripe.fault("error_503", method="GET", times=2)
        assert payments_sweep(now=now + timedelta(minutes=2)) == 1
        assert Payment.objects.get().status == PaymentStatus.PENDING
        assert payments_sweep(now=now + timedelta(minutes=3)) == 0, "it is claimed"
        assert payments_sweep(now=now + timedelta(minutes=4)) == 1
        assert StripeEvent.objects.get().attempts == 2
        assert Payment.objects.get().status == PaymentStatus.PAID

    def test_are_kept_for_thirty_days(self, client: Client, local_stripe: LocalStripe) -> None:
        post_event(client, some_event())
        post_event(client, some_event(id="evt_2"))
        event_handle(event_id=StripeEvent.objects.get(event_id="evt_1").id, now=timezone.now())
        assert events_purge(now=timezone.now() + timedelta(days=29)) == 0
        assert events_purge(now=timezone.now() + timedelta(days=31)) == 1
        assert StripeEvent.objects.get().event_id == "evt_2", "what is not handled stays"


class TestSweep:
    def test_asks_about_open_payments_without_any_event(self, local_stripe: LocalStripe) -> None:
        attempt = opened()
        local_stripe.pay(attempt.session_id)
        assert payments_sweep(now=timezone.now()) == 0
        assert payments_sweep(now=timezone.now() + timedelta(minutes=6)) == 1
        assert Payment.objects.get().status == PaymentStatus.PAID

    def test_passes_by_what_fails(self, local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch) -> None:
        """An error of ours in one payment keeps no other one waiting."""
        from apps.payments.services import sweep

        first, second = opened(), opened()
        settled: list[Any] = []

        def settle(*, payment_id: Any, now: Any) -> None:
            settled.append(payment_id)
            assert payment_id != first.payment_id

        monkeypatch.setattr(sweep, "payment_settle", settle)
        assert payments_sweep(now=timezone.now() + timedelta(minutes=6)) == 2
        assert settled == [first.payment_id, second.payment_id]

    def test_ends_with_the_first_silence(self, local_stripe: LocalStripe) -> None:
        first, second = opened(), opened()
        later = timezone.now() + timedelta(minutes=6)
        local_stripe.fault("drop", method="GET", times=2)
        assert payments_sweep(now=later) == 0
        assert Payment.objects.get(id=second.payment_id).checked_at < later
        assert Payment.objects.get(id=first.payment_id).checked_at == later, "it is asked about after the others"


def test_every_handled_type_is_one_of_the_sdk() -> None:
    """A misspelt type would never arrive."""
    from stripe.params._webhook_endpoint_create_params import WebhookEndpointCreateParams

    text = str(WebhookEndpointCreateParams.__annotations__["enabled_events"])
    assert not [name for name in HANDLED_EVENTS if f"'{name}'" not in text and f'"{name}"' not in text]
