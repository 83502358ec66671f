"""Orders from checkout to their end, paid in the local Stripe."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import InternalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.common.errors import DomainError
from apps.common.testing.acts import act_of
from apps.common.testing.local_stripe import LocalStripe
from apps.listings.models import Hold, Listing
from apps.listings.services.lifecycle.holding import holds_expire
from apps.listings.testing.stories import hold, on_sale, statuses
from apps.notifications.models import OutboxMessage
from apps.orders.enums import OrderStatus
from apps.orders.models import Cart, CartLine, Coupon, CouponUse, Marketplace, Order, OrderLine, Sale
from apps.orders.services.checkout import HOLD_LIFE, LONGEST_ORDER_HOLD
from apps.orders.services.event_changes import event_cancel
from apps.orders.services.paying import order_cancel, order_payment_address
from apps.orders.testing.stories import cart_of, deliver, delivered, ordered, paid_order, pay, place, reschedule
from apps.payments.enums import PaymentStatus
from apps.payments.models import Payment, Refund
from apps.payments.services.settling import payment_settle
from apps.payments.testing.stories import CREATE

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def fresh(order: Order) -> Order:
    return Order.objects.get(id=order.id)


def topics() -> list[str]:
    return list(OutboxMessage.objects.filter(topic__startswith="order.").order_by("id").values_list("topic", flat=True))


def coupon(code: str = "HALF", **more: Any) -> Coupon:
    now = timezone.now()
    values = {"percent_bps": 5_000, "valid_from": now - DAY, "valid_until": now + DAY, **more}
    return Coupon.objects.create(code=code, **values)


class TestPlacing:
    def test_holds_the_seats_and_freezes_what_they_cost(self, listing: Listing, settings: Any) -> None:
        """S4-06, S4-07, S4-08: lines, totals and holds are written, the cart is empty, and nobody was called."""
        settings.BUYER_FEE_BPS, settings.STRIPE_SECRET_KEY = 1_250, "sk_test_suite"
        cart = cart_of((listing, 2))
        order = place(cart, total_cents=22_500)
        assert statuses(listing) == "listed hhaa"
        assert (order.subtotal_cents, order.fee_cents, order.total_cents) == (20_000, 2_500, 22_500)
        assert (order.status, order.email, order.terms_version) == ("pending", "ana.delacruz@example.com", "1")
        (line,) = order.lines.all()
        assert (line.seats, line.price_cents, line.fee_cents, line.batch_id) == (["1", "2"], 10_000, 1_250, None)
        assert line.hold.owner_id == order.id
        assert line.hold.expires_at - order.placed_at == HOLD_LIFE
        assert order.payment
        assert order.payment.amount_cents == 22_500
        assert not CartLine.objects.exists()

    @pytest.mark.parametrize(
        ("changes", "code", "attr"),
        [
            ({"terms_version": "0"}, "terms_not_current", "terms_version"),
            ({"transfer_email": ""}, "required", "transfer_email"),
            ({"total_cents": 19_999}, "prices_changed", "total"),
        ],
    )
    def test_refuses(
        self, listing: Listing, changes: dict[str, Any], code: str, attr: str, local_stripe: LocalStripe
    ) -> None:
        """S0-04: nothing is written or held, and Stripe is not called."""
        cart = cart_of((listing, 2))
        with pytest.raises(DomainError) as refused:
            place(cart, **{"total_cents": 20_000, **changes})
        assert (refused.value.code, refused.value.details[0].attr) == (code, attr)
        assert statuses(listing) == "listed aaaa"
        assert (Order.objects.count(), Payment.objects.count(), CartLine.objects.count()) == (0, 0, 1)
        assert local_stripe.calls(CREATE) == []

    def test_says_which_seats_are_gone(self, listing: Listing, local_stripe: LocalStripe) -> None:
        other = on_sale("1", "2")
        cart = cart_of((listing, 2), (other, 2))
        hold(other, quantity=1)
        with pytest.raises(DomainError) as refused:
            place(cart, total_cents=40_000)
        assert (refused.value.code, [one.attr for one in refused.value.details]) == ("seats_gone", ["lines.1"])
        assert statuses(listing) == "listed aaaa"

    def test_refuses_a_price_that_the_buyer_has_not_accepted(self, listing: Listing, local_stripe: LocalStripe) -> None:
        """S4-06: even if the total is right."""
        cart = cart_of((listing, 2))
        Listing.objects.filter(id=listing.id).update(price_cents=9_000)
        with pytest.raises(DomainError, match=r"The total was 180\.00 and is now 180\.00"):
            place(cart, total_cents=18_000)

    def test_an_empty_cart(self) -> None:
        cart = Cart.objects.create(token_hash="x" * 64, changed_at=timezone.now())
        with pytest.raises(DomainError, match="The cart is empty"):
            place(cart, total_cents=0)

    def test_a_game_that_begins_before_the_payment_ends(self, local_stripe: LocalStripe) -> None:
        listing = on_sale()
        cart = cart_of((listing, 2))
        soon = listing.event.starts_at - HOLD_LIFE
        with pytest.raises(DomainError, match="too late"):
            place(cart, total_cents=20_000, now=soon)
        assert place(cart, total_cents=20_000, now=soon - timedelta(seconds=1))

    def test_limits_what_one_buyer_holds(self, listing: Listing, local_stripe: LocalStripe) -> None:
        for _ in range(3):
            ordered(listing, 1)
        with pytest.raises(DomainError) as refused:
            ordered(listing, 1, email=" Ana.DelaCruz@example.com")
        assert refused.value.code == "too_many_open_orders"
        assert ordered(listing, 1, email="bea@example.com")

    def test_limits_the_seats_of_an_event(self, local_stripe: LocalStripe, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("apps.orders.services.checkout_limits.MAX_SEATS_OF_EVENT", 3)
        listing = on_sale()
        ordered(listing, 2)
        with pytest.raises(DomainError) as refused:
            ordered(listing, 2)
        assert refused.value.code == "too_many_seats"
        assert ordered(listing, 1)

    @pytest.mark.parametrize("lines", [1, 3])
    def test_queries(self, lines: int, local_stripe: LocalStripe) -> None:
        """Constant, whatever the number of seats and lines; a coupon with limits costs four more."""
        carts = [cart_of(*((on_sale(), 4 // lines) for _ in range(lines)), coupon=code) for code in ("", "HALF")]
        coupon(max_uses=9)
        counts = []
        for cart, share in zip(carts, (1, 2), strict=True):
            with CaptureQueriesContext(connection) as captured:
                place(cart, total_cents=lines * (4 // lines) * 10_000 // share)
            counts.append(len([one for one in captured if "SAVEPOINT" not in one["sql"]]))
        assert counts == [14, 18]


class TestPaying:
    def test_sells_the_seats_once(self, listing: Listing, local_stripe: LocalStripe) -> None:
        """The sale's price is the list price, whatever the buyer pays besides."""
        order = paid_order(local_stripe, listing)
        assert (order.status, order.paid_cents, bool(order.paid_at)) == ("paid", 20_000, True)
        sales = Sale.objects.order_by("id")
        assert [(sale.price_cents, sale.payout_cents, sale.invoice_number) for sale in sales] == [
            (10_000, 8_000, order.number)
        ] * 2
        assert {sale.marketplace.code for sale in sales} == {"house"}
        assert OrderLine.objects.get().batch_id == sales[0].batch_id
        assert statuses(listing) == "listed ssaa"
        assert Hold.objects.get().outcome == "sold"
        payment_settle(payment_id=order.payment_id, now=timezone.now())
        delivered()
        assert Sale.objects.count() == 2

    def test_leads_to_the_same_page_again(self, listing: Listing, local_stripe: LocalStripe) -> None:
        order = ordered(listing)
        first = order_payment_address(order_id=order.id, now=timezone.now())
        assert first == order_payment_address(order_id=order.id, now=timezone.now())
        assert len(local_stripe.calls(CREATE)) == 1

    def test_begins_again_after_stripe_broke(self, listing: Listing, local_stripe: LocalStripe) -> None:
        """The seats are held for the new attempt, until the absolute end."""
        order = ordered(listing)
        local_stripe.fault("error_500", CREATE)
        now = timezone.now() + timedelta(minutes=1)
        assert order_payment_address(order_id=order.id, now=now)
        assert Hold.objects.get().expires_at == now + HOLD_LIFE
        assert [call["status"] for call in local_stripe.calls(CREATE)][-1] == 200

    def test_ends_when_nobody_pays(self, listing: Listing, local_stripe: LocalStripe) -> None:
        order = ordered(listing)
        order_payment_address(order_id=order.id, now=timezone.now())
        attempt = order.payment.attempts.get()
        local_stripe.act("expire", session=attempt.session_id)
        assert payment_settle(payment_id=order.payment_id, now=timezone.now()) is PaymentStatus.EXPIRED
        delivered()
        order = fresh(order)
        assert (order.status, order.end_reason) == ("expired", "It was not paid in time.")
        assert statuses(listing) == "listed aaaa"

    def test_is_cancelled_by_the_buyer(self, listing: Listing, local_stripe: LocalStripe) -> None:
        """The session is expired first, then the seats are released."""
        order = ordered(listing)
        order_payment_address(order_id=order.id, now=timezone.now())
        order_cancel(order_id=order.id, now=timezone.now())
        assert local_stripe.session(order.payment.attempts.get().session_id).status == "expired"
        assert (fresh(order).status, statuses(listing)) == ("cancelled", "listed aaaa")
        delivered()
        assert fresh(order).end_reason == "You cancelled it."

    def test_is_paid_by_a_buyer_who_is_faster(self, listing: Listing, local_stripe: LocalStripe) -> None:
        order = ordered(listing)
        order_payment_address(order_id=order.id, now=timezone.now())
        local_stripe.pay(order.payment.attempts.get().session_id)
        with pytest.raises(DomainError, match="being processed"):
            order_cancel(order_id=order.id, now=timezone.now())
        assert fresh(order).status == "paid"


