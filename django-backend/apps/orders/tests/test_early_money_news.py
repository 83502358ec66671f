"""A payment is refunded, disputed or suspected before its order knows that it was paid: the outbox keeps no order."""

import pytest
from django.utils import timezone
from pytest_django import Settings

from apps.common.listeners import LISTENERS
from apps.common.testing.acts import act_of
from apps.common.testing.local_stripe import LocalStripe
from apps.listings.models import Listing
from apps.notifications.models import OutboxMessage
from apps.notifications.services.delivery import outbox_deliver
from apps.orders.models import Order
from apps.orders.services.event_changes import event_cancel
from apps.orders.testing.stories import delivered, ordered, pay
from apps.payments.models import Dispute, PaymentAttempt
from apps.payments.services.stripe_news import dispute_follow, fraud_warning_follow, refund_follow

pytestmark = pytest.mark.django_db
LATE = "payment.succeeded"


@pytest.fixture
def order(local_stripe: LocalStripe, listing: Listing) -> Order:
    """An order of two seats whose payment has succeeded, which it does not know."""
    order = ordered(listing)
    pay(local_stripe, order)
    return order


def attempt_of(order: Order) -> PaymentAttempt:
    return PaymentAttempt.objects.get(payment__reference=order.id)


def refund_by_hand(local_stripe: LocalStripe, order: Order, cents: int) -> None:
    intent = attempt_of(order).payment_intent_id
    made = local_stripe.client.v1.refunds.create({"payment_intent": intent, "amount": cents})
    refund_follow(made.id, now=timezone.now())


def told_last(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deliver everything but the news of the payment, then that."""
    with monkeypatch.context() as patch:
        patch.delitem(LISTENERS, LATE)
        outbox_deliver(now=timezone.now(), limit=100)
    delivered()


def test_a_refund_counts(order: Order, local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch) -> None:
    refund_by_hand(local_stripe, order, 700)
    told_last(monkeypatch)
    order.refresh_from_db()
    assert (order.status, order.paid_cents, order.refunded_cents) == ("partly_refunded", 20_000, 700)


def test_without_seats_the_rest_goes_back(order: Order, local_stripe: LocalStripe) -> None:
    """Found by a random history: the whole amount was asked for, which Stripe does not have, and nothing went back."""
    refund_by_hand(local_stripe, order, 700)
    event_cancel(event_id=order.lines.get().event_id, act=act_of(reason="Flood"))
    delivered()
    order.refresh_from_db()
    assert (order.status, order.ended_at is None) == ("refunded", False)
    refund = order.payment and order.payment.refunds.get(reason="unavailable")
    assert refund
    assert refund.amount_cents == 19_300
    assert not OutboxMessage.objects.filter(topic=LATE, delivered_at=None).exists()


def test_a_dispute_freezes_it(order: Order, local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch) -> None:
    charge = attempt_of(order).charge_id
    dispute_follow(local_stripe.act("dispute", charge=charge)["id"], now=timezone.now())
    told_last(monkeypatch)
    order.refresh_from_db()
    assert (order.status, order.disputed_at) == ("disputed", Dispute.objects.get().opened_at)


def test_a_warning_of_fraud_waits_for_the_order(
    order: Order, local_stripe: LocalStripe, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.REFUND_ON_FRAUD_WARNING = True
    fraud_warning_follow(local_stripe.act("warn", charge=attempt_of(order).charge_id)["id"], now=timezone.now())
    told_last(monkeypatch)
    assert not order.refunds.exists()
    OutboxMessage.objects.filter(topic="payment.early_fraud_warning").update(available_at=timezone.now())
    delivered()
    assert order.refunds.get().amount_cents == 20_000
