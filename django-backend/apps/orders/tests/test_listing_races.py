"""Seats are sold while their event or listing is taken off sale, in real transactions; each guard with its twin."""

import threading
from datetime import datetime, timedelta

import pytest
from django.db.models import Q
from django.utils import timezone

from apps.catalog.testing.stories import begin
from apps.common.acts import ChangeSource
from apps.common.testing.acts import act_of
from apps.common.testing.races import PATIENCE_SECONDS, Job, after_statement, before_commit, while_uncommitted
from apps.common.testing.threads import at_once
from apps.listings.enums import OPEN_LISTING_STATUSES, ListingMove
from apps.listings.errors.listings import ListingMoveRefused, SeasonTicketInUse
from apps.listings.errors.sales import ListingNotForSale, SeatNotForSale
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.services import season_ticket_guards
from apps.listings.services.lifecycle import moves as lifecycle_moves
from apps.listings.services.lifecycle.moves import listings_expire
from apps.listings.testing.stories import move, on_sale, pending, statuses
from apps.orders.models import Sale
from apps.orders.services.event_changes import EventChanged, event_cancel, event_postpone, event_reschedule
from apps.orders.testing.stories import record, void
from apps.orders.tests.test_sale_races import sell, without_condition, without_locks
from apps.season_tickets.services.decisions import season_ticket_end
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def cancel(listing: Listing) -> Job:
    return lambda: event_cancel(
        event_id=listing.event_id, act=act_of(source=ChangeSource.SYSTEM, now=timezone.now(), reason="Flood")
    )


def expire() -> int:
    return listings_expire(now=timezone.now())


def moves(listing: Listing, name: ListingMove) -> Job:
    return lambda: move(listing, name, now=timezone.now())


def begun() -> tuple[Listing, datetime]:
    """Return a listing that the timer has not seen since its event began, and a time before that."""
    listing, start = on_sale(), timezone.now() - timedelta(minutes=5)
    begin(listing.event, at=start)
    return listing, start - timedelta(minutes=5)


def sale_around(change: Job, sale: Job, monkeypatch: pytest.MonkeyPatch, *, condition: bool) -> object:
    """Take the locks away, and the conditional update unless `condition`: a sale reads, the change is made, it writes.

    Returns what the sale came to.
    """
    read, changed = threading.Event(), threading.Event()

    def between() -> None:
        read.set()
        assert changed.wait(PATIENCE_SECONDS)

    def late_change() -> None:
        assert read.wait(PATIENCE_SECONDS)
        try:
            change()
        finally:
            changed.set()

    without_locks(monkeypatch, between)
    if not condition:
        without_condition(monkeypatch)
    result, outcome = at_once(sale, late_change)
    assert outcome is None, outcome
    return result


