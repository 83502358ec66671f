"""Mark-downs: prices go down when a step is due, and steps move with the date of their event."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.common.acts import Act, ChangeSource
from apps.holders.api import rate_day
from apps.listings.enums import OPEN_LISTING_STATUSES
from apps.listings.locks import listings_due_locked, open_listings_with_plan_locked
from apps.listings.models import Listing
from apps.listings.rules.price_plans import EventClock
from apps.listings.rules.terms import planned_price, terms_of
from apps.listings.selectors.prices import floor_rates, games_of
from apps.listings.services.lifecycle.bulk_write import NewPrice, prices_update
from apps.listings.services.lifecycle.writing import price_resumed, prices_write

MARKDOWN_BATCH: Final = 500


def markdowns_apply(*, now: datetime) -> int:
    """Mark down the prices whose step is due at `now`; return how many went down. A second run changes nothing.

    Batches keep the locks short. Prices of listings that are not open and of events without a date stay; their due
    steps are skipped until the listing is offered again or the event has a date.
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
    """Recompute the next mark-down of the open listings of events after a change of date or status; return how many.

    A mark-down that was made stays, as buyers have seen the price. One that is due by the new date is made by the
    next round of `markdowns_apply`.
    """
    listings = open_listings_with_plan_locked(event_ids)
    games = games_of(event_ids={listing.event_id for listing in listings})
    prices = [price_resumed(listing, clock=games[listing.event_id].clock, now=now) for listing in listings]
    prices_update(prices=prices, now=now)
    return len(prices)


def _mark_down(listings: Sequence[Listing], now: datetime) -> int:
    games = games_of(event_ids={listing.event_id for listing in listings})
    rates = floor_rates(listings=listings, games=games, on=rate_day(now))
    prices = [
        _marked_down(listing, clock=games[listing.event_id].clock, rate_bps=rates.get(listing.id), now=now)
        for listing in listings
    ]
    return prices_write(listings, prices, Act(None, ChangeSource.SYSTEM, now))


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
