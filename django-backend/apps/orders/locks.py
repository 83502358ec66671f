"""The locks of sales, carts, coupons and orders, held until the transaction ends."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import connection

from apps.listings.api import listings_locked
from apps.orders.models import Cart, Coupon, Order, OrderLine, Sale


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


def checkouts_of_buyer_alone(*keys: str) -> None:
    """Let one checkout at a time through for each of the keys, until the transaction ends.

    The race: two checkouts of one buyer count the open orders, both find one less than allowed, and both order. The
    locks are taken before any other, in the order of their numbers.
    """
    numbers = sorted({int.from_bytes(bytes.fromhex(key)[:8], "big", signed=True) for key in keys})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(number) FROM unnest(%s::bigint[]) AS number", [numbers])
