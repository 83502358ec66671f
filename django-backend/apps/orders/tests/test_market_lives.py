"""Listings live at random: the market offers exactly the quantities that a buyer can hold at that moment."""

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from apps.catalog.enums import EventStatus
from apps.catalog.models import Event
from apps.common.errors import DomainError
from apps.listings.api import listings_on_sale, supplying
from apps.listings.models import Listing
from apps.listings.testing.stories import hold
from apps.orders.selectors.market import (
    market_event_answer,
    market_event_rows,
    market_events,
    market_listing_answer,
    market_listing_rows,
)
from apps.orders.tests.test_random_lives import Life

pytestmark = pytest.mark.django_db
LIVES, STEPS, SEATS = 4, 12, 4


def offered(listing: Listing, *, at: datetime) -> set[int]:
    """Return the quantities that the market offers, which its list, its filter and its events agree on."""
    events = [market_event_answer(row) for row in market_event_rows(market_events(at=at))]
    shown = [event for event in events if event["id"] == str(listing.event_id)]
    on_sale = listings_on_sale(listing.event_id)
    rows = [market_listing_answer(row) for row in market_listing_rows(on_sale)] if shown else []
    quantities = set(rows[0]["allowed_quantities"]) if rows else set()
    assert [set(event["allowed_quantities"]) for event in shown] == ([quantities] if rows else [])
    filtered = {quantity for quantity in range(1, SEATS + 2) if supplying(on_sale, quantity=quantity).exists()}
    assert filtered == quantities or not shown
    return quantities


def holdable(listing: Listing, *, at: datetime) -> set[int]:
    """Return the quantities that a buyer can hold; nothing stays held."""
    found = set()
    for quantity in range(1, SEATS + 2):
        with transaction.atomic():
            try:
                hold(listing, quantity=quantity, now=at)
                found.add(quantity)
            except DomainError:
                pass
            transaction.set_rollback(True)
    return found


def test_what_is_offered_can_be_held_and_nothing_else_can() -> None:
    """Staff still record sales at a postponed event; the market offers none before there is a date."""
    seen = set[tuple[int, ...]]()
    for seed in range(LIVES):
        life, done = Life(seed), list[str]()
        for number in range(STEPS):
            done.append(life.step())
            if number % 3 == 0:  # a buyer who never pays, and never ends
                try:
                    hold(life.listing, quantity=1, now=life.now, lasts=timedelta(minutes=15))
                except DomainError as refusal:
                    done.append(str(refusal))
            is_postponed = Event.objects.get(id=life.listing.event_id).status == EventStatus.POSTPONED
            can = set() if is_postponed else holdable(life.listing, at=life.now)
            assert offered(life.listing, at=life.now) == can, "\n".join(done)
            seen.add(tuple(sorted(can)))
    assert {(), (1,)} < seen, seen
