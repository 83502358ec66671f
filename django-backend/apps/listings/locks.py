"""The row locks of the consignment core; each says which race it ends. All are held until the transaction ends."""

from collections.abc import Collection
from uuid import UUID

from apps.listings.models import Listing


def listings_locked(listing_ids: Collection[UUID]) -> list[Listing]:
    """Return the listings under their row locks, in id order, so that two sets never lock each other out.

    The race: staff approve a delisting while somebody else declines it, or while the seats are being sold. The second
    one waits here and then sees what the first one did. The event is loaded for its start, not locked.
    """
    rows = Listing.objects.select_for_update(of=("self",)).select_related("event").filter(id__in=listing_ids)
    return list(rows.order_by("id"))
