"""The row locks of sales and carts, held until the transaction ends."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from apps.listings.api import listings_locked
from apps.orders.models import Cart, Sale


def sales_locked(sale_ids: Collection[UUID]) -> list[Sale]:
    """Return the sales under their row locks, in id order, with their listings locked before.

    The race: one member of staff voids a sale while another records its delivery, or while the event is cancelled.
    Whoever changes sales locks their listings first, so two sets never deadlock.
    """
    listing_ids = Sale.objects.filter(id__in=sale_ids).order_by().values_list("listing_id", flat=True)
    listings_locked(set(listing_ids))
    sales = Sale.objects.select_for_update(of=("self",)).select_related("event", "ticket")
    return list(sales.filter(id__in=sale_ids).order_by("id"))


def cart_changing(cart_id: UUID, *, now: datetime) -> bool:
    """Record that a cart changes now, which locks its row; return whether there is such a cart.

    The race: two requests of one buyer add seats of the same listing. The second one sees what the first has added.
    """
    return Cart.objects.filter(id=cart_id).update(changed_at=now, updated_at=now) > 0
