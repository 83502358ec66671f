"""Refunds against refunds and void sales, in real transactions at once."""

import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from apps.common.testing.local_stripe import LocalStripe
from apps.common.testing.races import PATIENCE_SECONDS, while_uncommitted
from apps.common.testing.threads import at_once
from apps.listings.testing.stories import on_sale
from apps.orders.errors.sales import SaleVoid
from apps.orders.models import Order, OrderRefund, OrderRefundLine, Sale
from apps.orders.rules.refunds import RefundScope
from apps.orders.services import refunds
from apps.orders.testing.stories import cart_of, delivered, pay, place, void
from apps.orders.tests.test_refunds import refund
from apps.payments.models import Payment

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def order(local_stripe: LocalStripe, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Order:
    """A seat of each of two listings, $100 each, paid. Refunds are not sent."""
    monkeypatch.setattr("apps.payments.services.refunds.enqueue_on_commit", lambda *_, **__: None)
    order = place(cart_of((on_sale("1"), 1), (on_sale("2"), 1)), total_cents=20_000)
    pay(local_stripe, order)
    delivered()
    return Order.objects.get(id=order.id)


def without_locks(monkeypatch: pytest.MonkeyPatch, after_read: Callable[[], object]) -> None:
    """Have refunds read order and payment beside the locks; `after_read` runs once they know what is left."""
    read = refunds.sold_items

    def slow(*, order_id: UUID) -> Any:
        found = read(order_id=order_id)
        after_read()
        return found

    monkeypatch.setattr(refunds, "order_locked", lambda order_id: (Order.objects.get(id=order_id), []))
    monkeypatch.setattr(refunds, "payment_locked", lambda payment_id: Payment.objects.get(id=payment_id))
    monkeypatch.setattr(refunds, "sold_items", slow)


class TestTwoRefunds:
    def both(self, order: Order) -> list[object]:
        """Two members of staff refund the same seat."""
        scope = RefundScope(amount_cents=10_000, line_id=order.lines.order_by("id")[0].id)
        return at_once(*[lambda: refund(order, scope, return_seats=False)] * 2)

    def test_one_is_refused(self, order: Order) -> None:
        results = self.both(order)
        assert sorted(type(result).__name__ for result in results) == ["OrderRefund", "RefundAboveRest"], results
        assert sum(OrderRefundLine.objects.values_list("amount_cents", flat=True)) == 10_000

    def test_would_both_pay_without_the_locks(self, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
        barrier = threading.Barrier(2)
        without_locks(monkeypatch, lambda: barrier.wait(PATIENCE_SECONDS))
        results = self.both(order)
        assert all(isinstance(result, OrderRefund) for result in results), results
        assert sum(OrderRefundLine.objects.values_list("amount_cents", flat=True)) == 20_000


class TestVoid:
    def against(self, order: Order) -> object:
        """Refund a seat while somebody voids its sale."""
        line = order.lines.order_by("id")[0]
        scope = RefundScope(seats={line.id: None})
        sale = Sale.objects.get(batch_id=line.batch_id)
        (result,) = while_uncommitted(lambda: void([sale]), lambda: refund(order, scope))
        return result

    def test_the_money_goes_back_all_the_same(self, order: Order) -> None:
        result = self.against(order)
        assert isinstance(result, OrderRefund), result
        assert result.amount_cents == 10_000
        assert Sale.objects.filter(voided_at__isnull=False).count() == 1

    def test_would_fail_without_the_locks(self, order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
        without_locks(monkeypatch, lambda: None)
        assert isinstance(self.against(order), SaleVoid)
        assert not OrderRefund.objects.exists()