class TestLateMoney:
    def late(self, local_stripe: LocalStripe, order: Order) -> None:
        """The hold ends, then the money is reported."""
        pay(local_stripe, order)
        holds_expire(now=timezone.now() + HOLD_LIFE)

    def test_takes_the_seats_again_at_the_old_price(self, listing: Listing, local_stripe: LocalStripe) -> None:
        order = ordered(listing)
        self.late(local_stripe, order)
        Listing.objects.filter(id=listing.id).update(price_cents=9_000)
        delivered()
        assert (fresh(order).status, statuses(listing)) == ("paid", "listed ssaa")
        assert set(Sale.objects.values_list("price_cents", flat=True)) == {10_000}

    def test_goes_back_when_the_seats_are_gone(self, listing: Listing, local_stripe: LocalStripe) -> None:
        order = ordered(listing)
        self.late(local_stripe, order)
        hold(listing, "2")
        delivered()
        order, refund = fresh(order), Refund.objects.get()
        assert (order.status, refund.amount_cents, refund.reason) == ("refunded", 20_000, "unavailable")
        assert (statuses(listing), Sale.objects.count()) == ("listed ahaa", 0)
        assert "order.unavailable" in topics()

    def test_goes_back_when_the_event_is_cancelled(self, listing: Listing, local_stripe: LocalStripe) -> None:
        order = ordered(listing)
        pay(local_stripe, order)
        event_cancel(event_id=listing.event_id, act=act_of(reason="Rain"))
        delivered()
        assert (fresh(order).status, Refund.objects.get().amount_cents) == ("refunded", 20_000)

    def test_an_open_order_ends_with_its_event(self, listing: Listing, local_stripe: LocalStripe) -> None:
        order = ordered(listing)
        order_payment_address(order_id=order.id, now=timezone.now())
        event_cancel(event_id=listing.event_id, act=act_of(reason="Rain"))
        delivered()
        assert fresh(order).status == "cancelled"
        assert local_stripe.session(order.payment.attempts.get().session_id).status == "expired"


