"""Refunds of orders, against the local Stripe's books: whole, seats, amounts, the dashboard, failures and disputes."""

from typing import Any

import pytest
from django.utils import timezone

from apps.common.acts import ChangeSource
from apps.common.ids import uuid7
from apps.common.testing.acts import act_of
from apps.common.testing.local_stripe import LocalStripe
from apps.listings.errors.sales import SeatsNotReturnable
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale, statuses
from apps.notifications.models import OutboxMessage
from apps.orders.errors.refunds import (
    NothingToRefund,
    OrderLineUnknown,
    OrderNotRefundable,
    OrderSeatsUnknown,
    RefundAboveRest,
    RefundAssigned,
    RefundNotOurs,
    RefundReplaced,
    RefundUnknown,
)
from apps.orders.models import Order, OrderRefund, OrderRefundLine, Sale
from apps.orders.rules.refunds import EVERYTHING, RefundScope
from apps.orders.services.event_changes import event_cancel
from apps.orders.services.refunds import (
    order_refund,
    order_refund_assign,
    order_refund_retry,
)
from apps.orders.services.sale_changes import sales_deliver
from apps.orders.testing.stories import cart_of, delivered, ordered, paid_order, pay, place
from apps.payments.enums import RefundReason, RefundStatus
from apps.payments.models import Refund
from apps.payments.services.refunds import refund_send
from apps.payments.services.stripe_news import dispute_follow, fraud_warning_follow, refund_follow

pytestmark = pytest.mark.django_db
FAILING, DISPUTED, WARNED = "4000000000005126", "4000000000000259", "4000000000005423"


@pytest.fixture(autouse=True)
def _fee(settings: Any) -> None:
    settings.BUYER_FEE_BPS = 1_000


def refund(order: Order, scope: RefundScope = EVERYTHING, *, return_seats: bool = True, note: str = "") -> OrderRefund:
    return order_refund(
        order_id=order.id,
        scope=scope,
        reason=RefundReason.REQUESTED,
        return_seats=return_seats,
        note=note,
        act=act_of(source=ChangeSource.API, now=timezone.now()),
    )


def seats(order: Order, *names: str) -> RefundScope:
    return RefundScope(seats={order.lines.get().id: names or None})


def cents(amount: int) -> RefundScope:
    return RefundScope(amount_cents=amount)


def arrive(*refunds: OrderRefund) -> None:
    """Send refunds to Stripe, and let the order know."""
    for one in refunds:
        assert one.payment_refund
        assert refund_send(refund_id=one.payment_refund.id, now=timezone.now()) is RefundStatus.SUCCEEDED
    delivered()


def facts(order: Order) -> tuple[str, int]:
    order.refresh_from_db()
    return order.status, order.refunded_cents


def void_seats(order: Order) -> list[str]:
    rows = Sale.objects.filter(batch_id__in=order.lines.values("batch_id"), voided_at__isnull=False)
    return sorted(rows.values_list("ticket__seat", flat=True))


def fail(local_stripe: LocalStripe, one: OrderRefund) -> None:
    """Let a bank send back a refund that had arrived."""
    sent = Refund.objects.get(id=one.payment_refund_id)
    local_stripe.act("end-refund", refund=sent.stripe_refund_id, succeeds=False)
    refund_follow(sent.stripe_refund_id, now=timezone.now())
    delivered()


def paid_with(local_stripe: LocalStripe, listing: Listing, number: str) -> Order:
    order = ordered(listing)
    real = local_stripe.pay
    local_stripe.pay = lambda session_id: real(session_id, number)  # type: ignore[method-assign, assignment, misc]
    try:
        pay(local_stripe, order)
    finally:
        del local_stripe.pay
    delivered()
    return order


