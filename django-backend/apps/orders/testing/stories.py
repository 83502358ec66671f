"""Sales and orders, what becomes of them, and changes of events, for tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from django.test import override_settings
from django.utils import timezone

from apps.catalog.models import Event
from apps.common.acts import ChangeSource
from apps.common.testing.acts import act_of
from apps.common.testing.local_stripe import LocalStripe
from apps.listings.models import Listing
from apps.notifications.services.delivery import outbox_deliver
from apps.orders.models import Cart, Order, Sale
from apps.orders.selectors.carts import seat_price
from apps.orders.services.carts import cart_line_add, visitor_cart_begin
from apps.orders.services.checkout import Buyer, order_place
from apps.orders.services.event_changes import EventChanged, event_postpone, event_reschedule
from apps.orders.services.paying import order_payment_address
from apps.orders.services.sale_changes import sales_deliver, sales_void
from apps.orders.services.sales import sale_record
from apps.orders.services.settlement import order_settle
from apps.payments.enums import AttemptStatus, PaymentStatus
from apps.payments.models import Payment, PaymentAttempt
from apps.payments.services.settling import payment_settle
from apps.users.models import User

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
# When games of 2040 are postponed, rescheduled and cancelled.
CHANGED_AT = datetime(2040, 1, 1, 12, tzinfo=UTC)


def record(
    listing: Listing,
    *seats: str,
    quantity: int | None = None,
    actor: User | None = None,
    now: datetime = NOW,
    **changes: Any,
) -> list[Sale]:
    """Record a sale of seats by name, or of a quantity."""
    call = {
        "marketplace": "stubhub", "invoice_number": "INV-7", "customer_reference": "Fan 7", "price_cents": None,
        "act": act_of(actor, source=ChangeSource.API, now=now), "allow_duplicate_invoice": True,
    }  # fmt: skip
    return sale_record(listing_id=listing.id, seats=seats or None, quantity=quantity, **{**call, **changes})


def void(
    sales: Sequence[Sale],
    *,
    return_seats: bool = True,
    actor: User | None = None,
    now: datetime = NOW,
    reason: str = "Buyer's card was refused",
) -> list[Sale]:
    """Make sales void."""
    act = act_of(actor, source=ChangeSource.API, now=now, reason=reason)
    return sales_void(sale_ids=[sale.id for sale in sales], return_seats=return_seats, act=act)


def deliver(sales: Sequence[Sale], *, now: datetime = NOW) -> list[Sale]:
    """Deliver the tickets of sales."""
    return sales_deliver(sale_ids=[sale.id for sale in sales], now=now)


def postpone(event: Event, *, note: str = "Rain", now: datetime = NOW) -> EventChanged:
    """Postpone an event."""
    return event_postpone(event_id=event.id, act=act_of(now=now, reason=note))


def reschedule(event: Event, *, starts_at: datetime, note: str = "Rain", now: datetime = NOW) -> EventChanged:
    """Give an event another start."""
    return event_reschedule(event_id=event.id, starts_at=starts_at, act=act_of(now=now, reason=note))


BUYER = Buyer(
    name="Ana de la Cruz",
    email="ana.delacruz@example.com",
    transfer_email="ana@example.com",
    terms_version="1",
    user_id=None,
    network="192.0.2.1",
)


def cart_of(*wanted: tuple[Listing, int], coupon: str = "", now: datetime | None = None) -> Cart:
    """Return the cart of a visitor who wants numbers of seats of listings."""
    at = now or timezone.now()
    cart, _ = visitor_cart_begin(now=at)
    for listing, quantity in wanted:
        cart_line_add(cart_id=cart.id, listing_id=listing.id, quantity=quantity, now=at)
    if coupon:
        Cart.objects.filter(id=cart.id).update(coupon_code=coupon)
    return cart


def place(cart: Cart, *, total_cents: int, now: datetime | None = None, **buyer: Any) -> Order:
    """Order what is in a cart; nothing is sent to Stripe."""
    return order_place(
        cart_id=cart.id, buyer=replace(BUYER, **buyer), total_cents=total_cents, now=now or timezone.now()
    ).order


def ordered(listing: Listing, quantity: int = 2, *, now: datetime | None = None, **buyer: Any) -> Order:
    """Return an order of seats of a listing that nobody has paid; nothing is sent to Stripe."""
    fee = seat_price(listing.price_cents)
    return place(cart_of((listing, quantity), now=now), total_cents=quantity * fee.total_cents, now=now, **buyer)


def paid_order(local_stripe: LocalStripe, listing: Listing, quantity: int = 2, **buyer: Any) -> Order:
    """Return an order of seats of a listing that was paid and settled; its sales are recorded."""
    order = ordered(listing, quantity, **buyer)
    pay(local_stripe, order)
    delivered()
    return Order.objects.get(id=order.id)


def settled(listing: Listing, quantity: int = 1) -> Order:
    """Return an order that was paid and settled as if Stripe had said so; nobody is asked."""
    now = timezone.now()
    with override_settings(STRIPE_SECRET_KEY="sk_test_suite"):
        order = ordered(listing, quantity, now=now)
    paid = {"status": PaymentStatus.PAID, "paid_cents": order.total_cents, "paid_at": now}
    Payment.objects.filter(id=order.payment_id).update(**paid)
    session = {"session_id": f"cs_test_{order.id}", "payment_intent_id": f"pi_{order.id}"}
    PaymentAttempt.objects.filter(payment=order.payment_id).update(status=AttemptStatus.COMPLETE, **session)
    order_settle(order_id=order.id, paid_cents=order.total_cents, now=now)
    return Order.objects.get(id=order.id)


def pay(local_stripe: LocalStripe, order: Order) -> None:
    """Pay an order on Stripe's page, and let the payment settle; the order does not know yet."""
    assert order_payment_address(order_id=order.id, now=timezone.now())
    attempt = PaymentAttempt.objects.filter(payment__reference=order.id).latest("number")
    local_stripe.pay(attempt.session_id)
    assert payment_settle(payment_id=attempt.payment_id, now=timezone.now()) is PaymentStatus.PAID


def delivered(now: datetime | None = None) -> None:
    """Deliver everything that waits in the outbox and has a listener."""
    while outbox_deliver(now=now or timezone.now(), limit=100).delivered:
        pass
