"""The locks of sales, carts, coupons and orders, held until the transaction ends."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection

from apps.listings.api import listings_locked
from apps.orders.models import Cart, Coupon, EventRefundRun, Order, OrderLine, Sale

# Any number that no other advisory lock of this database uses ("invo" in ASCII).
INVOICES_KEY: Final = 0x696E766F


def sales_locked(sale_ids: Collection[UUID]) -> list[Sale]:
    """Return the sales under their row locks, in id order, with their listings locked before.

    The race: one member of staff voids a sale while another records its delivery, or while the event is cancelled.
    Whoever changes sales locks their listings first, so two sets never deadlock.
    """
    listing_ids = Sale.objects.filter(id__in=sale_ids).order_by().values_list("listing_id", flat=True)
    listings_locked(set(listing_ids))
    sales = Sale.objects.select_for_update(of=("self",)).select_related("event", "ticket", "marketplace")
    return list(sales.filter(id__in=sale_ids).order_by("id"))


def coupon_locked(code: str) -> Coupon | None:
    """Return the coupon with this code under its row lock; None if there is none.

    The race: twenty checkouts count the uses of a coupon at once, each finds the last one left, and all take it. A
    checkout locks the listings first, then the coupon. Who counts does so in a statement after this one: a count in
    the same statement would be older than the lock.
    """
    return Coupon.objects.select_for_update().filter(code=code).first()


def coupon_of_order_locked(order_id: UUID) -> Coupon | None:
    """Return the coupon that an order uses under its row lock; None if it uses none.

    The race: money arrives for an order while its hold ends. The use is confirmed and then stays, or it is released
    and then counts again; and no checkout counts it in between.
    """
    return Coupon.objects.select_for_update(of=("self",)).filter(uses__order=order_id).first()


def cart_changing(cart_id: UUID, *, now: datetime) -> bool:
    """Record that a cart changes now, which locks its row; return whether there is such a cart.

    The race: two requests of one buyer add seats of the same listing. The second one sees what the first has added.
    """
    return Cart.objects.filter(id=cart_id).update(changed_at=now, updated_at=now) > 0


def order_locked(order_id: UUID) -> tuple[Order, list[OrderLine]]:
    """Return an order under its row lock, with its lines in the order of their listings, which are locked before.

    The race: the buyer cancels the order while its payment arrives, or the timer ends its holds. Whoever changes an
    order locks the listings of its seats first, in id order, then the coupon, then the order, then the payment.

    Raises:
        Order.DoesNotExist: there is none.
    """
    rows = OrderLine.objects.filter(order=order_id)
    listings_locked(set(rows.order_by().values_list("listing_id", flat=True)))
    coupon_of_order_locked(order_id)
    order = Order.objects.select_for_update(of=("self",)).select_related("payment").get(id=order_id)
    return order, list(rows.select_related("hold").order_by("listing"))


def orders_of_batches_locked(batch_ids: Collection[UUID]) -> list[Order]:
    """Return the orders of sales that were made together, under their row locks, in id order.

    The race: two members of staff deliver the last two tickets of an order. The second one finds all delivered. The
    listings of the sales are locked before.
    """
    ids = OrderLine.objects.filter(batch_id__in=batch_ids).order_by().values("order")
    return list(Order.objects.select_for_update(of=("self",)).filter(id__in=ids).order_by("id"))


def refund_run_locked(run_id: UUID) -> EventRefundRun:
    """Return the refunds for an event under their row lock; nothing but the outbox is written afterwards.

    The race: two workers find that no order is left, and both report the end; or staff begin it again meanwhile.
    """
    return EventRefundRun.objects.select_for_update(of=("self",)).get(id=run_id)


def checkouts_of_buyer_alone(*keys: str) -> None:
    """Let one checkout at a time through for each of the keys, until the transaction ends.

    The race: two checkouts of one buyer count the open orders, both find one less than allowed, and both order. The
    locks are taken before any other, in the order of their numbers.
    """
    numbers = sorted({int.from_bytes(bytes.fromhex(key)[:8], "big", signed=True) for key in keys})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(number) FROM unnest(%s::bigint[]) AS number", [numbers])


def invoices_alone() -> None:
    """Let one transaction at a time number invoices and credit notes, until it ends.

    The race: two workers read the same last number; the unique index would refuse one of them. A sequence of PostgreSQL
    is no way out, because a transaction that fails leaves a gap in it. Whoever takes the lock reads the last number
    afterwards, in another statement, and so sees what the one before has committed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [INVOICES_KEY])


def order_mails_alone(order_id: UUID) -> bool:
    """Let one request at a time send mails of an order again; return whether there is such an order.

    The race: ten clicks count the mails of the last hour at once, and all of them find few enough. Nothing but this row
    is locked afterwards.
    """
    return Order.objects.select_for_update(no_key=True).filter(id=order_id).values_list("id").first() is not None
