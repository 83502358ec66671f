"""Sales against other sales, delistings, new prices and cancellations, in real transactions at once."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.common.acts import ChangeSource
from apps.common.testing.acts import act_of
from apps.common.testing.guards import without_guards
from apps.common.testing.races import PATIENCE_SECONDS, wait_for_waiters
from apps.common.testing.threads import at_once
from apps.listings import locks
from apps.listings.enums import TICKET_MOVES, ListingMove, ListingStatus, Move, TicketMove, TicketStatus
from apps.listings.errors.listings import ListingMoveRefused
from apps.listings.errors.sales import ListingNotForSale, SeatNotForSale
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.services.lifecycle import selling, writing
from apps.listings.services.lifecycle.moves import listing_move
from apps.listings.services.listing_prices import listing_change
from apps.listings.testing.stories import move, on_sale, statuses
from apps.orders.errors.sales import SaleVoid
from apps.orders.models import Sale
from apps.orders.services.event_changes import EventChanged, event_cancel
from apps.orders.testing.stories import record, void

pytestmark = pytest.mark.django_db(transaction=True)
Job = Callable[[], object]


@pytest.fixture
def no_sale_index() -> Iterator[None]:
    with without_guards("orders_sale", "sale_ticket_sold_once"):
        yield


def sell(listing: Listing, *seats: str, quantity: int | None = None, **more: Any) -> Job:
    return lambda: record(listing, *seats, quantity=quantity, now=timezone.now(), **more)


def approve_delisting(listing: Listing) -> Job:
    return lambda: listing_move(listing_id=listing.id, move=ListingMove.APPROVE_DELISTING, act=act_of())


def while_locked(listing: Listing, change: Job, *jobs: Job) -> list[object]:
    """Make a change under the listing's lock, start the jobs, and commit once each of them waits for the lock."""
    results: list[object] = []
    with transaction.atomic():
        locks.listings_locked([listing.id])
        change()
        thread = threading.Thread(target=lambda: results.extend(at_once(*jobs)))
        thread.start()
        wait_for_waiters(len(jobs))
    thread.join(60)
    return results


def without_locks(monkeypatch: pytest.MonkeyPatch, after_read: Job) -> None:
    """Have sales read listings and seats beside the locks; `after_read` runs before they go on."""

    def read(listing_ids: Any) -> list[Ticket]:
        tickets = list(Ticket.objects.select_related("event__venue").filter(listing__in=listing_ids))
        for ticket in tickets:
            ticket.listed_at = ticket.created_at
        after_read()
        return tickets

    monkeypatch.setattr(selling, "listings_locked", lambda ids, *_related: list(Listing.objects.filter(id__in=ids)))
    monkeypatch.setattr(selling, "tickets_locked", read)


def without_condition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have seats marked as sold whatever they are."""
    everything = Move(frozenset(TicketStatus), TicketStatus.SOLD)
    monkeypatch.setattr(writing, "TICKET_MOVES", {**TICKET_MOVES, TicketMove.SELL: everything})


class TestTwoSales:
    def test_quantities_share_the_seats(self) -> None:
        listing = on_sale()
        results = at_once(*[sell(listing, quantity=1) for _ in range(6)])
        assert Counter(type(result) for result in results)[list] == 4
        assert all(isinstance(result, list | ListingNotForSale) for result in results), results
        assert Sale.objects.values("ticket").distinct().count() == Sale.objects.count() == 4
        assert ListingEvent.objects.filter(listing=listing, to_status="sold").count() == 1

    def test_would_sell_the_seat_twice_without_the_guards(
        self, no_sale_index: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Twin: no lock, no conditional update, no index; both read, then both write."""
        listing, barrier = on_sale("1"), threading.Barrier(2)

        without_locks(monkeypatch, lambda: barrier.wait(PATIENCE_SECONDS))
        without_condition(monkeypatch)
        results = at_once(sell(listing, "1"), sell(listing, "1"))
        assert Counter(type(result) for result in results) == {list: 2}, results
        assert Sale.objects.filter(ticket__listing=listing, voided_at=None).count() == 2

    @pytest.mark.parametrize("guard", ["update", "index"])
    def test_each_later_guard_alone_keeps_the_seat(
        self, guard: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
    ) -> None:
        """Without the locks, the conditional update or the index still lets one sale through only."""
        listing, barrier = on_sale("1"), threading.Barrier(2)
        without_locks(monkeypatch, lambda: barrier.wait(PATIENCE_SECONDS))
        if guard == "update":
            request.getfixturevalue("no_sale_index")
        else:
            without_condition(monkeypatch)
        results = at_once(sell(listing, "1"), sell(listing, "1"))
        assert sum(isinstance(result, list) for result in results) == 1, results
        assert Sale.objects.count() == 1


