"""Listings live at random: whatever people and timers do, history, seats, sales and cents agree after each step."""

import random
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from apps.catalog.models import Event
from apps.catalog.testing.stories import begin
from apps.common.acts import ChangeSource
from apps.common.errors import DomainError
from apps.common.testing.acts import act_of
from apps.listings.enums import LISTING_MOVES, SELLABLE_LISTING_STATUSES, Mover
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import ListingTerms
from apps.listings.services.lifecycle.moves import listings_expire
from apps.listings.services.listing_prices import listing_change
from apps.listings.testing.stories import move, on_sale
from apps.orders.models import Sale
from apps.orders.services.event_changes import event_cancel, event_postpone, event_reschedule
from apps.orders.testing.stories import NOW, record, void

pytestmark = pytest.mark.django_db
LIVES, STEPS = 12, 30
MOVES = [move for move, row in LISTING_MOVES.items() if row.mover in {Mover.HOLDER, Mover.STAFF}]
# What happens often, and what ends most lives, once.
OFTEN, SELDOM = 6, 1


class Life:
    """One listing of four seats, and what may happen to it."""

    def __init__(self, seed: int) -> None:
        self.dice, self.now = random.Random(seed), NOW
        rule = self.dice.choice([SplitRule.ANY, SplitRule.NEVER_LEAVE_ONE, SplitRule.PAIRS])
        self.listing = on_sale(terms=ListingTerms(split_rule=rule))
        begin(self.listing.event, at=NOW + timedelta(hours=30))
        self.seen = ["pending", "listed"]

    def step(self) -> str:
        """Do one thing that may be refused; return which."""
        self.now += timedelta(hours=1)
        ways: list[tuple[int, Callable[[], object]]] = [
            (OFTEN, self.sell), (OFTEN, self.make_void), (OFTEN, self.reprice), (2 * OFTEN, self.move),
            (OFTEN, self.expire), (SELDOM, self.postpone), (2 * SELDOM, self.reschedule), (SELDOM, self.cancel),
        ]  # fmt: skip
        way = self.dice.choices([way for _, way in ways], [weight for weight, _ in ways])[0]
        try:
            way()
        except DomainError as refusal:
            return f"{way.__name__}: {refusal}"
        return way.__name__

    def sell(self) -> None:
        times = {"now": self.now, "sold_at": self.now - timedelta(hours=self.dice.choice([0, 0, 3]))}
        seats = self.dice.sample(["1", "2", "3", "4"], self.dice.randint(1, 4))
        cents = self.dice.choice([None, 1, 9_999, 12_345])
        record(self.listing, *seats, price_cents=cents, ignore_split_rule=self.dice.random() < 0.5, **times)

    def make_void(self) -> None:
        counting = list(Sale.objects.filter(listing=self.listing, voided_at=None).order_by("id"))
        if counting:
            chosen = self.dice.sample(counting, self.dice.randint(1, len(counting)))
            void(chosen, return_seats=self.dice.random() < 0.4, now=self.now)

    def reprice(self) -> None:
        listing_change(
            holder=self.listing.holder,
            listing_id=self.listing.id,
            price_cents=self.dice.randint(1, 20_000),
            changes={},
            act=act_of(self.listing.holder.user, source=ChangeSource.API, now=self.now),
        )

    def move(self) -> None:
        move(self.listing, self.dice.choice(MOVES), now=self.now)

    def expire(self) -> None:
        listings_expire(now=self.now)

    def postpone(self) -> None:
        event_postpone(**self._event())

    def reschedule(self) -> None:
        event_reschedule(starts_at=self.now + timedelta(hours=self.dice.randint(2, 20)), **self._event())

    def cancel(self) -> None:
        event_cancel(**self._event())

    def _event(self) -> dict[str, object]:
        act = act_of(source=ChangeSource.SYSTEM, now=self.now, reason="Weather")
        return {"event_id": self.listing.event_id, "act": act}

    def check(self) -> None:
        """Compare what the tables say."""
        status = Listing.objects.get(id=self.listing.id).status
        if status != self.seen[-1]:
            self.seen.append(status)
        history = ListingEvent.objects.filter(listing=self.listing).order_by("id")
        rows = list(history.filter(change="status").values_list("from_status", "to_status"))
        assert [to for _, to in rows] == self.seen, "one row for each change of the status, and no other"
        assert [before for before, _ in rows] == ["", *self.seen[:-1]]
        self.check_seats(status)
        changes = history.filter(change="price").values_list("from_price_cents", "to_price_cents")
        self.check_cents(list(changes))

    def check_seats(self, status: str) -> None:
        tickets = dict(Ticket.objects.filter(listing=self.listing).values_list("id", "status"))
        seats = sorted(tickets.values())
        counting = Sale.objects.filter(listing=self.listing, voided_at=None).values_list("ticket", flat=True)
        assert sorted(counting) == sorted(ticket for ticket, seat in tickets.items() if seat == "sold")
        assert ("available" in seats) == (status in SELLABLE_LISTING_STATUSES | {"pending"}), (status, seats)
        assert status != "sold" or "sold" in seats, "a sold listing has sold something"

    def check_cents(self, changes: Sequence[tuple[int, int]]) -> None:
        prices = [10_000, *(after for _, after in changes)]
        assert [before for before, _ in changes] == prices[:-1]
        assert Listing.objects.get(id=self.listing.id).price_cents == prices[-1]
        for sale in Sale.objects.filter(listing=self.listing):
            assert sale.price_cents == sale.commission_cents + sale.payout_cents
            assert sale.commission_cents == (sale.price_cents * sale.rate_bps + 5_000) // 10_000
            assert sale.refund_due_at is None or Event.objects.get(id=sale.event_id).status == "cancelled"


def test_everything_agrees_after_each_step() -> None:
    """S3-52: the statuses of the listing are those of its history, one row each; seats and sales fit.

    Together the lives reach every status that a listing can have after its approval, else nothing was tried.
    """
    reached = set[str]()
    for seed in range(LIVES):
        life, done = Life(seed), list[str]()
        for _ in range(STEPS):
            done.append(life.step())
            try:
                life.check()
            except AssertionError as error:
                raise AssertionError("\n".join([*done, str(error)])) from error
        reached.update(life.seen)
    assert reached >= {"listed", "delisting_requested", "delisted", "pending", "expired", "sold"}, reached
