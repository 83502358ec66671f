"""Buyers, banks, staff and timers at random: what may happen to orders, and what is true of money and seats then.

Time is moved by hand, here and at the local Stripe, whose own books say which money moved.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Final
from uuid import UUID

import stripe
from django.db import connection, transaction
from django.db.models import QuerySet
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from werkzeug.exceptions import BadRequest
from werkzeug.serving import BaseWSGIServer

from apps.catalog.testing.stories import begin
from apps.common.acts import ChangeSource
from apps.common.errors import DomainError
from apps.common.testing.acts import act_of
from apps.common.testing.local_stripe import KEY, SECRET
from apps.listings.models import Hold, Listing
from apps.listings.services.lifecycle.holding import holds_expire
from apps.listings.services.lifecycle.moves import listings_expire
from apps.listings.services.listing_prices import listing_change
from apps.listings.testing.stories import on_sale
from apps.monitoring.selectors.invariants import INVARIANTS
from apps.notifications.models import OutboxMessage
from apps.notifications.services.delivery import outbox_deliver
from apps.orders.enums import OPEN_ORDER_STATUSES
from apps.orders.errors.carts import CartPricesChanged
from apps.orders.models import Cart, CartLine, Order, OrderRefund, Sale
from apps.orders.rules.refunds import RefundScope
from apps.orders.selectors.carts import seat_price
from apps.orders.selectors.coupons import coupon_effect
from apps.orders.services.carts import cart_line_add, cart_prices_accept
from apps.orders.services.event_changes import event_cancel, event_reschedule
from apps.orders.services.paying import order_cancel, order_payment_address
from apps.orders.services.refunds import order_refund, order_refund_retry
from apps.orders.testing.coupons import coupon
from apps.orders.testing.stories import cart_of, deliver, place, void
from apps.payments.enums import TAKEN_PAYMENT_STATUSES, RefundReason, RefundStatus
from apps.payments.models import Dispute, MoneyIncident, Payment, PaymentAttempt, Refund, StripeEvent
from apps.payments.services.inbox import event_handle, event_receive
from apps.payments.services.refunds import refund_send
from apps.payments.services.settling import payment_settle
from apps.payments.services.sweep import payments_sweep
from sandbox.stripe.acts import act
from sandbox.stripe.app import Sandbox
from sandbox.stripe.delivery import end_due, event_body
from sandbox.stripe.options import Options
from sandbox.stripe.reading import books

START: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
LONG_AGO: Final = START - timedelta(days=300)  # at which nothing is late
CODES: Final = ("", "", "HALF", "FREE", "TEN")
CARDS: Final = (
    *["4242424242424242"] * 4, "4000000000000077", "4000000000000002", "4000000000000259", "4000000000005423",
    "4000000000007726", "4000000000005126",
)  # fmt: skip
ALWAYS: Final = [one for one in INVARIANTS if one.name in {
    "seats_active_once", "sale_shares_sum_to_price", "sold_seats_have_one_sale", "listings_fit_their_seats",
    "held_seats_have_live_holds", "refunds_within_payments", "paid_orders_have_sales",
}]  # fmt: skip
IN_THE_END: Final = [one for one in INVARIANTS if one.name in {
    "held_seats_have_live_holds", "payments_end", "stripe_events_handled", "past_events_off_sale",
    "orders_follow_payments",
}]  # fmt: skip
_NUMBER: Final = st.integers(0, 30)
# What an order is: open, sold or over; what its coupon says; and the lines and sales that do not fit.
_ORDERS: Final = """
SELECT one.id, one.status, CASE
    WHEN one.status IN ('pending', 'processing') THEN 'open'
    WHEN one.status IN ('cancelled', 'expired') OR one.ended_at IS NOT NULL THEN 'over'
    ELSE 'sold' END, use.state, coupon.code, coupon.max_uses