class TestCancellation:
    def test_that_comes_first_refuses_the_sale(self) -> None:
        """S3-52."""
        listing = on_sale()
        refusal = while_uncommitted(cancel(listing), sell(listing, "1"))[0]
        assert isinstance(refusal, ListingNotForSale), refusal
        assert (statuses(listing), Sale.objects.count()) == ("delisted wwww", 0)

    def test_that_comes_second_flags_the_sale(self) -> None:
        listing = on_sale()
        result = while_uncommitted(sell(listing, "1"), cancel(listing))[0]
        assert isinstance(result, EventChanged), result
        assert (statuses(listing), Sale.objects.filter(refund_due_at=None).count()) == ("delisted swww", 0)

    @pytest.mark.parametrize("condition", [True, False])
    def test_would_leave_a_sale_unrefunded_without_the_guards(
        self, condition: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Twin: the conditional update alone stops the sale; without it nobody owes the buyer anything."""
        listing = on_sale()
        sale = sale_around(cancel(listing), sell(listing, "1"), monkeypatch, condition=condition)
        assert isinstance(sale, SeatNotForSale if condition else list), sale
        assert statuses(listing) == f"delisted {'w' if condition else 's'}www"
        assert Sale.objects.filter(refund_due_at=None).count() == (0 if condition else 1)


class TestExpiry:
    def test_that_comes_first_leaves_the_sale_of_before_the_start(self) -> None:
        """S3-52: the timer and the marketplace's report; the sale is a fact in either order."""
        listing, before = begun()
        sale = while_uncommitted(expire, sell(listing, "1", sold_at=before))[0]
        assert isinstance(sale, list), sale
        assert statuses(listing) == "expired swww"

    def test_that_meets_a_sale_leaves_the_listing_for_its_next_round(self) -> None:
        """It does not wait either: it has the locks of others, for which somebody may be waiting."""
        listing, before = begun()
        assert before_commit(sell(listing, "1", sold_at=before), expire) == [0]
        assert expire() == 1
        assert statuses(listing) == "expired swww"

    def test_leaves_a_listing_whose_last_seat_went(self) -> None:
        listing, before = begun()
        assert before_commit(sell(listing, quantity=4, sold_at=before), expire) == [0]
        assert expire() == 0
        assert statuses(listing) == "sold ssss"
        assert ListingEvent.objects.filter(listing=listing, change="status", from_status="listed").count() == 1

    @pytest.mark.parametrize("condition", [True, False])
    def test_would_lose_the_sale_without_the_locks(self, condition: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: a sale that reads beside the locks is refused, or takes a seat that the listing has no more."""
        listing, before = begun()
        sale = sale_around(expire, sell(listing, "1", sold_at=before), monkeypatch, condition=condition)
        assert isinstance(sale, SeatNotForSale if condition else list), sale
        assert ListingEvent.objects.filter(listing=listing, note="Sold: seat 1", to_status="listed").count() == (
            0 if condition else 1
        )

    @pytest.mark.parametrize("fate", ["reschedule", "postpone"])
    def test_leaves_the_listings_of_a_game_that_gets_another_date_meanwhile(self, fate: str) -> None:
        """The timer has found the old date, and has no lock yet."""
        listing, _ = begun()
        assert after_statement("LIMIT 500", expire, then=self.another_date(listing, fate)) == 0
        assert statuses(listing) == "listed aaaa"

    @pytest.mark.parametrize("fate", ["reschedule", "postpone"])
    def test_would_expire_them_without_a_second_look(self, fate: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: the timer goes by the date that it found."""
        monkeypatch.setattr(lifecycle_moves, "listings_of_begun_events", lambda listing_ids, now: listing_ids)
        listing, _ = begun()
        assert after_statement("LIMIT 500", expire, then=self.another_date(listing, fate)) == 1
        assert statuses(listing) == "expired wwww"

    @pytest.mark.parametrize("fate", ["reschedule", "postpone"])
    def test_leaves_the_listings_of_a_game_that_is_getting_another_date(self, fate: str) -> None:
        listing, _ = begun()
        assert before_commit(self.another_date(listing, fate), expire) == [0]
        assert (statuses(listing), expire()) == ("listed aaaa", 0)

    def another_date(self, listing: Listing, fate: str) -> Job:
        now = timezone.now()
        act = act_of(source=ChangeSource.SYSTEM, now=now)
        if fate == "postpone":
            return lambda: event_postpone(event_id=listing.event_id, act=act)
        starts_at = now + timedelta(days=9)
        return lambda: event_reschedule(event_id=listing.event_id, starts_at=starts_at, act=act)


class TestDecisions:
    """About a listing that is not on sale yet, or that may leave it."""

    @pytest.mark.parametrize("decision", [ListingMove.DECLINE, ListingMove.WITHDRAW])
    def test_a_pending_listing_is_not_sold_in_any_order(self, decision: ListingMove) -> None:
        listing = pending()
        refusal = while_uncommitted(moves(listing, decision), sell(listing, "1"))[0]
        assert isinstance(refusal, ListingNotForSale), refusal
        assert "while your request waited" in str(refusal) or "before your request" in str(refusal)
        assert not Sale.objects.exists()

    def test_a_sale_that_waited_for_the_approval_is_made(self) -> None:
        listing = pending()
        sale = while_uncommitted(moves(listing, ListingMove.APPROVE), sell(listing, "1"))[0]
        assert isinstance(sale, list), sale
        assert statuses(listing) == "listed saaa"

    def test_would_be_refused_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: the sale reads the status that is over."""
        listing = pending()
        sale = sale_around(moves(listing, ListingMove.APPROVE), sell(listing, "1"), monkeypatch, condition=True)
        assert isinstance(sale, ListingNotForSale), sale
        assert statuses(listing) == "listed aaaa"

    def test_a_delisting_that_is_declined_for_a_sold_listing_is_refused(self) -> None:
        listing = move(on_sale(), ListingMove.REQUEST_DELISTING)
        refusal = while_uncommitted(sell(listing, quantity=4), moves(listing, ListingMove.DECLINE_DELISTING))[0]
        assert isinstance(refusal, ListingMoveRefused), refusal
        assert statuses(listing) == "sold ssss"

    def test_would_put_a_sold_listing_on_sale_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: who declines reads the status beside the lock, and writes when the last seat is gone."""
        listing = move(on_sale(), ListingMove.REQUEST_DELISTING)

        def unlocked(listing_ids: list[object], *_related: str) -> list[Listing]:
            rows = list(Listing.objects.select_related("event").filter(id__in=listing_ids))
            assert isinstance(at_once(sell(listing, quantity=4))[0], list)
            return rows

        monkeypatch.setattr(lifecycle_moves, "listings_locked", unlocked)
        moves(listing, ListingMove.DECLINE_DELISTING)()
        assert statuses(listing) == "listed ssss"


class TestEndOfBlock:
    """A sale is made void, so that its listing is open again, while staff end the block."""

    def end(self, listing: Listing) -> object:
        staff, sales = UserFactory(staff=True), list(Sale.objects.filter(listing=listing))
        return after_statement(
            '"listings_listing"',
            lambda: season_ticket_end(
                season_ticket_id=listing.season_ticket_id, act=act_of(staff, now=timezone.now(), reason="Moved")
            ),
            then=lambda: void(sales, now=timezone.now()),
        )

    def sold_out(self) -> Listing:
        listing = on_sale()
        record(listing, quantity=4, now=timezone.now())
        return listing

    def test_is_refused_even_if_a_sale_becomes_void_meanwhile(self) -> None:
        listing = self.sold_out()
        refusal = self.end(listing)
        assert isinstance(refusal, SeasonTicketInUse), refusal
        assert (statuses(listing), listing.season_ticket.status) == ("listed aaaa", "verified")

    def test_would_leave_an_open_listing_if_it_counted_twice(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: the open listings are counted before the sale is void, the sold seats after it."""

        def two_statements(*, season_ticket_id: object, now: datetime) -> tuple[int, int]:
            open_ = Q(season_ticket=season_ticket_id, status__in=OPEN_LISTING_STATUSES)
            sold = Q(listing__season_ticket=season_ticket_id, status="sold", event__starts_at__gt=now)
            return Listing.objects.filter(open_).count(), Ticket.objects.filter(sold).count()

        monkeypatch.setattr(season_ticket_guards, "obligations_of", two_statements)
        listing = self.sold_out()
        assert self.end(listing) is None
        listing.season_ticket.refresh_from_db()
        assert (statuses(listing), listing.season_ticket.status) == ("listed aaaa", "ended")
