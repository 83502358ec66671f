"""What we rely on at Stripe, asked of the local one and of the real one, so that they cannot drift apart.

Each check runs twice. The second run needs STRIPE_CANARY_KEY, a secret key of Stripe's test mode, and is skipped
without. It leaves a few objects in the test data of that account.
"""

import os
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest
import stripe
from django.utils import timezone
from pytest_django import Settings

from apps.common.ids import uuid7
from apps.payments.enums import HANDLED_EVENTS, LineLabel, Purpose, RefundReason
from apps.payments.errors import StripeRefused
from apps.payments.gateways.client import API_VERSION, stripe_client
from apps.payments.gateways.money_back import refund_create, refund_found, refund_read
from apps.payments.gateways.sessions import (
    customer_update,
    intent_payment_id,
    session_create,
    session_expire,
    session_read,
)
from apps.payments.gateways.webhooks import endpoint_ensure
from apps.payments.rules import SESSION_LIFE, Expected, Payer, PaymentLine, session_parameters, with_payer

LOCAL, REAL = "local Stripe", "Stripe's test mode"
KEY: Final = "STRIPE_CANARY_KEY"
SITE: Final = "https://canary.example.com"
PAYER: Final = Payer("Ana de la Cruz", "ana.delacruz@example.com")
LINES: Final = [PaymentLine(label, 2_500, 2) for label in LineLabel]
TOTAL_CENTS: Final = sum(line.unit_cents * line.quantity for line in LINES)


@pytest.fixture(params=[LOCAL, REAL], autouse=True)
def _there(request: pytest.FixtureRequest, settings: Settings) -> None:
    if request.param == LOCAL:
        request.getfixturevalue("local_stripe")
        return
    settings.STRIPE_SECRET_KEY = canary_key()
    settings.STRIPE_API_BASE = "https://api.stripe.com"


def canary_key() -> str:
    """Return the key; skip without one, fail with one that might move money."""
    key = os.environ.get(KEY, "")
    if not key:
        pytest.skip(f"{KEY} is not set: the real Stripe is not asked")
    if not key.startswith("sk_test_"):
        pytest.fail(f"{KEY} is not a secret key of Stripe's test mode (sk_test_…)", pytrace=False)
    return key


def parameters(expected: Expected | None = None) -> dict[str, Any]:
    """Return every parameter of a session, as a checkout sends them."""
    ours = session_parameters(
        purpose=Purpose.ORDER,
        expected=expected or new_payment(),
        lines=LINES,
        expires_at=timezone.now() + SESSION_LIFE,
        site_url=SITE,
    )
    return with_payer(ours, PAYER)


def new_payment() -> Expected:
    return Expected(uuid7(), uuid7(), uuid7(), TOTAL_CENTS, "usd")


def key() -> str:
    return f"canary-{uuid7()}"


def paid_intent(payment_id: UUID, method: str = "pm_card_visa") -> Any:
    """Return a PaymentIntent that a card has paid, without a page."""
    sent: Any = {
        "amount": TOTAL_CENTS,
        "currency": "usd",
        "allowed_payment_method_types": ["card"],
        "payment_method": method,
        "confirm": True,
        "metadata": {"payment_id": str(payment_id)},
    }
    return stripe_client().v1.payment_intents.create(sent)


def test_the_version_is_that_of_the_sdk() -> None:
    """Stripe answers in the version that we send, and that is the SDK's."""
    answer = stripe_client().v1.balance.retrieve().last_response
    assert answer is not None
    assert answer.headers["Stripe-Version"] == API_VERSION == stripe.api_version


def test_a_session_is_made_read_and_expired_with_our_parameters() -> None:
    """S0-05, S4-17."""
    expected = new_payment()
    made = session_create(parameters=parameters(expected), idempotency_key=key())
    assert (made.status, made.payment_status) == ("open", "unpaid")
    assert (made.amount_cents, made.currency) == (TOTAL_CENTS, "usd")
    assert (made.payment_id, made.attempt_id) == (str(expected.payment_id), str(expected.attempt_id))
    assert (made.client_reference, made.intent_id) == (str(expected.reference), "")
    assert (made.customer_name, made.customer_email) == (PAYER.name, PAYER.email)
    assert made.address
    assert session_read(made.id) == made
    assert session_expire(made.id)
    assert not session_expire(made.id)
    found = session_read(made.id)
    assert (found.status, found.address) == ("expired", "")


def test_sessions_live_as_long_as_we_ask() -> None:
    sent = parameters()
    made = stripe_client().v1.checkout.sessions.create(sent)  # type: ignore[arg-type]
    assert made.expires_at == sent["expires_at"]
    assert made.ui_mode == "hosted_page"
    assert made.adaptive_pricing is not None
    assert made.adaptive_pricing.enabled is False
    too_short = {**sent, "expires_at": int((timezone.now() + timedelta(minutes=20)).timestamp())}
    with pytest.raises(StripeRefused):
        session_create(parameters=too_short, idempotency_key=key())