class TestDelisting:
    def test_loses_to_a_sale_that_commits_first(self) -> None:
        listing = move(on_sale(), ListingMove.REQUEST_DELISTING)
        refusal = while_locked(listing, sell(listing, quantity=4), approve_delisting(listing))[0]
        assert isinstance(refusal, ListingMoveRefused)
        assert "the listing has been sold since" in str(refusal)
        assert statuses(listing) == "sold ssss"

    def test_wins_against_a_sale_that_waits(self) -> None:
        listing = move(on_sale(), ListingMove.REQUEST_DELISTING)
        refusal = while_locked(listing, approve_delisting(listing), sell(listing, "1"))[0]
        assert isinstance(refusal, ListingNotForSale)
        assert "delisted since" in str(refusal)
        assert "before your request" in str(refusal) or "waited" in str(refusal)
        assert (statuses(listing), Sale.objects.count()) == ("delisted wwww", 0)

    def test_withdraws_only_what_a_sale_left(self) -> None:
        listing = move(on_sale(), ListingMove.REQUEST_DELISTING)
        result = while_locked(listing, sell(listing, "1"), approve_delisting(listing))[0]
        assert isinstance(result, Listing)
        assert statuses(listing) == "delisted swww"

    @pytest.mark.parametrize("condition", [True, False])
    def test_would_have_two_outcomes_without_the_guards(self, condition: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: a sale that reads before the delisting and writes after it. The conditional update alone stops it."""
        listing, read, delisted = move(on_sale(), ListingMove.REQUEST_DELISTING), threading.Event(), threading.Event()

        def between() -> None:
            read.set()
            assert delisted.wait(PATIENCE_SECONDS)

        def delist() -> object:
            assert read.wait(PATIENCE_SECONDS)
            approve_delisting(listing)()
            delisted.set()
            return "delisted"

        without_locks(monkeypatch, between)
        if not condition:
            without_condition(monkeypatch)
        sale, delisting = at_once(sell(listing, "1"), delist)
        assert delisting == "delisted"
        assert isinstance(sale, SeatNotForSale if condition else list), sale
        assert statuses(listing) == f"delisted {'w' if condition else 's'}www"


class TestReprice:
    def reprice(self, listing: Listing, cents: int) -> Job:
        return lambda: listing_change(
            holder=listing.holder,
            listing_id=listing.id,
            price_cents=cents,
            changes={},
            act=act_of(listing.holder.user, source=ChangeSource.API, now=timezone.now()),
        )

    def test_a_sale_that_waited_has_the_new_price(self) -> None:
        """The price of a sale is what the listing's lock showed: the one that its history has at that moment."""
        listing = on_sale()
        sale = while_locked(listing, self.reprice(listing, 12_000), sell(listing, "1"))[0]
        assert isinstance(sale, list)
        assert [row.price_cents for row in sale] == [12_000]
        assert Sale.objects.get().payout_cents == 9_600

    def test_a_sale_that_came_first_has_the_old_price(self) -> None:
        listing = on_sale()
        while_locked(listing, sell(listing, "1"), self.reprice(listing, 12_000))
        assert Sale.objects.get().price_cents == 10_000
        assert Listing.objects.get(id=listing.id).price_cents == 12_000

    def test_the_price_the_buyer_saw_is_kept(self) -> None:
        """What the marketplace reported counts, whatever the listing costs by now."""
        listing = on_sale()
        sale = while_locked(listing, self.reprice(listing, 12_000), sell(listing, "1", price_cents=10_000))[0]
        assert isinstance(sale, list)
        assert Sale.objects.get().price_cents == 10_000

    def test_would_be_missed_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: a sale that reads beside the lock sells at a price that is gone when it commits."""
        listing = on_sale()
        monkeypatch.setattr(selling, "listings_locked", lambda ids: list(Listing.objects.filter(id__in=ids)))
        reads = threading.Event()
        writes = threading.Event()
        locked = selling.tickets_locked

        def read(listing_ids: Any) -> list[Ticket]:
            reads.set()
            assert writes.wait(PATIENCE_SECONDS)
            return locked(listing_ids)

        monkeypatch.setattr(selling, "tickets_locked", read)

        def reprice() -> None:
            assert reads.wait(PATIENCE_SECONDS)
            self.reprice(listing, 12_000)()
            writes.set()

        at_once(sell(listing, "1"), reprice)
        assert Sale.objects.get().price_cents == 10_000
        assert Listing.objects.get(id=listing.id).price_cents == 12_000


class TestCancelledEvent:
    def cancel(self, listing: Listing) -> Job:
        return lambda: event_cancel(event_id=listing.event_id, act=act_of(now=timezone.now(), reason="No stadium"))

    @pytest.mark.parametrize("attempt", range(3))
    def test_every_sale_is_refunded_or_never_made(self, attempt: int) -> None:
        listing = on_sale()
        sale, cancelled = at_once(sell(listing, quantity=2), self.cancel(listing))
        assert isinstance(cancelled, EventChanged), cancelled
        assert not Sale.objects.filter(refund_due_at=None).exists()
        if isinstance(sale, list):
            assert statuses(listing) == "delisted ssww"
        else:
            assert isinstance(sale, ListingNotForSale)
            assert (statuses(listing), Sale.objects.count()) == ("delisted wwww", 0)

    def test_a_sale_that_commits_first_is_refunded(self) -> None:
        listing = on_sale()
        while_locked(listing, sell(listing, quantity=4), self.cancel(listing))
        assert statuses(listing) == "sold ssss"
        assert Sale.objects.filter(refund_due_at__isnull=False).count() == 4

    def test_a_void_and_a_cancellation_leave_nothing_on_sale(self) -> None:
        """The seats of a sold-out listing come back, or they do not; the event takes them off sale either way."""
        listing = on_sale()
        sales = record(listing, quantity=4, now=timezone.now())
        at_once(lambda: void(sales, now=timezone.now()), self.cancel(listing))
        assert Listing.objects.get(id=listing.id).status in {ListingStatus.DELISTED, ListingStatus.SOLD}
        assert not Ticket.objects.filter(listing=listing, status=TicketStatus.AVAILABLE).exists()


class TestVoid:
    def test_happens_once(self) -> None:
        listing = on_sale()
        sales = record(listing, "1", now=timezone.now())
        results = at_once(*[lambda: void(sales, now=timezone.now())] * 6)
        assert Counter(type(result) for result in results) == {list: 1, SaleVoid: 5}
        assert statuses(listing) == "listed aaaa"

    def test_in_opposite_orders_ends_without_a_deadlock(self) -> None:
        listings = [on_sale() for _ in range(4)]
        sales = [sale for listing in listings for sale in record(listing, quantity=4, now=timezone.now())]
        jobs = [lambda rows=rows: void(rows, now=timezone.now()) for rows in (sales, sales[::-1]) * 3]
        assert Counter(type(result) for result in at_once(*jobs)) == {list: 1, SaleVoid: 5}
