"""The row locks of the consignment core; each says which race it ends. All are held until the transaction ends."""

from collections.abc import Collection
from uuid import UUID

from apps.listings.models import Listing, SeasonTicket


def season_ticket_locked(season_ticket_id: UUID) -> SeasonTicket | None:
    """Return the season ticket under its row lock, None when there is none.

    The races: the holder lists a seat while withholding it, or while staff end the season ticket. Everybody who adds
    listings to a block, withholds seats of it or decides about it takes this lock first, before those of listings. It
    lets rows that refer to the season ticket pass.
    """
    return SeasonTicket.objects.select_for_update(no_key=True).filter(id=season_ticket_id).first()


def listings_locked(listing_ids: Collection[UUID]) -> list[Listing]:
    """Return the listings under their row locks, in id order, so that two sets never lock each other out.

    The race: staff approve a delisting while somebody else declines it, or while the seats are being sold. The second
    one waits here and then sees what the first one did. The event is loaded for its start, not locked.
    """
    rows = Listing.objects.select_for_update(of=("self",)).select_related("event").filter(id__in=listing_ids)
    return list(rows.order_by("id"))
