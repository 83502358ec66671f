"""Holds between sales, new prices, delistings, voids, timers and changes of the event, in any order.

No seat is ever held without a live hold, and none is sold at another price than it was held for.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from apps.catalog.testing.factories import VenueFactory
from apps.catalog.testing.stories import begin
from apps.common.errors import DomainError
from apps.common.testing.acts import act_of
from apps.listings.enums import LISTING_MOVES, HoldOwner, ListingMove, Mover
from apps.listings.models import Hold, Listing, Ticket
from apps.listings.services.lifecycle.choosing import SeatRequest
from apps.listings.services.lifecycle.holding import holds_expire, holds_extend, holds_release, seats_hold
from apps.listings.services.lifecycle.moves import listings_expire
from apps.listings.testing.stories import move, on_sale
from apps.monitoring.selectors.invariants import INVARIANTS
from apps.orders.models import Sale
from apps.orders.services.event_changes import event_cancel, event_postpone, event_reschedule
from apps.orders.services.sales import sale_record
from apps.orders.testing.stories import NOW, record, void
from apps.season_tickets.testing.factories import SeasonTicketFactory

pytestmark = pytest.mark.django_db
EXAMPLES, STEPS = 4, 25
PEOPLE_MOVE = [move for move, row in LISTING_MOVES.items() if row.mover in {Mover.HOLDER, Mover.STAFF}]
WATCHED = [one for one in INVARIANTS if one.name in {
    "seats_active_once", "sold_seats_have_one_sale", "listings_fit_their_seats", "held_seats_have_live_holds",
}]  # fmt: skip


class World:
    """Two listings of four seats at one event and at another, and what may happen to them."""

    def __init__(self) -> None:
        block = SeasonTicketFactory()
        self.listings = [on_sale(block=block) for _ in range(2)]
        for listing in self.listings:
            begin(listing.event, at=NOW + timedelta(hours=10))
        self.elsewhere = VenueFactory()
        self.now, self.log = NOW, list[str]()
        self.seen = set[str]()

    @transaction.atomic
    def hold(self, listing: Listing, number: int) -> None:
        """Hold a quantity of one listing, or of both."""
        both = self.listings if number % 3 == 0 else [listing]
        seats_hold(
            requests=[SeatRequest(one.id, quantity=1 + number % 2) for one in both], owner_kind=HoldOwner.ORDER,
            owner_id=uuid4(), expires_at=self.now + timedelta(minutes=30 * (1 + number % 4)), act=act_of(now=self.now),
        )  # fmt: skip

    def _some(self, number: int) -> Hold | None:
        """Return a hold, live or not."""
        holds = list(Hold.objects.order_by("held_at", "id"))
        return holds[number % len(holds)] if holds else None

    def sell_hold(self, _: Listing, number: int) -> None:
        """Pay now, or some time ago; the price of what is sold is that of the hold, whatever it is by now."""
        if row := self._some(number):
            sales = sale_record(
                hold_id=row.id, marketplace="stubhub", invoice_number="1", allow_duplicate_invoice=True,
                act=act_of(now=self.now), sold_at=self.now - timedelta(hours=number % 5),
            )  # fmt: skip
            assert row.outcome == "", "a hold that has ended was sold"
            assert sorted(sale.ticket.seat for sale in sales) == sorted(row.seats)
            assert {sale.price_cents for sale in sales} == {row.price_cents}

    def sell(self, listing: Listing, number: int) -> None:
        """Sell seats that nobody holds; those of a hold stay its own."""
        held = set(Ticket.objects.filter(status="held").values_list("id", flat=True))
        sales = record(listing, quantity=1 + number % 4, ignore_split_rule=True, now=self.now)
        assert not held & {sale.ticket_id for sale in sales}, "a held seat was sold to somebody else"

    def make_void(self, _: Listing, number: int) -> None:
        if sales := list(Sale.objects.filter(voided_at=None).order_by("id")):
            void([sales[number % len(sales)]], return_seats=number % 2 == 0, now=self.now)

    def release(self, _: Listing, number: int) -> None:
        if row := self._some(number):
            holds_release(hold_ids=[row.id], act=act_of(now=self.now))

    def extend(self, _: Listing, number: int) -> None:
        if row := self._some(number):
            holds_extend(hold_ids=[row.id], expires_at=self.now + timedelta(hours=number), act=act_of(now=self.now))

    def reprice(self, listing: Listing, number: int) -> None:
        Listing.objects.filter(id=listing.id).update(price_cents=1_000 + number)

    def people_move(self, listing: Listing, number: int) -> None:
        move(listing, PEOPLE_MOVE[number % len(PEOPLE_MOVE)], now=self.now)

    def delist(self, listing: Listing, number: int) -> None:
        for wanted in (ListingMove.REQUEST_DELISTING, ListingMove.DELIST_WHEN_RELEASED):
            move(listing, wanted, now=self.now)

    def time_passes(self, _: Listing, number: int) -> None:
        """The timers run late, one of them or both."""
        self.now += timedelta(minutes=20 * number)
        if number % 3 != 1:
            holds_expire(now=self.now)
        if number % 3 != 2:
            listings_expire(now=self.now)

    def event_changes(self, listing: Listing, number: int) -> None:
        changes: list[Callable[..., Any]] = [event_cancel, event_postpone, event_reschedule, event_reschedule]
        wanted: dict[str, Any] = {"event_id": listing.event_id, "act": act_of(now=self.now, reason="Weather")}
        if (change := changes[number % 4]) is event_reschedule:
            wanted["starts_at"] = self.now + timedelta(hours=1 + number)
            wanted["venue_id"] = self.elsewhere.id if number % 4 == 3 else None
        change(**wanted)

    def step(self, what: str, listing: Listing, number: int) -> None:
        try:
            with transaction.atomic():
                getattr(self, what)(listing, number)
            self.log.append(f"{what} {number}")
        except DomainError as refusal:
            self.log.append(f"{what} {number}: {refusal}")
        self.check(self.now)

    def check(self, now: datetime) -> None:
        """Check what the monitor checks; holds may be over as long as no timer has run."""
        for row in Hold.objects.filter(released_at=None):
            now = min(now, row.expires_at)
        for one in WATCHED:
            assert not one.find(now=now).count, one.sentence
        for listing in self.listings:
            listing.refresh_from_db(fields=["status"])
            self.seen.add(listing.status)


STEP = st.tuples(
    st.sampled_from([
        "hold", "hold", "hold", "sell_hold", "sell_hold", "sell", "make_void", "release", "extend", "reprice",
        "people_move", "delist", "time_passes", "time_passes", "event_changes",
    ]),
    st.integers(0, 1),
    st.integers(0, 11),
)  # fmt: skip
# A cancelled event ends holds of a listing on sale, of one that has expired, and of one that is being delisted.
CANCELLED = [("hold", 0, 0), ("hold", 0, 0), ("delist", 1, 0), ("event_changes", 1, 0), ("event_changes", 0, 0)]
# Paid before the start and reported after it, at the price before; the other listing is being delisted.
LATE = [("hold", 0, 3), ("reprice", 0, 7), ("delist", 1, 0), *[("time_passes", 0, 10)] * 3, ("sell_hold", 0, 4)]


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],  # the log says the steps
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@example(CANCELLED)
@example(LATE)
@given(steps=st.lists(STEP, min_size=STEPS, max_size=STEPS))
def test_leave_no_seat_held_for_nobody_and_sell_none_at_another_price(steps: list[tuple[str, int, int]]) -> None:
    with transaction.atomic():
        world = World()
        try:
            for what, which, number in steps:
                world.step(what, world.listings[which], number)
            holds_expire(now=world.now + timedelta(days=2))
            assert not Ticket.objects.filter(status="held").exists(), "every hold has an end"
            world.check(world.now)
        except AssertionError as error:
            raise AssertionError("\n".join([*world.log, str(error)])) from error
        finally:
            transaction.set_rollback(True)
