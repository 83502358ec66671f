"""Holds against buyers, the timer and changes of the event, in real transactions at once; each guard with its twin."""

import threading
from collections import Counter
from collections.abc import Collection
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from apps.common.testing.acts import act_of
from apps.common.testing.races import PATIENCE_SECONDS, Job, after_statement, before_commit, while_uncommitted
from apps.common.testing.threads import at_once
from apps.listings.enums import TICKET_MOVES, TicketStatus
from apps.listings.errors.sales import HoldEnded, SeatsNotHeld
from apps.listings.models import Hold, Listing, Ticket
from apps.listings.services.lifecycle import holding, writing
from apps.listings.services.lifecycle.holding import hold_sell, holds_expire, holds_extend, holds_release
from apps.listings.services.lifecycle.selling import SoldSeats
from apps.listings.testing.stories import FIFTEEN, hold, on_sale, statuses
from apps.orders.services.event_changes import EventChanged, event_cancel

pytestmark = pytest.mark.django_db(transaction=True)


def unguarded(monkeypatch: pytest.MonkeyPatch, after_read: Job = lambda: None) -> None:
    """Have holds read listings and seats without locks, and write seats of any status."""

    def tickets(listing_ids: Collection[UUID]) -> list[Any]:
        rows = list(Ticket.objects.select_related("event__venue").filter(listing__in=listing_ids))
        for row in rows:
            row.listed_at = row.created_at  # type: ignore[attr-defined]  # annotated by the lock
        after_read()
        return rows

    everything = {move: row._replace(begins=frozenset(TicketStatus)) for move, row in TICKET_MOVES.items()}
    listings = Listing.objects.select_related("event__venue", "event__home_team", "season_ticket")
    monkeypatch.setattr(holding, "listings_locked", lambda ids, *_related: list(listings.filter(id__in=ids)))
    monkeypatch.setattr(holding, "listings_free_locked", list)
    monkeypatch.setattr(holding, "tickets_locked", tickets)
    monkeypatch.setattr(writing, "TICKET_MOVES", everything)


def sell(row: Hold) -> Job:
    return lambda: hold_sell(hold_id=row.id, act=act_of())


def expire(row: Hold) -> Job:
    return lambda: holds_expire(now=row.expires_at)


def cancel(listing: Listing) -> Job:
    return lambda: event_cancel(event_id=listing.event_id, act=act_of(reason="Flood"))


def lost() -> list[Hold]:
    """Return the live holds whose seats are not all theirs."""
    live = Hold.objects.filter(released_at=None)
    return [row for row in live if Ticket.objects.filter(hold=row).count() != len(row.seats)]


class TestTwoBuyers:
    def test_one_of_many_holds_the_seats(self) -> None:
        """S4-07."""
        listing = on_sale()
        results = at_once(*[lambda: hold(listing, "2", "3") for _ in range(6)])
        assert Counter(type(result) for result in results) == {Hold: 1, SeatsNotHeld: 5}, results
        assert (statuses(listing), lost()) == ("listed ahha", [])

    def test_would_both_hold_them_without_the_guards(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: both read, then both write."""
        listing, barrier = on_sale(), threading.Barrier(2)
        unguarded(monkeypatch, lambda: barrier.wait(PATIENCE_SECONDS))
        results = at_once(*[lambda: hold(listing, "2", "3") for _ in range(2)])
        assert Counter(type(result) for result in results) == {Hold: 2}, results
        assert len(lost()) == 1


class TestTimer:
    def test_skips_what_its_owner_is_paying_for(self) -> None:
        """It does not wait: another hold of the batch ends at once."""
        listing, other = on_sale(), on_sale()
        paid, over = hold(listing, "1"), hold(other, "1")
        results: list[object] = []

        def pay() -> None:
            sell(paid)()
            results.extend(at_once(lambda: holds_expire(now=max(paid.expires_at, over.expires_at))))

        assert while_uncommitted(pay) == []
        assert results == [1]
        assert (statuses(listing), statuses(other)) == ("listed saaa", "listed aaaa")
        assert [Hold.objects.get(id=row.id).outcome for row in (paid, over)] == ["sold", "expired"]
        assert holds_expire(now=paid.expires_at) == 0

    def test_would_put_a_sold_seat_on_sale_without_the_guards(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: it reads the hold before the sale commits, and writes after it."""
        listing = on_sale()
        row = hold(listing, "1")
        unguarded(monkeypatch)
        assert while_uncommitted(sell(row), expire(row)) == [1]
        assert statuses(listing) == "listed aaaa"

    @pytest.mark.parametrize("reads_again", [True, False])
    def test_leaves_what_was_extended_since_it_was_found(
        self, reads_again: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Twin: without reading the hold again, it would end."""
        listing = on_sale()
        row = hold(listing, "1")
        if not reads_again:
            monkeypatch.setattr(holding, "_is_over", lambda _: Q())
        extend = lambda: holds_extend(hold_ids=[row.id], expires_at=row.expires_at + FIFTEEN, act=act_of())  # noqa: E731
        ended = after_statement('FROM "listings_hold"', expire(row), then=extend)
        assert (ended, statuses(listing)) == ((0, "listed haaa") if reads_again else (1, "listed aaaa"))


class TestStaff:
    def test_releasing_ended_holds_does_not_wait(self) -> None:
        """They choose a page of holds, and somebody is buying other seats of these listings."""
        listing = on_sale()
        row = hold(listing, "1")
        holds_release(hold_ids=[row.id], act=act_of())

        def release() -> list[Hold]:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = 1")
                return holds_release(hold_ids=[row.id], act=act_of())

        assert before_commit(lambda: hold(listing, "2"), release) == [[]]


class TestCancelling:
    def test_comes_first_and_the_buyer_reads_why(self) -> None:
        listing = on_sale()
        row = hold(listing, "1")
        [result] = while_uncommitted(cancel(listing), sell(row))
        assert isinstance(result, HoldEnded)
        assert "Event cancelled: Flood" in str(result)
        assert statuses(listing) == "delisted wwww"

    def test_comes_second_and_finds_the_sale(self) -> None:
        listing = on_sale()
        row = hold(listing, "1", now=timezone.now() - timedelta(minutes=1))
        [result] = while_uncommitted(sell(row), cancel(listing))
        assert isinstance(result, EventChanged)
        assert (statuses(listing), Hold.objects.get().outcome) == ("delisted swww", "sold")

    def test_would_sell_a_seat_of_a_cancelled_event_without_the_guards(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: the sale reads the event before it is cancelled."""
        listing = on_sale()
        row = hold(listing, "1")
        unguarded(monkeypatch)
        [result] = while_uncommitted(cancel(listing), sell(row))
        assert isinstance(result, SoldSeats)
        assert statuses(listing) == "delisted swww"
