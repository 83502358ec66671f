"""Mark-downs by the clock: what is due goes down once, the rest stays, and steps move with the date of the event."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from apps.catalog.models import Event
from apps.common.testing.threads import at_once
from apps.holders.testing.factories import CommissionAgreementFactory
from apps.listings import locks
from apps.listings.enums import ListingStatus
from apps.listings.models import Listing
from apps.listings.rules.price_plans import FloorBasis, PriceStep
from apps.listings.rules.terms import ListingTerms
from apps.listings.services import listing_prices
from apps.listings.services.listing_prices import markdowns_apply, markdowns_reschedule
from apps.listings.tasks import apply_markdowns
from apps.listings.testing.stories import pending, reach
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game

STEPS = (PriceStep(14, 1_000), PriceStep(3, 2_500))
KICK_OFF = datetime(2040, 9, 9, 17, tzinfo=UTC)
LISTED_AT = datetime(2040, 7, 1, tzinfo=UTC)
FIRST, SECOND = datetime(2040, 8, 26, 4, tzinfo=UTC), datetime(2040, 9, 6, 4, tzinfo=UTC)


def planned(
    season_ticket: SeasonTicket, event: Event | None = None, *, status: str = "listed", **terms: Any
) -> Listing:
    event = event or home_game(season_ticket, starts_at=KICK_OFF)
    plan = ListingTerms(**{"price_steps": STEPS, **terms})
    listing = pending("1", block=season_ticket, event=event, terms=plan, now=LISTED_AT)
    return reach(listing, ListingStatus(status), now=LISTED_AT)


def state(listing: Listing) -> tuple[int, datetime | None]:
    found = Listing.objects.get(id=listing.id)
    return found.price_cents, found.next_markdown_at


@pytest.mark.django_db
class TestMarkdownsApply:
    def test_lowers_the_price_at_each_step_and_writes_it_down(self, season_ticket: SeasonTicket) -> None:
        listing = planned(season_ticket)
        assert state(listing) == (10_000, FIRST)
        assert markdowns_apply(now=FIRST - timedelta(microseconds=1)) == 0
        assert (markdowns_apply(now=FIRST), state(listing)) == (1, (9_000, SECOND))
        assert (markdowns_apply(now=SECOND), state(listing)) == (1, (7_500, None))
        assert list(
            listing.history.filter(change="price").values_list(
                "source", "actor", "from_status", "to_status", "from_price_cents", "to_price_cents", "at"
            )
        ) == [
            ("system", None, "listed", "listed", 10_000, 9_000, FIRST),
            ("system", None, "listed", "listed", 9_000, 7_500, SECOND),
        ]

    def test_changes_nothing_when_run_again(self, season_ticket: SeasonTicket) -> None:
        listing = planned(season_ticket)
        assert [markdowns_apply(now=FIRST) for _ in range(3)] == [1, 0, 0]
        assert listing.history.filter(change="price").count() == 1

    def test_takes_the_largest_step_after_a_long_pause(self, season_ticket: SeasonTicket) -> None:
        """Never the sum."""
        listing = planned(season_ticket)
        assert (markdowns_apply(now=SECOND + timedelta(hours=9)), state(listing)) == (1, (7_500, None))

    @pytest.mark.parametrize(("status", "lowered"), [
        ("pending", 1), ("listed", 1), ("delisting_requested", 1),
        ("delisted", 0), ("declined", 0), ("expired", 0), ("sold", 0),
    ])  # fmt: skip
    def test_is_for_open_listings_only(self, season_ticket: SeasonTicket, status: str, lowered: int) -> None:
        """What is closed is looked at once a step, not every round."""
        listing = planned(season_ticket, status=status)
        assert markdowns_apply(now=FIRST) == lowered
        assert state(listing) == (9_000 if lowered else 10_000, SECOND)

    @pytest.mark.parametrize("fields", [
        {"status": "postponed"}, {"status": "cancelled"}, {"date_tbd": True, "time_tbd": True},
    ])  # fmt: skip
    def test_waits_while_the_event_has_no_date(self, season_ticket: SeasonTicket, fields: dict[str, Any]) -> None:
        listing = planned(season_ticket)
        Event.objects.filter(id=listing.event_id).update(**fields)
        assert (markdowns_apply(now=FIRST), state(listing)) == (0, (10_000, None))

    def test_stops_at_a_list_floor(self, season_ticket: SeasonTicket) -> None:
        listing = planned(season_ticket, floor_cents=9_500)
        markdowns_apply(now=FIRST)
        assert state(listing) == (9_500, None)

    def test_stops_at_a_net_floor_by_the_rate_of_the_day(self, season_ticket: SeasonTicket) -> None:
        """S3-22: 72.00 net is 90.00 at 20 %, and 80.00 at the 10 % that is agreed for September."""
        listing = planned(season_ticket, floor_cents=7_200, floor_basis=FloorBasis.NET)
        markdowns_apply(now=FIRST)
        assert state(listing) == (9_000, SECOND)
        CommissionAgreementFactory(
            holder=season_ticket.holder, team=season_ticket.team, rate_bps=1_000, valid_from=SECOND.date()
        )
        markdowns_apply(now=SECOND)
        assert state(listing) == (8_000, None)

    def test_never_raises_a_price_when_the_rate_has_risen(self, season_ticket: SeasonTicket) -> None:
        listing = planned(season_ticket, floor_cents=7_200, floor_basis=FloorBasis.NET)
        Listing.objects.update(commission_rate_bps=5_000)
        assert (markdowns_apply(now=SECOND), state(listing)[0]) == (0, 10_000)
        Listing.objects.update(price_cents=8_900, next_markdown_at=SECOND)
        assert (markdowns_apply(now=SECOND), state(listing)[0]) == (0, 8_900)

    @pytest.mark.parametrize("batch", [1, 500])
    def test_works_in_batches(self, season_ticket: SeasonTicket, batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(listing_prices, "MARKDOWN_BATCH", batch)
        for _ in range(4):
            planned(season_ticket)
        assert markdowns_apply(now=FIRST) == 4

    @pytest.mark.parametrize("count", [1, 12])
    def test_needs_as_many_queries_for_one_as_for_twelve(
        self, season_ticket: SeasonTicket, count: int, django_assert_num_queries: Any
    ) -> None:
        """A savepoint's two, locks, events, rates, prices, history; then a round that finds nothing."""
        for _ in range(count):
            planned(season_ticket, floor_cents=100, floor_basis=FloorBasis.NET)
        with django_assert_num_queries(7 + 3):
            assert markdowns_apply(now=FIRST) == count

    def test_is_what_the_timer_runs(self, season_ticket: SeasonTicket) -> None:
        listing = planned(season_ticket)
        Event.objects.update(starts_at=datetime.now(UTC) + timedelta(days=5))
        Listing.objects.update(next_markdown_at=datetime.now(UTC))
        assert (apply_markdowns(), state(listing)[0]) == (1, 9_000)


