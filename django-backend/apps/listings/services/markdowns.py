"""Price plans at work: prices go down when a step is due, and steps move with the date of their event."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.listings.enums import OPEN_LISTING_STATUSES, EventSource, ListingChange
from apps.listings.locks import listings_due_locked, open_listings_with_plan_locked
from apps.listings.models import Listing, ListingEvent
from apps.listings.rules.price_plans import EventClock
from apps.listings.rules.terms import needs_rate, planned_price
from apps.listings.selectors.prices import floor_rates, games_of, terms_of
from apps.listings.services.bulk_write import NewPrice, prices_update
from apps.listings.services.news import listings_changed_tell
from apps.users.models import User

MARKDOWN_BATCH: Final = 500


def markdowns_apply(*, now: datetime) -> int:
    """Mark down the prices whose step is due at `now`; return how many prices went down. Run again, it changes nothing.

    Batches keep the locks short; six queries each. Prices of listings that are not open and of events without a date
    stay; what was due of theirs is void until the listing is offered again or the event has a date.
    """
    lowered = 0
    while True:
        with transaction.atomic():
            listings = listings_due_locked(now=now, limit=MARKDOWN_BATCH)
            lowered += _mark_down(listings, now)
        if not listings:
            return lowered


@transaction.atomic
def markdowns_reschedule(*, event_ids: Collection[UUID], now: datetime) -> int:
    """Find anew when the open listings of events are marked down next, after date or status changed; return how many.

    A mark-down that was made stays, as buyers have seen the price. One that is due by the new date is made by the
    next round of `markdowns_apply`.
    """
    listings = open_listings_with_plan_locked(event_ids)
    games = games_of(event_ids={listing.event_id for listing in listings})
    prices = [
        NewPrice(
            listing.id,
            listing.price_cents,
            listing.base_price_cents,
            markdown_due_at(listing, clock=games[listing.event_id].clock, now=now),
        )
        for listing in listings
    ]
    prices_update(prices=prices, now=now)
    return len(prices)


def markdown_due_at(listing: Listing, *, clock: EventClock | None, now: datetime) -> datetime | None:
    """Return when the price of a listing goes down next: `now` if it should have already, None if it stays."""
    if clock is None:
        return None
    # Without the net floor, whose rate is looked up when a step is made: at worst a round finds nothing to do.
    terms = terms_of(listing)
    terms = replace(terms, floor_cents=None) if needs_rate(terms) else terms
    planned = planned_price(
        terms,
        base_cents=listing.base_price_cents,
        rate_bps=None,
        clock=clock,
        now=now,
        at_most_cents=listing.price_cents,
    )
    return now if planned.price_cents < listing.price_cents else planned.next_markdown_at


def price_history_write(
    *,
    listings: Sequence[Listing],
    prices: Sequence[NewPrice],
    actor: User | None,
    source: EventSource,
    now: datetime,
) -> int:
    """Write one row for each listing, still as it was, whose price of today changes, and tell; return how many."""
    changed = [
        ListingEvent(
            listing=listing,
            actor=actor,
            source=source,
            change=ListingChange.PRICE,
            from_status=listing.status,
            to_status=listing.status,
            from_price_cents=listing.price_cents,
            to_price_cents=price.price_cents,
            at=now,
        )
        for listing, price in zip(listings, prices, strict=True)
        if listing.price_cents != price.price_cents
    ]
    ListingEvent.objects.bulk_create(changed)
    listings_changed_tell(listings=[change.listing for change in changed], now=now)
    return len(changed)


def _mark_down(listings: Sequence[Listing], now: datetime) -> int:
    games = games_of(event_ids={listing.event_id for listing in listings})
    rates = floor_rates(listings=listings, games=games, on=now.astimezone(UTC).date())
    prices = [
        _marked_down(listing, clock=games[listing.event_id].clock, rate_bps=rates.get(listing.id), now=now)
        for listing in listings
    ]
    prices_update(prices=prices, now=now)
    return price_history_write(listings=listings, prices=prices, actor=None, source=EventSource.SYSTEM, now=now)


def _marked_down(listing: Listing, *, clock: EventClock | None, rate_bps: int | None, now: datetime) -> NewPrice:
    terms, open_ = terms_of(listing), listing.status in OPEN_LISTING_STATUSES
    planned = planned_price(
        terms,
        base_cents=listing.base_price_cents,
        rate_bps=rate_bps,
        clock=clock,
        now=now,
        at_most_cents=listing.price_cents,  # date or rate may have changed since the last step
    )
    price_cents = planned.price_cents if open_ and clock else listing.price_cents
    return NewPrice(listing.id, price_cents, listing.base_price_cents, planned.next_markdown_at)
