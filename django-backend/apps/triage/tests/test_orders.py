"""Orders that staff must look at, and refunds for a cancelled event, in Slack."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.common.testing.local_slack import LocalSlack
from apps.listings.testing.stories import on_sale
from apps.notifications.api import outbox_put
from apps.orders.enums import OrderConcern
from apps.orders.models import EventRefundRun
from apps.orders.services.refund_news import concern_raise
from apps.orders.testing.stories import settled
from apps.orders.topics import EventRefundsEnded
from apps.payments.models import Dispute
from apps.triage.models import TriageMessage
from apps.triage.testing.stories import buttons_of, deliver, words_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("concern", list(OrderConcern))
def test_an_order_is_shown_with_what_is_wrong_and_without_its_buyer(slack: LocalSlack, concern: OrderConcern) -> None:
    order, now = settled(on_sale(), 2), timezone.now()
    concern_raise(order.id, concern, now=now)
    deliver(now + timedelta(minutes=5))
    shown = slack.messages()[-1]
    said = words_of(shown)
    assert f"Order {order.number}: {concern.label.lower()}" in said
    assert "*Paid*\n$200.00" in said
    assert f"/admin/orders/order/{order.id}/change/" in str(shown)
    assert order.name not in str(shown)
    assert order.email not in str(shown)
    assert ("Evidence is due" in said, buttons_of(shown)) == (False, [])
    assert TriageMessage.objects.get(kind="order").object_ids == [order.id]


def test_a_disputed_order_says_when_evidence_is_due(slack: LocalSlack) -> None:
    order, now = settled(on_sale()), timezone.now()
    Dispute.objects.create(
        payment=order.payment, stripe_dispute_id="dp_1", status="needs_response", amount_cents=10_000,
        net_cents=-11_500, currency="usd", reason="fraudulent", opened_at=now, due_by=now + timedelta(days=7),
    )  # fmt: skip
    concern_raise(order.id, OrderConcern.DISPUTED, now=now)
    deliver(now + timedelta(minutes=5))
    assert "*Evidence is due*" in words_of(slack.messages()[-1])


def test_refunds_for_an_event_are_summed_up(slack: LocalSlack) -> None:
    now = timezone.now()
    run = EventRefundRun.objects.create(event=on_sale().event, begun_at=now, ended_at=now)
    outbox_put(payload=EventRefundsEnded(run_id=run.id), aggregate_key=f"event:{run.event_id}", now=now)
    deliver(now + timedelta(minutes=5))
    said = words_of(slack.messages()[-1])
    assert f"Refunds have ended: {run.event.label}" in said
    assert "*Refunded*\n0 orders, $0.00" in said
