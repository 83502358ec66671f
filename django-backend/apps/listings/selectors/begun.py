"""Reads of listings whose event has begun."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from apps.catalog.api import begun
from apps.listings.enums import OPEN_LISTING_STATUSES
from apps.listings.models import Listing


def open_listings_of_begun_events(*, now: datetime) -> QuerySet[Listing, UUID]:
    """Return the ids of the open listings whose event has begun, in their order."""
    return _begun(now).filter(status__in=OPEN_LISTING_STATUSES).order_by("id").values_list("id", flat=True)


def listings_of_begun_events(*, listing_ids: Collection[UUID], now: datetime) -> list[UUID]:
    """Return those of the listings whose event has begun."""
    return list(_begun(now).filter(id__in=listing_ids).order_by("id").values_list("id", flat=True))


def _begun(now: datetime) -> QuerySet[Listing]:
    return Listing.objects.filter(begun(at=now, event="event__"))