FROM orders_order AS one LEFT JOIN orders_couponuse AS use ON use.order_id = one.id
    LEFT JOIN orders_coupon AS coupon ON coupon.id = use.coupon_id
"""
_SALES: Final = """
SELECT line.order_id, line.quantity, sold.batch_id, sold.seats FROM orders_orderline AS line
    FULL JOIN (SELECT batch_id, count(*) AS seats FROM orders_sale GROUP BY batch_id) AS sold USING (batch_id)
"""
_USE: Final = {"open": "reserved", "sold": "confirmed", "over": "released"}


class World:
    """What all histories begin with: three listings at two events, coupons, and the server of the local Stripe."""

    def __init__(self, server: BaseWSGIServer, url: str) -> None:
        self.server, self.url, self.seconds = server, url, START.timestamp()
        self.listings = [on_sale(), on_sale(), on_sale(price_cents=3_333)]
        for listing, hours in zip(self.listings, (30, 240, 240), strict=True):
            begin(listing.event, at=START + timedelta(hours=hours))
        coupon("HALF", percent_bps=5_000, max_uses=2)
        coupon("FREE", percent_bps=10_000, max_uses_per_buyer=1)
        coupon("TEN", amount_cents=1_000, funded_by="holder", holder_share_bps=10_000)
        self.seen = Counter[str]()

    def new_stripe(self) -> Sandbox:
        """Serve another local Stripe, empty, from now on."""
        self.seconds = START.timestamp()
        sandbox = Sandbox(Options(key=KEY), self.url, lambda: self.seconds)
        self.server.app = sandbox
        return sandbox


class MoneyHistory(RuleBasedStateMachine):
    """One history, in a transaction that is rolled back."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.block: Any = transaction.atomic()
        self.block._from_testcase = True  # so that Stripe may be called
        self.block.__enter__()
        self.sandbox = self.world.new_stripe()
        self.carts: list[UUID] = []
        self.is_ordered = self.is_paid = False
        self.steps, self.over = 0, set[UUID]()

    @property
    def now(self) -> datetime:
        """The time, here and at Stripe."""
        return datetime.fromtimestamp(self.world.seconds, UTC)

    @initialize(
        lost=st.booleans(),
        code=st.sampled_from(CODES),
        quantities=st.tuples(st.integers(1, 4), st.integers(1, 3)),
        card=st.sampled_from(CARDS),
        waits=st.booleans(),
    )
    def begin(self, lost: bool, code: str, quantities: tuple[int, int], card: str, waits: bool) -> None:
        """Two buyers have ordered, and one may have paid. In half of the histories no event about a session arrives."""
        self.lost = lost
        for buyer, quantity in enumerate(quantities):
            self.order(buyer, quantity, code, buyer)
        if not waits:
            self.buy(0, card)
            self.page(0)
            self.work(2)

    @rule(listing=st.integers(0, 2), quantity=st.integers(1, 4), code=st.sampled_from(CODES), buyer=st.integers(0, 2))
    def order(self, listing: int, quantity: int, code: str, buyer: int) -> None:
        """Order seats at once."""
        self.add(listing, quantity, code, into=1)
        self.hold(-1, buyer)

    @rule(listing=st.integers(0, 2), quantity=st.integers(1, 4), code=st.sampled_from(CODES), into=_NUMBER)
    def add(self, listing: int, quantity: int, code: str, into: int) -> None:
        """Add seats to a new cart, or to one that exists."""
        with self.trying("add"):
            chosen = Listing.objects.get(id=self.world.listings[listing].id)
            if self.carts and into % 3 == 0:
                cart = self.carts[into % len(self.carts)]
                cart_line_add(cart_id=cart, listing_id=chosen.id, quantity=quantity, now=self.now)
            else:
                self.carts.append(cart_of((chosen, quantity), coupon=code, now=self.now).id)

    @rule(listing=st.integers(0, 2), cents=st.sampled_from([1, 50, 4_999, 10_000, 12_345]))
    def reprice(self, listing: int, cents: int) -> None:
        """The holder wants another price."""
        one = self.world.listings[listing]
        with self.trying("reprice"):
            listing_change(
                holder=one.holder, listing_id=one.id, price_cents=cents, changes={},
                act=act_of(one.holder.user, source=ChangeSource.API, now=self.now),
            )  # fmt: skip

    @precondition(lambda self: self.carts)
    @rule(cart=_NUMBER, buyer=st.integers(0, 2))
    def hold(self, cart: int, buyer: int) -> None:
        """Order a cart, after accepting its new prices if there are any."""
        cart_id, email = self.carts[cart % len(self.carts)], f"fan{buyer}@example.com"
        with self.trying("hold"):
            try:
                self.order_of(cart_id, email, self.total(cart_id, at_current=False))
            except CartPricesChanged:
                total = self.total(cart_id, at_current=True)
                cart_prices_accept(cart_id=cart_id, total_cents=total, now=self.now)
                self.order_of(cart_id, email, total)

    @precondition(lambda self: self.is_ordered)
    @rule(order=_NUMBER)
    def open(self, order: int) -> None:
        """The buyer of an order, open if there is one, goes to Stripe's page."""
        self.with_order("open", order, self.go, Order.objects.filter(status__in=OPEN_ORDER_STATUSES))

    @precondition(lambda self: self.is_ordered)
    @rule(order=_NUMBER, card=st.sampled_from(CARDS))
    def buy(self, order: int, card: str) -> None:
        """The buyer of an open order goes to Stripe's page and pays."""

        def go_and_pay(one: Order) -> None:
            self.go(one)
            attempt = PaymentAttempt.objects.filter(payment=one.payment_id).latest("number")
            self.happens("pay", session=attempt.session_id, number=card)

        self.with_order("buy", order, go_and_pay, Order.objects.filter(status__in=OPEN_ORDER_STATUSES))
        self.is_paid = bool(self.charges())

    @precondition(lambda self: self.is_ordered)
    @rule(attempt=_NUMBER)
    def pay(self, attempt: int) -> None:
        """Somebody pays on a page that has been open for a while."""
        if sessions := list(PaymentAttempt.objects.exclude(session_id="").order_by("id")):
            self.happens("pay", session=sessions[attempt % len(sessions)].session_id)
            self.is_paid = bool(self.charges())

    @precondition(lambda self: self.is_ordered)
    @rule(order=_NUMBER)
    def cancel(self, order: int) -> None:
        """The buyer has changed their mind."""
        self.with_order("cancel", order, lambda one: order_cancel(order_id=one.id, now=self.now))

    @precondition(lambda self: self.is_ordered)
    @rule(order=_NUMBER)
    def page(self, order: int) -> None:
        """The buyer comes back."""
        self.with_order("page", order, lambda one: payment_settle(payment_id=one.payment_id, now=self.now))

    @precondition(lambda self: self.is_paid)
    @rule(first=_NUMBER, count=st.integers(1, 4))
    def webhook(self, first: int, count: int) -> None:
        """Some events arrive, in any order; some of them again."""
        events = self.events()
        for number in range(first, first + count):
            if events:
                self.receive(events[(number * 7) % len(events)])

    @rule(limit=st.integers(1, 5))
    def work(self, limit: int) -> None:
        """A worker delivers some of what waits in the outbox, and sends a refund."""
        outbox_deliver(now=self.now, limit=limit)
        for refund in Refund.objects.filter(status=RefundStatus.PENDING, sent_at=None).order_by("id")[:limit]:
            with self.trying("send"):
                refund_send(refund_id=refund.id, now=self.now)

    @rule()
    def sweep(self) -> None:
        """Beat sweeps, and ends what is over."""
        payments_sweep(now=self.now)
        holds_expire(now=self.now)
        listings_expire(now=self.now)

    @rule(minutes=st.sampled_from([1, 6, 20, 37, 50, 130, 27 * 60]))
    def wait(self, minutes: int) -> None:
        """Time passes; timers may be late."""
        self.world.seconds += minutes * 60
        with self.sandbox.account.store.transaction():
            end_due(self.sandbox.account)

    @precondition(lambda self: self.is_paid)
    @rule(order=_NUMBER, share=st.integers(1, 10), whole=st.booleans(), back=st.booleans())
    def refund(self, order: int, share: int, whole: bool, back: bool) -> None:
        """Staff refund an order: all of it, some seats, or an amount."""

        def some(one: Order) -> None:
            lines = list(one.lines.order_by("id"))
            line = lines[share % len(lines)]
            scope = RefundScope(amount_cents=one.total_cents * share // 10 or 1)
            if whole:
                scope = RefundScope() if share > 5 else RefundScope(seats={line.id: line.seats[:share]})
            act = act_of(now=self.now)
            order_refund(order_id=one.id, scope=scope, reason=RefundReason.REQUESTED, return_seats=back, act=act)

        self.with_order("refund", order, some)

    @precondition(lambda self: self.is_paid)
    @rule(refund=_NUMBER)
    def retry(self, refund: int) -> None:
        """Staff send a refund again."""
        failed = list(OrderRefund.objects.filter(payment_refund__status__in=["failed", "canceled"]).order_by("id"))
        if failed:
            one = failed[refund % len(failed)]
            with self.trying("retry"):
                order_refund_retry(order_id=one.order_id, refund_id=one.id, now=self.now)

    @precondition(lambda self: self.is_paid)
    @rule(charge=_NUMBER, cents=st.integers(1, 9_000))
    def refund_by_hand(self, charge: int, cents: int) -> None:
        """Staff refund in Stripe's dashboard."""
        if found := self.charges():
            one = found[charge % len(found)]
            client = stripe.StripeClient(KEY, base_addresses={"api": self.world.url}, max_network_retries=0)
            with suppress(stripe.StripeError):
                client.v1.refunds.create({"charge": one["id"], "amount": cents})
                self.world.seen["by hand"] += 1

    @precondition(lambda self: self.is_paid)
    @rule(number=_NUMBER, what=st.sampled_from(["dispute", "decide", "warn", "end-refund", "pay-out"]))
    def bank(self, number: int, what: str) -> None:
        """A bank disputes, decides, warns, or sends back a refund; or the balance is paid out."""
        kinds = {"dispute": "charge", "decide": "dispute", "warn": "charge", "end-refund": "refund"}
        if what == "pay-out":
            self.happens(what)
            return
        found = self.charges() if kinds[what] == "charge" else self.sandbox.account.store.select(kinds[what])
        if found:
            one = found[number % len(found)]["id"]
            more = {"decide": {"won": bool(number % 2)}, "end-refund": {"succeeds": bool(number % 3)}}.get(what, {})
            self.happens(what, **{kinds[what]: one}, **more)

    @rule(listing=st.integers(0, 2), what=st.sampled_from(["cancel", *["move"] * 4]))
    def event(self, listing: int, what: str) -> None:
        """Staff change an event."""
        call = {"event_id": self.world.listings[listing].event_id, "act": act_of(now=self.now, reason="Rain")}
        with self.trying(f"event {what}"):
            if what == "cancel":
                event_cancel(**call)
            else:
                event_reschedule(starts_at=self.now + timedelta(hours=50), **call)

    @precondition(lambda self: self.is_paid)
    @rule(sale=_NUMBER, back=st.booleans(), delivers=st.booleans())
    def sale(self, sale: int, back: bool, delivers: bool) -> None:
        """Staff make a sale void, or deliver its ticket."""
        if sales := list(Sale.objects.filter(voided_at=None).order_by("id")):
            one = sales[sale % len(sales)]
            with self.trying("deliver" if delivers else "void"):
                if delivers:
                    deliver([one], now=self.now)
                else:
                    void([one], return_seats=back, now=self.now)

    @invariant()
    def everything_agrees(self) -> None:
        """What is true after each step, whatever was lost or has not happened yet."""
        self.steps += 1
        for one in ALWAYS[self.steps % 6 :: 6]:
            found = one.find(now=LONG_AGO)
            assert not found.count, (one.name, found)
        self.check_orders()
        charged = self.charged()
        for payment in Payment.objects.all():
            assert payment.paid_cents <= charged[str(payment.id)], "no money counts that Stripe does not have"

    def check_orders(self) -> None:
        """Each order fits its seats and its coupon, and no coupon has more uses than it may, but for late payments."""
        with connection.cursor() as cursor:
            cursor.execute(_ORDERS)
            orders = cursor.fetchall()
            cursor.execute(_SALES)
            lines = cursor.fetchall()
        kinds, uses, most = dict[UUID, str](), Counter[str](), dict[str, int]()
        for order_id, status, kind, use, code, max_uses in orders:
            self.world.seen[status] += 1
            kinds[order_id] = kind
            assert use in {None, _USE[kind]}, (status, use)
            if max_uses and kind != "over" and order_id not in self.over:  # late money was paid with the coupon
                uses[code], most[code] = uses[code] + 1, max_uses
            if kind == "over":
                self.over.add(order_id)
        assert all(uses[code] <= most[code] for code in uses), uses
        for order_id, quantity, batch_id, seats in lines:
            wanted = quantity if kinds.get(order_id) == "sold" else None
            assert seats == wanted, (order_id, kinds.get(order_id), batch_id, seats)

    def teardown(self) -> None:
        """Let everything come to its end, unless the history has failed, and forget it."""
        try:
            if sys.exc_info()[0] is None and hasattr(self, "lost"):
                self.end()
        finally:
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)
            self.sandbox.close()

    def end(self) -> None:
        """Deliver, sweep and wait until nothing is left to do; then the books must agree."""
        account = self.sandbox.account
        with account.store.transaction():
            account.post("topup", 10**9, "usd")
        for _ in range(5):
            self.wait(61)
            for event in reversed(self.events()):
                self.receive(event)
            while outbox_deliver(now=self.now, limit=100).delivered:
                pass
            self.sweep()
        for _ in range(6):
            self.everything_agrees()
        for one in IN_THE_END:
            assert not one.find(now=self.now).count, one.name
        late = list(OutboxMessage.objects.filter(delivered_at=None, topic__startswith="payment.").values_list())
        assert not [row for row in late if "payment.succeeded:customer" not in row], late
        assert not Order.objects.filter(status__in=OPEN_ORDER_STATUSES).exists()
        assert not Hold.objects.filter(released_at=None).exists()
        assert not StripeEvent.objects.filter(handled_at=None).exists()
        self.check_books()

    def check_books(self) -> None:
        """What Stripe has taken and given back is what orders and payments say."""
        charged, refunded = self.charged(), self.refunded()
        twice = MoneyIncident.objects.filter(kind="paid_twice")
        unmatched = MoneyIncident.objects.filter(kind="refund_unmatched")
        for payment in Payment.objects.all():
            key = str(payment.id)
            extra = sum(twice.filter(payment=payment).values_list("found_cents", flat=True))
            assert payment.paid_cents + extra == charged[key], payment.status
            arrived = payment.refunds.filter(status=RefundStatus.SUCCEEDED)
            ours = sum(arrived.values_list("amount_cents", flat=True))
            by_hand = sum(unmatched.filter(payment=payment).values_list("found_cents", flat=True))
            assert ours <= refunded[key] <= ours + by_hand, "what was given back is known"
            order = Order.objects.get(id=payment.reference)
            assert order.paid_cents == payment.paid_cents
            lost = sum(
                OrderRefund.objects.filter(order=order, dispute__isnull=False).values_list("amount_cents", flat=True)
            )
            assert order.refunded_cents == min(ours + lost, order.paid_cents)
            if payment.status in TAKEN_PAYMENT_STATUSES and order.ended_at:
                self.world.seen["unavailable"] += 1
                self.check_given_back(payment)
        found = books(self.sandbox.account)["usd"]
        assert sum(charged.values()) == found["charged"]
        assert sum(refunded.values()) == found["refunded"]

    def check_given_back(self, payment: Payment) -> None:
        """Money without seats is on its way back, unless the bank has sent it back, or has taken it."""
        assert payment.refunds.exists()
        left = payment.paid_cents - payment.refunded_cents
        failed = payment.refunds.filter(status__in=[RefundStatus.FAILED, RefundStatus.CANCELED]).exists()
        assert not left or failed or Dispute.objects.filter(payment=payment).exists()

    @contextmanager
    def trying(self, name: str) -> Iterator[None]:
        """Do something that may be refused."""
        with suppress(DomainError):
            yield
            self.world.seen[name] += 1

    def go(self, order: Order) -> None:
        """Open the page of Stripe."""
        order_payment_address(order_id=order.id, now=self.now)

    def with_order(
        self, name: str, number: int, work: Callable[[Order], object], rows: QuerySet[Order] | None = None
    ) -> None:
        """Do something with an order that may be refused."""
        rows = Order.objects.all() if rows is None else rows
        if orders := list(rows.exclude(payment=None).order_by("id")):
            with self.trying(name):
                work(orders[number % len(orders)])

    def happens(self, name: str, **values: Any) -> None:
        """Do something at Stripe that may be impossible."""
        with suppress(BadRequest):
            act(self.sandbox.account, name, values)
            self.world.seen[name] += 1

    def order_of(self, cart_id: UUID, email: str, total: int) -> None:
        """Order what is in a cart."""
        place(Cart.objects.get(id=cart_id), total_cents=total, now=self.now, email=email, network="")
        self.is_ordered = True

    def total(self, cart_id: UUID, *, at_current: bool) -> int:
        """Return the total of a cart at the prices that were accepted, or at the current ones."""
        price = "listing__price_cents" if at_current else "price_cents"
        lines = CartLine.objects.filter(cart=cart_id).values_list("quantity", price)
        total = sum(quantity * seat_price(cents).total_cents for quantity, cents in lines)
        code = Cart.objects.values_list("coupon_code", flat=True).get(id=cart_id)
        return total - coupon_effect(code, total_cents=total, now=self.now).discount_cents

    def events(self) -> list[dict[str, Any]]:
        """Return what Stripe has to tell, oldest first."""
        found = self.sandbox.account.store.select("event", "ORDER BY number")
        return [one for one in found if not (self.lost and one["type"].startswith("checkout."))]

    def receive(self, event: dict[str, Any]) -> None:
        """Let an event arrive, and a worker handle it."""
        body = event_body(self.sandbox.account, event)
        header = stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET)
        event_receive(body=body, signature=header, now=self.now)
        for waiting in StripeEvent.objects.filter(event_id=event["id"]):
            with self.trying("webhook"):
                event_handle(event_id=waiting.id, now=self.now)

    def charges(self) -> list[dict[str, Any]]:
        """Return what Stripe has charged."""
        return [one for one in self.sandbox.account.store.select("charge") if one["status"] == "succeeded"]

    def charged(self) -> Counter[str]:
        """Return what Stripe has charged by payment."""
        cents = Counter[str]()
        for one in self.charges():
            cents[one["metadata"]["payment_id"]] += one["amount"]
        return cents

    def refunded(self) -> Counter[str]:
        """Return what Stripe has refunded by payment, less what failed."""
        cents = Counter[str]()
        for one in self.charges():
            cents[one["metadata"]["payment_id"]] += one["amount_refunded"]
        return cents