def test_a_key_repeats_its_answer_and_is_refused_with_other_parameters() -> None:
    sent, same = parameters(), key()
    first = session_create(parameters=sent, idempotency_key=same)
    assert session_create(parameters=sent, idempotency_key=same) == first
    with pytest.raises(StripeRefused):
        session_create(parameters=sent | {"client_reference_id": "another"}, idempotency_key=same)
    with pytest.raises(stripe.IdempotencyError):
        stripe_client().v1.checkout.sessions.create(parameters(), {"idempotency_key": same})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"ui_mode": "hosted"}, None),
        ({"colour": "red"}, "parameter_unknown"),
        ({"payment_method_types": ["card"]}, "parameter_unknown"),
        ({"customer_email": "ana"}, "email_invalid"),
    ],
    ids=str,
)
def test_what_stripe_does_not_know_is_refused(wrong: dict[str, Any], code: str | None) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        stripe_client().v1.checkout.sessions.create({**parameters(), **wrong})  # type: ignore[arg-type]
    assert (refused.value.http_status, refused.value.code, refused.value.param) == (400, code, next(iter(wrong)))
    with pytest.raises(StripeRefused):
        session_create(parameters={**parameters(), **wrong}, idempotency_key=key())


def test_a_card_pays_a_payment_intent() -> None:
    payment_id = uuid7()
    intent = paid_intent(payment_id)
    assert (intent.status, intent.amount_received) == ("succeeded", TOTAL_CENTS)
    assert intent.latest_charge.startswith("ch_")
    assert intent_payment_id(intent.id) == str(payment_id)


def test_refunds_are_found_by_our_metadata() -> None:
    """The card's money is available at once: the balance of a new account covers nothing."""
    intent = paid_intent(uuid7(), "pm_card_bypassPending")
    ours, same = str(uuid7()), key()
    sent: dict[str, Any] = {
        "intent_id": intent.id,
        "amount_cents": 5_000,
        "reason": RefundReason.EVENT_CANCELLED,
        "refund_id": ours,
    }
    made = refund_create(**sent, idempotency_key=same)
    assert (made.refund_id, made.intent_id, made.amount_cents, made.currency) == (ours, intent.id, 5_000, "usd")
    assert made.status == "succeeded"
    assert refund_create(**sent, idempotency_key=same) == made == refund_read(made.id)
    assert refund_found(intent_id=intent.id, refund_id=ours) == made
    assert refund_found(intent_id=intent.id, refund_id=str(uuid7())) is None
    with pytest.raises(StripeRefused):
        refund_create(**sent | {"amount_cents": TOTAL_CENTS}, idempotency_key=key())


def test_a_customer_gets_our_name_and_mark() -> None:
    """S0-08."""
    customer = stripe_client().v1.customers.create({"name": "B. Buyer", "email": "b@example.com"})
    customer_update(customer_id=customer.id, name=PAYER.name, email=PAYER.email, metadata={"purchased": "yes"})
    found = stripe_client().v1.customers.retrieve(customer.id)
    assert (found.name, found.email) == (PAYER.name, PAYER.email)
    assert found.metadata is not None
    assert found.metadata.to_dict() == {"purchased": "yes"}


def test_the_endpoint_takes_our_events() -> None:
    url = f"{SITE}/{uuid7()}/payment/webhook/"
    done, secret = endpoint_ensure(url=url, event_types=HANDLED_EVENTS)
    endpoints = stripe_client().v1.webhook_endpoints
    (found,) = [one for one in endpoints.list({"limit": 100}).auto_paging_iter() if one.url == url]
    try:
        assert done == "created"
        assert secret.startswith("whsec_")
        assert endpoint_ensure(url=url, event_types=HANDLED_EVENTS) == ("unchanged", "")
        with pytest.raises(stripe.InvalidRequestError):
            endpoints.update(found.id, {"enabled_events": ["checkout.session.unheard_of"]})
    finally:
        endpoints.delete(found.id)


class TestKey:
    """The key of the canary itself."""

    @pytest.fixture(params=[LOCAL])
    def _there(self) -> None:
        """Ask nobody."""

    def test_none_skips_with_a_reason(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(KEY, raising=False)
        with pytest.raises(pytest.skip.Exception, match=f"{KEY} is not set"):
            canary_key()

    @pytest.mark.parametrize("wrong", ["sk_live_1", "rk_test_1", "pk_test_1", "x"])
    def test_another_than_of_test_mode_is_refused(self, monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
        monkeypatch.setenv(KEY, wrong)
        with pytest.raises(pytest.fail.Exception, match="not a secret key"):
            canary_key()
        monkeypatch.setenv(KEY, "sk_test_1")
        assert canary_key() == "sk_test_1"