class TestOrderRefund:
    def test_of_everything_voids_the_sales_and_returns_the_seats(
        self, local_stripe: LocalStripe, listing: Listing
    ) -> None:
        order = paid_order(local_stripe, listing)
        made = refund(order, note="Sorry")
        assert (made.amount_cents, made.returns_seats, facts(order)) == (22_000, True, ("paid", 0))
        assert statuses(listing) == "listed aaaa"
        arrive(made)
        assert facts(order) == ("refunded", 22_000)
        lines = list(made.lines.values_list("list_cents", "commission_cents", "fee_cents", "discount_cents"))
        assert lines == [(10_000, 2_000, 1_000, 0)] * 2
        with pytest.raises(NothingToRefund):
            refund(order)

    def test_of_a_seat_leaves_the_other(self, local_stripe: LocalStripe, listing: Listing) -> None:
        order = paid_order(local_stripe, listing)
        made = refund(order, seats(order, "2"), return_seats=False)
        arrive(made)
        assert (made.amount_cents, void_seats(order), statuses(listing)) == (11_000, ["2"], "listed swaa")
        assert facts(order) == ("partly_refunded", 11_000)
        with pytest.raises(NothingToRefund):
            refund(order, seats(order, "2"))
        arrive(refund(order, seats(order)))
        assert facts(order) == ("refunded", 22_000)

    def test_of_an_amount_leaves_the_sales(self, local_stripe: LocalStripe, listing: Listing) -> None:
        """The split goes back at its rate; the rest of the seats can be refunded, and no more than that."""
        order = paid_order(local_stripe, listing)
        made = refund(order, cents(1_101))
        assert [line.amount_cents for line in made.lines.all()] == [551, 550]
        assert [(line.list_cents, line.commission_cents, line.fee_cents) for line in made.lines.all()] == [
            (501, 100, 50),
            (500, 100, 50),
        ]
        assert (void_seats(order), made.returns_seats) == ([], False)
        with pytest.raises(RefundAboveRest, match=r"208\.99"):
            refund(order, cents(20_900))
        arrive(made)
        assert facts(order) == ("partly_refunded", 1_101)
        rest = refund(order)
        assert rest.amount_cents == 20_899
        sums = [sum(row) for row in zip(*OrderRefundLine.objects.values_list(*FIELDS), strict=True)]
        assert sums == [22_000, 20_000, 4_000, 2_000, 0, 0]

    def test_takes_an_amount_from_one_line(self, local_stripe: LocalStripe, listing: Listing) -> None:
        other = on_sale("1")
        order = place(cart_of((listing, 2), (other, 1)), total_cents=33_000)
        pay(local_stripe, order)
        delivered()
        line = order.lines.get(listing=other)
        made = refund(order, RefundScope(amount_cents=5_000, line_id=line.id))
        assert [(row.line_id, row.amount_cents) for row in made.lines.all()] == [(line.id, 5_000)]
        with pytest.raises(RefundAboveRest, match=r"60\.00"):
            refund(order, RefundScope(amount_cents=6_001, line_id=line.id))

    def test_refuses_what_the_order_does_not_have(self, local_stripe: LocalStripe, listing: Listing) -> None:
        order, unpaid = paid_order(local_stripe, listing), ordered(listing)
        for scope, error, attr in (
            (RefundScope(seats={uuid7(): None}), OrderLineUnknown, "lines.0.line"),
            (RefundScope(amount_cents=1, line_id=uuid7()), OrderLineUnknown, "line"),
            (seats(order, "2", "9"), OrderSeatsUnknown, "lines.0.seats"),
        ):
            with pytest.raises(error) as refused:
                refund(order, scope)
            assert refused.value.details[0].attr == attr
        with pytest.raises(OrderNotRefundable, match="nothing was sold"):
            refund(unpaid)
        with pytest.raises(Order.DoesNotExist):
            refund(Order(id=uuid7()))
        assert not OrderRefund.objects.exists()

    def test_of_seats_whose_sales_are_void_gives_the_money_back(
        self, local_stripe: LocalStripe, listing: Listing
    ) -> None:
        """Nothing returns to sale at an event that is cancelled."""
        order = paid_order(local_stripe, listing)
        event_cancel(event_id=listing.event_id, act=act_of(now=timezone.now(), reason="Storm"))
        with pytest.raises(SeatsNotReturnable):
            refund(order)
        refund(order, seats(order, "1"), return_seats=False)
        assert refund(order, seats(order, "1", "2"), return_seats=False).amount_cents == 11_000
        assert void_seats(order) == ["1", "2"]


def concerns(order: Order) -> list[str]:
    """Return why staff were asked to look at an order."""
    raised = OutboxMessage.objects.filter(topic__startswith="order.raised", aggregate_key=f"order:{order.id}").order_by(
        "id"
    )
    return [message.payload["concern"] for message in raised]


FIELDS = ("amount_cents", "list_cents", "commission_cents", "fee_cents", "discount_cents", "holder_discount_cents")


class TestFailedRefund:
    def test_frees_its_amount_and_is_sent_again(self, local_stripe: LocalStripe, listing: Listing) -> None:
        order = paid_with(local_stripe, listing, FAILING)
        made = refund(order, seats(order, "1"))
        arrive(made)
        with pytest.raises(Exception, match="Only a failed refund"):
            order_refund_retry(order_id=order.id, refund_id=made.id, now=timezone.now())
        fail(local_stripe, made)
        assert facts(order) == ("paid", 0)
        assert concerns(order) == ["refund_failed"]
        order_refund_retry(order_id=order.id, refund_id=made.id, now=timezone.now())
        with pytest.raises(NothingToRefund):
            refund(order, seats(order, "1"))
        arrive(made)
        assert facts(order) == ("partly_refunded", 11_000)

    def test_is_not_sent_again_once_another_one_replaced_it(self, local_stripe: LocalStripe, listing: Listing) -> None:
        order = paid_with(local_stripe, listing, FAILING)
        made = refund(order, seats(order, "1"))
        arrive(made)
        fail(local_stripe, made)
        assert refund(order, seats(order, "1")).amount_cents == 11_000
        with pytest.raises(RefundReplaced):
            order_refund_retry(order_id=order.id, refund_id=made.id, now=timezone.now())
        with pytest.raises(RefundUnknown):
            order_refund_retry(order_id=order.id, refund_id=uuid7(), now=timezone.now())


