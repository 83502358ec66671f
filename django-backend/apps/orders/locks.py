"""The row locks of sales, held until the transaction ends."""

from collections.abc import Collection
from uuid import UUID

from apps.listings.api import listings_locked
from apps.orders.models import Sale


def sales_locked(sale_ids: Collection[UUID]) -> list[Sale]:
    """Return the sales under their row locks, in id order, with their listings locked before.

    The race: one member of staff voids a sale while another records its delivery, or while the event is cancelled.
    Whoever changes sales locks their listings first, so two sets never deadlock.
    """
    listing_ids = Sale.objects.filter(id__in=sale_ids).order_by().values_list("listing_id", flat=True)
    listings_locked(set(listing_ids))
    sales = Sale.objects.select_for_update(of=("self",)).select_related("event", "ticket")
    return list(sales.filter(id__in=sale_ids).order_by("id"))
