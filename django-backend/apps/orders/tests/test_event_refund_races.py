"""Two workers refund the orders of a cancelled event at once, in real transactions."""

import threading
from typing import Any

import pytest
from django.utils import timezone

from apps.common.acts import ChangeSource
from apps.common.testing.acts import act_of
from apps.common.testing.local_stripe import LocalStripe
from apps.common.testing.races import PATIENCE_SECONDS
from apps.common.testing.threads import at_once
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.orders.models import EventRefundRun, OrderRefund
from apps.orders.services import event_refunds
from apps.orders.services.event_changes import event_cancel
from apps.orders.services.event_refunds import event_refunds_begin, event_refunds_continue
from apps.orders.testing.stories import paid_order

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def run(local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch) -> EventRefundRun:
    """The run of an event with one order of two seats. Refunds are not sent."""
    for module in ("payments.services.refunds", "orders.services.event_refunds"):
        monkeypatch.setattr(f"apps.{module}.enqueue_on_commit", lambda *_, **__: None)
    listing: Listing = on_sale()
    paid_order(local_stripe, listing)
    act = act_of(source=ChangeSource.API, now=timezone.now(), reason="Flood")
    event_cancel(event_id=listing.event_id, act=act)
    return event_refunds_begin(event_id=listing.event_id, act=act)


def both() -> None:
    results = at_once(*[lambda: event_refunds_continue(now=timezone.now())] * 2)
    assert not [one for one in results if isinstance(one, Exception)], results


def test_an_order_is_refunded_once_and_is_no_problem(run: EventRefundRun) -> None:
    both()
    run.refresh_from_db()
    assert (OrderRefund.objects.count(), run.problems) == (1, {})


def test_would_be_left_to_staff_without_the_lock(run: EventRefundRun, monkeypatch: pytest.MonkeyPatch) -> None:
    barrier, read = threading.Barrier(2), event_refunds.standing_seats

    def slow(*ids: Any) -> Any:
        found = read(*ids)
        barrier.wait(PATIENCE_SECONDS)
        return found

    monkeypatch.setattr(event_refunds, "order_locked", lambda _: None)
    monkeypatch.setattr(event_refunds, "standing_seats", slow)
    both()
    run.refresh_from_db()
    assert (OrderRefund.objects.count(), len(run.problems)) == (1, 1)
