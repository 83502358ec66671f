"""Every move from every status, alone, in bulk, by the clock and at the same time."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.catalog.models import Event
from apps.catalog.testing.stories import begin
from apps.common.acts import ChangeSource
from apps.common.errors import MoveReasonMissing
from apps.common.testing.acts import act_of
from apps.common.testing.threads import at_once
from apps.listings import locks
from apps.listings.enums import LISTING_MOVES, MOVES_WITH_REASON, ListingMove, ListingStatus, Mover
from apps.listings.errors.listings import EventNotOpen, ListingMoveRefused, SeatAlreadyListed, SeatHeld
from apps.listings.models import Listing, ListingEvent
from apps.listings.rules.price_plans import PriceStep
from apps.listings.rules.terms import ListingTerms
from apps.listings.services.lifecycle import moves as lifecycle_moves
from apps.listings.services.lifecycle.holding import hold_sell
from apps.listings.services.lifecycle.moves import MoveResult, listing_move, listings_expire, listings_move
from apps.listings.tasks import expire_started
from apps.listings.testing.stories import held_row, pending, reach, sell
from apps.season_tickets.errors import SeasonTicketNotVerified
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.testing.factories import UserFactory

NOW = timezone.now()
SEAT_MOVES = {move for move, row in LISTING_MOVES.items() if row.mover is Mover.SEATS}
ACTIVE = {ListingStatus.PENDING, ListingStatus.LISTED, ListingStatus.DELISTING_REQUESTED}


def made(season_ticket: SeasonTicket, event: Event, *seats: str, status: str = "pending") -> Listing:
    listing = pending(*(seats or ("1", "2")), block=season_ticket, event=event, now=NOW)
    if status == ListingStatus.DELISTING:  # no move leads there without a held seat, which these tests do without
        Listing.objects.filter(id=listing.id).update(status=status)
        listing.tickets.update(status="withdrawn")
        return Listing.objects.get(id=listing.id)
    return reach(listing, ListingStatus(status), now=NOW)


def move(listing: Listing, name: ListingMove, **fields: Any) -> Listing:
    return listing_move(listing_id=listing.id, move=name, act=act_of(**{"now": NOW, **fields}))


def move_many(listings: Sequence[Listing], name: ListingMove) -> list[MoveResult]:
    return listings_move(listing_ids=[listing.id for listing in listings], move=name, act=act_of(now=NOW))


@pytest.mark.django_db
class TestListingMove:
    @pytest.mark.parametrize("status", list(ListingStatus))
    @pytest.mark.parametrize("name", [name for name in ListingMove if name not in SEAT_MOVES])
    def test_follows_the_table_and_nothing_else(
        self, season_ticket: SeasonTicket, event: Event, name: ListingMove, status: ListingStatus
    ) -> None:
        """S3-52: the whole matrix; a refused move changes and writes nothing."""
        listing = made(season_ticket, event, status=status)
        before, (sources, target) = listing.history.count(), LISTING_MOVES[name][:2]
        holds = name is ListingMove.DELIST_WHEN_RELEASED and status in sources
        if holds:
            held_row(listing, "1", "2")
        if status in sources:
            move(listing, name)
        else:
            with pytest.raises(ListingMoveRefused, match=status.label.lower()):
                move(listing, name)
        listing.refresh_from_db()
        assert listing.status == (target if status in sources else status)
        assert listing.history.count() - before == (status in sources)
        active = {"available"} if listing.status in ACTIVE else {"held"} if holds else None
        seats = active or {"sold" if listing.status == "sold" else "withdrawn"}
        assert set(listing.tickets.values_list("status", flat=True)) == seats

    def test_writes_who_where_when_and_why(self, season_ticket: SeasonTicket, event: Event) -> None:
        """S3-52."""
        staff = UserFactory(staff=True)
        listing = made(season_ticket, event)
        move(listing, ListingMove.DECLINE, actor=staff, source=ChangeSource.ADMIN, reason="Blurred proof")
        row = listing.history.last()
        assert row is not None
        assert (row.actor, row.source, row.from_status, row.to_status, row.at, row.note) == (
            staff, "admin", "pending", "declined", NOW, "Blurred proof",
        )  # fmt: skip

    @pytest.mark.parametrize("name", sorted(MOVES_WITH_REASON))
    def test_asks_for_the_reason_that_holder_or_staff_read(
        self, season_ticket: SeasonTicket, event: Event, name: ListingMove
    ) -> None:
        listing = made(season_ticket, event, status=next(iter(LISTING_MOVES[name][0])))
        with pytest.raises(MoveReasonMissing):
            move(listing, name, reason="  ")

    def test_frees_the_seats_and_takes_them_back(self, season_ticket: SeasonTicket, event: Event) -> None:
        """S3-52: a withdrawn seat can be listed again; then the old listing cannot come back."""
        listing = made(season_ticket, event)
        move(listing, ListingMove.WITHDRAW)
        other = made(season_ticket, event, "2")
        with pytest.raises(SeatAlreadyListed, match="seat 2"):
            move(listing, ListingMove.RELIST)
        move(other, ListingMove.WITHDRAW)
        assert move(listing, ListingMove.RELIST).status == "pending"

    def test_does_not_relist_for_an_event_that_has_begun(self, season_ticket: SeasonTicket, event: Event) -> None:
        listing = made(season_ticket, event, status="delisted")
        begin(event, at=NOW)
        with pytest.raises(EventNotOpen):
            move(listing, ListingMove.RELIST)

    @pytest.mark.parametrize(
        ("fields", "refusal"),
        [
            ({"starts_at": NOW}, "Cannot approve: the event has begun."),
            ({"starts_at": NOW + timedelta(seconds=1)}, None),
            ({"starts_at": NOW - timedelta(days=1), "status": "postponed"}, None),
        ],
    )
    @pytest.mark.parametrize("many", [True, False])
    def test_puts_nothing_on_sale_for_an_event_that_has_begun(
        self, season_ticket: SeasonTicket, event: Event, fields: dict[str, Any], refusal: str | None, many: bool
    ) -> None:
        """The timer comes minutes later; until then staff see the listing as pending."""
        listing = made(season_ticket, event)
        Event.objects.filter(id=event.id).update(**fields)
        if many:
            assert move_many([listing], ListingMove.APPROVE)[0].refusal == refusal
        elif refusal:
            with pytest.raises(ListingMoveRefused, match=refusal):
                move(listing, ListingMove.APPROVE)
        else:
            move(listing, ListingMove.APPROVE)
        listing.refresh_from_db()
        assert listing.status == ("pending" if refusal else "listed")
        assert listing.history.count() == (1 if refusal else 2)

    @pytest.mark.parametrize(
        ("fields", "days_after", "refused"),
        [
            ({}, 1, True),
            ({}, 0, False),
            ({"starts_at": datetime(2040, 9, 9, 2, tzinfo=UTC)}, 0, True),  # the evening before, at the venue
            ({"date_tbd": True, "time_tbd": True}, 1, False),
            ({"status": "postponed"}, 1, False),
        ],
    )
    @pytest.mark.parametrize("many", [True, False])
    def test_puts_nothing_on_sale_that_is_in_hand_after_the_event(
        self,
        season_ticket: SeasonTicket,
        event: Event,
        fields: dict[str, Any],
        days_after: int,
        refused: bool,
        many: bool,
    ) -> None:
        """The event moved after the seats were listed; once the holder has corrected the date, it can be approved."""
        listing = made(season_ticket, event)
        Event.objects.filter(id=event.id).update(**{"starts_at": datetime(2040, 9, 9, 17, tzinfo=UTC)} | fields)
        Listing.objects.filter(id=listing.id).update(in_hand_date=date(2040, 9, 9 + days_after))
        moved = move_many([listing], ListingMove.APPROVE)[0] if many else None
        if moved and refused:
            assert moved.refusal is not None
            assert moved.refusal.startswith(
                f"Cannot approve: in hand on 2040-09-{9 + days_after:02}, after the event on"
            )
        elif refused:
            with pytest.raises(ListingMoveRefused, match="Cannot approve: in hand on"):
                move(listing, ListingMove.APPROVE)
        elif not many:
            move(listing, ListingMove.APPROVE)
        listing.refresh_from_db()
        assert listing.status == ("pending" if refused else "listed")
        if refused:
            move(listing, ListingMove.DECLINE)

    @pytest.mark.parametrize("status", ["pending", "rejected", "ended"])
    def test_does_not_relist_seats_of_a_block_that_is_not_verified(
        self, season_ticket: SeasonTicket, event: Event, status: str
    ) -> None:
        listing = made(season_ticket, event, status="delisted")
        SeasonTicket.objects.filter(id=season_ticket.id).update(status=status)
        with pytest.raises(SeasonTicketNotVerified, match=status):
            move(listing, ListingMove.RELIST)

    def test_does_not_delist_while_a_seat_is_held(self, season_ticket: SeasonTicket, event: Event) -> None:
        """S4-07: a buyer is about to buy; afterwards it goes."""
        listing = made(season_ticket, event, status="delisting_requested")
        hold = held_row(listing, "1")
        until = event.venue.local_text(hold.expires_at)
        assert until.endswith("T"), "the clock of the venue"
        with pytest.raises(SeatHeld, match=rf"held for a buyer until {re.escape(until)}\. .*“Delist when released”"):
            move(listing, ListingMove.APPROVE_DELISTING)
        hold_sell(hold_id=hold.id, act=act_of())
        assert move(listing, ListingMove.APPROVE_DELISTING).status == "delisted"
        assert set(listing.tickets.values_list("seat", "status")) == {("1", "sold"), ("2", "withdrawn")}

    @pytest.mark.parametrize("name", [ListingMove.EXPIRE, ListingMove.CLOSE])
    def test_closes_around_held_and_sold_seats(
        self, season_ticket: SeasonTicket, event: Event, name: ListingMove
    ) -> None:
        """A buyer who is about to pay keeps the seat; cancelling an event ends the holds first."""
        listing = made(season_ticket, event, "1", "2", "3", status="listed")
        held_row(listing, "1")
        sell(listing, "2")
        move(listing, name)
        statuses = dict(listing.tickets.values_list("seat", "status"))
        assert statuses == {"1": "held", "2": "sold", "3": "withdrawn"}

    def test_marks_down_after_relisting_what_was_missed(self, season_ticket: SeasonTicket) -> None:
        event = home_game(season_ticket, starts_at=NOW + timedelta(days=10))
        terms = ListingTerms(price_steps=(PriceStep(14, 1_000), PriceStep(3, 2_000)))
        listing = reach(pending(block=season_ticket, event=event, terms=terms), ListingStatus.DELISTED)
        move(listing, ListingMove.RELIST)
        listing.refresh_from_db()
        assert listing.next_markdown_at == NOW

    @pytest.mark.parametrize("name", sorted(SEAT_MOVES))
    def test_leaves_moves_that_follow_from_the_seats_to_them(
        self, season_ticket: SeasonTicket, event: Event, name: ListingMove
    ) -> None:
        listing = made(season_ticket, event, status="listed")
        with pytest.raises(ValueError, match="seats"):
            move(listing, name)
        with pytest.raises(ValueError, match="seats"):
            move_many([listing], name)


@pytest.mark.django_db
class TestListingsMove:
    def test_refuses_to_relist_many(self, season_ticket: SeasonTicket, event: Event) -> None:
        with pytest.raises(ValueError, match="one listing at a time"):
            move_many([made(season_ticket, event, status="delisted")], ListingMove.RELIST)

    def test_delists_those_without_a_held_seat(
        self, season_ticket: SeasonTicket, django_assert_num_queries: Any
    ) -> None:
        """A savepoint's two, the locks, held seats, the history, the listings, the seats, the outbox."""
        listings = [made(season_ticket, home_game(season_ticket), status="delisting_requested") for _ in range(4)]
        held_row(listings[1], "2")
        with django_assert_num_queries(8):
            results = move_many(listings, ListingMove.APPROVE_DELISTING)
        assert [result.status for result in results] == ["delisted", None, "delisted", "delisted"]
        assert "held for a buyer" in str(results[1].refusal)

    def test_has_the_result_for_each(self, season_ticket: SeasonTicket, django_assert_num_queries: Any) -> None:
        good = [made(season_ticket, home_game(season_ticket)) for _ in range(3)]
        late = made(season_ticket, home_game(season_ticket), status="declined")
        unknown = uuid4()
        ids = [good[0].id, late.id, unknown, good[1].id, good[2].id, good[0].id]
        staff = UserFactory(staff=True)
        with django_assert_num_queries(7):  # a savepoint's two, the locks, events, history, listings, the outbox
            results = listings_move(listing_ids=ids, move=ListingMove.APPROVE, act=act_of(staff, now=NOW))
        assert [(result.listing_id, result.status) for result in results] == [
            (good[0].id, "listed"), (late.id, None), (unknown, None), (good[1].id, "listed"), (good[2].id, "listed"),
        ]  # fmt: skip
        assert "declined since" in str(results[1].refusal)
        assert ListingEvent.objects.filter(to_status="listed", actor=staff).count() == 3