class TestCoupons:
    def test_take_off_what_the_buyer_pays(self, listing: Listing, local_stripe: LocalStripe, settings: Any) -> None:
        """S4-31, S4-34: the sale and its split are those of the list price."""
        settings.BUYER_FEE_BPS = 1_000
        half = coupon(funded_by="shared", holder_share_bps=2_500)
        order = place(cart_of((listing, 2), coupon="HALF"), total_cents=11_000)
        pay(local_stripe, order)
        delivered()
        line, use = OrderLine.objects.get(), CouponUse.objects.get()
        assert (order.discount_cents, line.discount_cents, line.holder_discount_cents) == (11_000, 11_000, 2_750)
        assert (use.coupon, use.state) == (half, "confirmed")
        assert set(Sale.objects.values_list("price_cents", "payout_cents")) == {(10_000, 8_000)}
        assert local_stripe.books()["charged"] >= 11_000

    def test_of_everything_need_no_stripe(self, listing: Listing, local_stripe: LocalStripe) -> None:
        """S4-33: it is paid at once."""
        coupon("FREE", percent_bps=10_000)
        order = place(cart_of((listing, 2), coupon="FREE"), total_cents=0)
        order = fresh(order)
        assert (order.status, order.paid_cents, order.payment) == ("paid", 0, None)
        assert Sale.objects.count() == 2
        assert local_stripe.calls(CREATE) == []

    def test_are_free_again_when_the_order_ends(self, listing: Listing, local_stripe: LocalStripe) -> None:
        coupon(max_uses=1)
        order = place(cart_of((listing, 2), coupon="HALF"), total_cents=10_000)
        with pytest.raises(DomainError, match="coupon"):
            place(cart_of((listing, 2), coupon="HALF"), total_cents=10_000)
        order_cancel(order_id=order.id, now=timezone.now())
        assert place(cart_of((listing, 2), coupon="HALF"), total_cents=10_000)

    def test_that_leave_too_little_to_pay(self, listing: Listing, local_stripe: LocalStripe) -> None:
        coupon("ALMOST", percent_bps=None, amount_cents=19_951)
        with pytest.raises(DomainError, match=r"The total is 0\.49, and a payment is at least 0\.50"):
            place(cart_of((listing, 2), coupon="ALMOST"), total_cents=49)
        assert not CouponUse.objects.exists()


def test_a_hold_has_an_absolute_end(listing: Listing, local_stripe: LocalStripe) -> None:
    order = ordered(listing)
    late = order.placed_at + LONGEST_ORDER_HOLD - HOLD_LIFE + timedelta(seconds=1)
    with pytest.raises(DomainError) as refused:
        order_payment_address(order_id=order.id, now=late)
    assert refused.value.code == "hold_over"
    assert fresh(order).status == OrderStatus.PENDING


class TestDelivery:
    def test_of_all_tickets_fulfils_the_order(self, listing: Listing, local_stripe: LocalStripe) -> None:
        """A new date opens it again."""
        order = paid_order(local_stripe, listing)
        first, second = Sale.objects.order_by("id")
        deliver([first])
        assert fresh(order).status == "paid"
        deliver([second])
        assert fresh(order).status == "fulfilled"
        reschedule(listing.event, starts_at=listing.event.starts_at + DAY, now=timezone.now())
        assert fresh(order).status == "paid"


def test_the_house_stays_what_it_is() -> None:
    """Orders record their sales there."""
    with pytest.raises(InternalError, match="house_stays"), transaction.atomic():
        Marketplace.objects.filter(code="house").update(is_active=False)