class TestDashboard:
    def made(self, local_stripe: LocalStripe, order: Order, amount: int) -> OrderRefund:
        intent = order.payment.attempts.get().payment_intent_id  # type: ignore[union-attr]
        at_stripe = local_stripe.client.v1.refunds.create({"payment_intent": intent, "amount": amount})
        refund_follow(at_stripe.id, now=timezone.now())
        delivered()
        return OrderRefund.objects.get(payment_refund__stripe_refund_id=at_stripe.id)

    def test_a_refund_of_the_only_line_is_divided(self, local_stripe: LocalStripe, listing: Listing) -> None:
        order = paid_order(local_stripe, listing)
        made = self.made(local_stripe, order, 5_000)
        assert (made.reason, [line.amount_cents for line in made.lines.all()]) == ("dashboard", [2_500, 2_500])
        assert (facts(order), void_seats(order)) == (("partly_refunded", 5_000), [])
        with pytest.raises(RefundNotOurs):
            order_refund_retry(order_id=order.id, refund_id=made.id, now=timezone.now())

    def test_staff_say_which_seats_another_one_is_for(self, local_stripe: LocalStripe, listing: Listing) -> None:
        other = on_sale("1")
        order = place(cart_of((listing, 2), (other, 1)), total_cents=33_000)
        pay(local_stripe, order)
        delivered()
        made = self.made(local_stripe, order, 11_000)
        assert not made.lines.exists()
        assert concerns(order) == ["refund_unassigned"]
        call = {"order_id": order.id, "refund_id": made.id}
        two, one = order.lines.get(listing=listing).id, order.lines.get(listing=other).id
        order_refund_assign(**call, scope=RefundScope(seats={two: ["1"]}))
        assert made.lines.get().sale.ticket.seat == "1"
        with pytest.raises(RefundAssigned):
            order_refund_assign(**call, scope=RefundScope(seats={one: None}))
        rest = self.made(local_stripe, order, 22_000)
        assert sum(line.amount_cents for line in rest.lines.all()) == 22_000
        assert facts(order) == ("refunded", 33_000)


class TestDispute:
    @pytest.mark.parametrize(("won", "status", "refunded"), [(True, "paid", 0), (False, "refunded", 22_000)])
    def test_freezes_the_order_until_it_is_decided(
        self, local_stripe: LocalStripe, listing: Listing, won: bool, status: str, refunded: int
    ) -> None:
        order = paid_with(local_stripe, listing, DISPUTED)
        dispute_id = self.follow(local_stripe, order)
        assert facts(order) == ("disputed", 0)
        assert order.disputed_at
        assert concerns(order) == ["disputed"]
        with pytest.raises(OrderNotRefundable, match="a bank disputes"):
            refund(order)
        local_stripe.act("decide", dispute=dispute_id, won=won)
        self.follow(local_stripe, order)
        assert facts(order) == (status, refunded)
        assert order.disputed_at is None
        lost = OrderRefund.objects.filter(dispute__isnull=False)
        assert [sum(line.amount_cents for line in one.lines.all()) for one in lost] == ([] if won else [22_000])
        OutboxMessage.objects.filter(topic="payment.dispute_closed").update(delivered_at=None)
        delivered()
        assert (facts(order), lost.count()) == ((status, refunded), 0 if won else 1)

    def follow(self, local_stripe: LocalStripe, order: Order) -> str:
        intent = order.payment.attempts.get().payment_intent_id  # type: ignore[union-attr]
        (dispute,) = local_stripe.client.v1.disputes.list({"payment_intent": intent}).data
        dispute_follow(dispute.id, now=timezone.now())
        delivered()
        return dispute.id


class TestFraudWarning:
    def warn(self, local_stripe: LocalStripe, order: Order) -> None:
        charge = order.payment.attempts.get().charge_id  # type: ignore[union-attr]
        (warning,) = local_stripe.client.v1.radar.early_fraud_warnings.list({"charge": charge}).data
        fraud_warning_follow(warning.id, now=timezone.now())
        delivered()

    @pytest.mark.parametrize("is_delivered", [False, True])
    def test_refunds_the_order_if_the_settings_say_so(
        self, local_stripe: LocalStripe, listing: Listing, settings: Any, is_delivered: bool
    ) -> None:
        settings.REFUND_ON_FRAUD_WARNING = True
        order = paid_with(local_stripe, listing, WARNED)
        if is_delivered:
            sales_deliver(sale_ids=list(Sale.objects.values_list("id", flat=True)), now=timezone.now())
        self.warn(local_stripe, order)
        made = OrderRefund.objects.get()
        assert (made.reason, made.amount_cents, made.returns_seats) == ("fraudulent", 22_000, not is_delivered)

    def test_does_nothing_otherwise(self, local_stripe: LocalStripe, listing: Listing) -> None:
        self.warn(local_stripe, paid_with(local_stripe, listing, WARNED))
        assert not OrderRefund.objects.exists()