@pytest.mark.django_db
class TestListingsExpire:
    @pytest.mark.parametrize("batch", [1, 500])
    def test_expires_open_listings_of_events_that_have_begun(
        self, season_ticket: SeasonTicket, batch: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(lifecycle_moves, "EXPIRY_BATCH", batch)
        statuses = ["pending", "listed", "delisting_requested", "delisted", "declined", "pending"]
        listings = [made(season_ticket, home_game(season_ticket), status=status) for status in statuses]
        begin(*(listing.event for listing in listings[:5]), at=NOW)
        assert listings_expire(now=NOW - timedelta(seconds=1)) == 0
        assert listings_expire(now=NOW) == 3
        found = [Listing.objects.get(id=listing.id).status for listing in listings]
        assert found == ["expired"] * 3 + ["delisted", "declined", "pending"]
        assert ListingEvent.objects.filter(to_status="expired", source="system", actor=None).count() == 3

    def test_is_what_the_timer_runs(self, season_ticket: SeasonTicket, event: Event) -> None:
        made(season_ticket, event)
        begin(event, at=timezone.now() - timedelta(seconds=1))
        assert expire_started() == 1


def approve_or_decline(listing: Listing) -> list[object]:
    staff = UserFactory(staff=True)
    names = [ListingMove.APPROVE_DELISTING, ListingMove.DECLINE_DELISTING] * 4
    return at_once(*[lambda name=name: move(listing, name, actor=staff) for name in names])


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def requested(self) -> Listing:
        season_ticket = SeasonTicketFactory()
        return made(season_ticket, home_game(season_ticket), status="delisting_requested")

    def test_one_decision_wins_and_the_others_read_when(self) -> None:
        """S3-52: delisting approved and declined at once."""
        listing = self.requested()
        results = approve_or_decline(listing)
        assert Counter(type(result) for result in results) == {Listing: 1, ListingMoveRefused: 7}
        assert listing.history.count() == 4  # created, approved, requested, and one decision
        assert all(NOW.isoformat(timespec="seconds") in str(r) for r in results if isinstance(r, ListingMoveRefused))

    def test_more_than_one_would_win_without_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: everybody reads the status before anybody writes."""

        def unlocked(listing_ids: Sequence[Any], *_related: str) -> list[Listing]:
            rows = list(Listing.objects.select_related("event").filter(id__in=listing_ids))
            barrier.wait(20)
            return rows

        import threading

        listing, barrier = self.requested(), threading.Barrier(8)
        monkeypatch.setattr(lifecycle_moves, "listings_locked", unlocked)
        assert locks.listings_locked is not lifecycle_moves.listings_locked
        results = approve_or_decline(listing)
        assert Counter(type(result) for result in results) == {Listing: 8}
