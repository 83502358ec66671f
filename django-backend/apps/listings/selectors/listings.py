"""Reads of listings and their history."""

from datetime import date

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet

from apps.holders.rules import RateKey, applied_split
from apps.holders.selectors import commission_rates_for
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.users.models import User


def listings_visible_to(*, user: User) -> QuerySet[Listing]:
    """Return the user's own listings, or all of them for staff who may view them; `seats` holds the seat names."""
    seats = Ticket.objects.filter(listing=OuterRef("pk")).order_by("position").values("seat")
    listings = Listing.objects.select_related("season_ticket", "holder").annotate(seats=ArraySubquery(seats))
    if user.is_staff and user.has_perm("listings.view_listing"):
        return listings
    return listings.filter(holder__user=user)


def with_splits(listings: list[Listing], *, on: date) -> list[Listing]:
    """Give each listing its `split` at the rate of the UTC date `on`; one query however many, none for none.

    The season ticket of each is loaded already, as `listings_visible_to` does.
    """
    keys = [
        RateKey(listing.holder_id, listing.season_ticket.team_id, listing.commission_rate_bps) for listing in listings
    ]
    rates = commission_rates_for(keys=set(keys), on=on)
    for listing, key in zip(listings, keys, strict=True):
        listing.split = applied_split(price_cents=listing.price_cents, rate=rates[key])  # type: ignore[attr-defined]  # like an annotation
    return listings


def history_of(*, listing: Listing) -> QuerySet[ListingEvent]:
    """Return every change of a listing."""
    return ListingEvent.objects.filter(listing=listing)
