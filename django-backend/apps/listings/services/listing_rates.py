"""Staff agree on a commission rate for a single listing."""

from uuid import UUID

from django.db import transaction

from apps.common.acts import Act
from apps.common.money import rate_to_text
from apps.holders.models import MAX_RATE_BPS
from apps.listings.enums import ListingChange
from apps.listings.errors.changes import MoveReasonMissing, RateOutOfRange
from apps.listings.locks import listings_locked
from apps.listings.models import Listing
from apps.listings.services.lifecycle.writing import Entry, history_write
from apps.listings.services.news import listings_changed_notify

# With both rates it fits into the note of the history.
MAX_RATE_REASON_LENGTH = 450


@transaction.atomic
def listing_rate_set(*, listing_id: UUID, rate_bps: int | None, act: Act) -> Listing:
    """Give the listing its own commission rate in basis points, or remove it (None: by agreement).

    It applies to sales from now on; earlier ones have their split frozen. The history records both rates and the
    reason.

    Raises:
        Listing.DoesNotExist: there is no such listing.
        RateOutOfRange: the rate is not at least 0 and below 1.
        MoveReasonMissing: the holder reads the reason in the history, so there must be one.
    """
    if rate_bps is not None and not 0 <= rate_bps <= MAX_RATE_BPS:
        raise RateOutOfRange
    if not act.reason.strip():
        raise MoveReasonMissing
    locked = listings_locked([listing_id])
    if not locked:
        raise Listing.DoesNotExist
    listing = locked[0]
    if listing.commission_rate_bps != rate_bps:
        change = f"{_text(listing.commission_rate_bps)} → {_text(rate_bps)}"
        note = f"{change}: {act.reason.strip()[:MAX_RATE_REASON_LENGTH]}"
        history_write([Entry(listing, ListingChange.COMMISSION, note)], act)
        listing.commission_rate_bps = rate_bps
        Listing.objects.filter(id=listing_id).update(commission_rate_bps=rate_bps, updated_at=act.at)
        listings_changed_notify(listings=[listing], now=act.at)
    return listing


def _text(rate_bps: int | None) -> str:
    return "default" if rate_bps is None else rate_to_text(rate_bps)