@pytest.mark.django_db
class TestMarkdownsReschedule:
    def test_moves_the_next_step_with_the_event(self, season_ticket: SeasonTicket) -> None:
        listing, other = planned(season_ticket), planned(season_ticket)
        Event.objects.update(starts_at=KICK_OFF + timedelta(days=10))
        assert markdowns_reschedule(event_ids=[listing.event_id], now=LISTED_AT) == 1
        assert state(listing) == (10_000, FIRST + timedelta(days=10))
        assert state(other) == (10_000, FIRST)

    def test_leaves_it_to_the_next_round_when_the_step_is_due_already(self, season_ticket: SeasonTicket) -> None:
        listing = planned(season_ticket)
        Event.objects.update(starts_at=LISTED_AT + timedelta(days=3))
        markdowns_reschedule(event_ids=[listing.event_id], now=LISTED_AT)
        assert state(listing) == (10_000, LISTED_AT)
        assert (markdowns_apply(now=LISTED_AT), state(listing)) == (1, (7_500, None))

    def test_keeps_a_markdown_that_was_made(self, season_ticket: SeasonTicket) -> None:
        listing = planned(season_ticket)
        markdowns_apply(now=FIRST)
        Event.objects.update(starts_at=KICK_OFF + timedelta(days=30))
        markdowns_reschedule(event_ids=[listing.event_id], now=FIRST)
        assert state(listing) == (9_000, SECOND + timedelta(days=30))

    def test_stops_without_a_date_and_goes_on_with_one(self, season_ticket: SeasonTicket) -> None:
        listing = planned(season_ticket)
        for status, due_at in (("postponed", None), ("scheduled", FIRST)):
            Event.objects.update(status=status)
            markdowns_reschedule(event_ids=[listing.event_id], now=LISTED_AT)
            assert state(listing) == (10_000, due_at)

    @pytest.mark.parametrize(("fields", "terms"), [({"status": "delisted"}, {}), ({}, {"price_steps": ()})])
    def test_is_for_open_listings_with_a_plan(
        self, season_ticket: SeasonTicket, fields: dict[str, Any], terms: dict[str, Any]
    ) -> None:
        listing = planned(season_ticket, **fields, **terms)
        assert markdowns_reschedule(event_ids=[listing.event_id], now=LISTED_AT) == 0

    def test_needs_a_constant_number_of_queries(
        self, season_ticket: SeasonTicket, django_assert_num_queries: Any
    ) -> None:
        """A savepoint's two, locks, events, prices."""
        ids = [planned(season_ticket).event_id for _ in range(6)]
        with django_assert_num_queries(5):
            assert markdowns_reschedule(event_ids=ids, now=LISTED_AT) == 6


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_two_timers_lower_a_price_once(self) -> None:
        season_ticket = SeasonTicketFactory()
        for _ in range(6):
            planned(season_ticket)
        counts = at_once(*[lambda: markdowns_apply(now=FIRST) for _ in range(4)])
        assert sum(counts) <= 6  # type: ignore[arg-type]
        assert sum(counts) + markdowns_apply(now=FIRST) == 6  # type: ignore[arg-type]
        assert list(Listing.objects.values_list("price_cents", flat=True)) == [9_000] * 6

    def test_a_timer_passes_by_what_somebody_else_holds(self) -> None:
        """It does not wait: the holder of the lock may be a sale."""
        season_ticket = SeasonTicketFactory()
        held, free = planned(season_ticket), planned(season_ticket)
        locked, done = threading.Event(), threading.Event()

        def hold() -> None:
            with transaction.atomic():
                locks.listings_locked([held.id])
                locked.set()
                assert done.wait(20)

        def mark_down() -> int:
            assert locked.wait(20)
            try:
                return markdowns_apply(now=FIRST)
            finally:
                done.set()

        assert at_once(hold, mark_down) == [None, 1]
        assert (state(held)[0], state(free)[0]) == (10_000, 9_000)

    def test_twice_would_be_written_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: both timers read the price before either writes."""
        season_ticket = SeasonTicketFactory()
        listing, barrier = planned(season_ticket), threading.Barrier(2)

        def unlocked(*, now: datetime, limit: int) -> list[Listing]:
            due = list(Listing.objects.filter(next_markdown_at__lte=now))
            if due:
                barrier.wait(20)
            return due

        monkeypatch.setattr(listing_prices, "listings_due_locked", unlocked)
        assert at_once(*[lambda: markdowns_apply(now=FIRST) for _ in range(2)]) == [1, 1]
        assert listing.history.filter(change="price").count() == 2
