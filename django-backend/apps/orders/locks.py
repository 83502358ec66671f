"""The row locks of sales; each says which race it ends. All are held until the transaction ends."""

from collections.abc import Collection
from uuid import UUID

from apps.listings.api import listings_locked
from apps.orders.models import Sale


def sales_locked(sale_ids: Collection[UUID]) -> list[Sale]:
    """Return the sales under their row locks, in id order, with their listings locked before.

    The race: one member of staff makes a sale void while another has its ticket delivered, or while the event is
    cancelled. Everybody who changes sales has the locks of their listings first, so two sets never lock each other out.
    """
    listing_ids = Sale.objects.filter(id__in=sale_ids).order_by().values_list("listing_id", flat=True)
    listings_locked(set(listing_ids))
    return list(Sale.objects.select_for_update().filter(id__in=sale_ids).order_by("id"))
