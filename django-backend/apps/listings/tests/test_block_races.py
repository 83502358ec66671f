"""Seats are listed while staff end their block, and many listings change at once, in real transactions."""

import threading
from collections.abc import Callable, Iterable
from uuid import UUID

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from apps.catalog.models import Event
from apps.common.acts import ChangeSource
from apps.common.testing.acts import act_of
from apps.common.testing.races import PATIENCE_SECONDS, Job, before_commit, while_uncommitted
from apps.common.testing.threads import at_once
from apps.listings.enums import ListingMove
from apps.listings.errors.listings import SeasonTicketInUse
from apps.listings.models import Listing, ListingEvent
from apps.listings.services import listing_prices
from apps.listings.services.lifecycle.moves import listing_move, listings_move
from apps.listings.services.listing_prices import listings_reprice
from apps.listings.tests.test_concurrency import list_seats
from apps.season_tickets.errors import SeasonTicketNotVerified
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.services import decisions, season_tickets
from apps.season_tickets.services.decisions import season_ticket_end
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db(transaction=True)


def end(block: SeasonTicket) -> Job:
    staff = UserFactory(staff=True)
    return lambda: season_ticket_end(season_ticket_id=block.id, act=act_of(staff, now=timezone.now(), reason="Moved"))


def relist(block: SeasonTicket, event: Event) -> Callable[[], Listing]:
    """Return a job that offers a delisted listing of the block again."""
    listing = list_seats(block, event, "1")()
    listing_move(listing_id=listing.id, move=ListingMove.WITHDRAW, act=act_of())
    return lambda: listing_move(listing_id=listing.id, move=ListingMove.RELIST, act=act_of())


def listing_again(way: str, block: SeasonTicket) -> Callable[[], Listing]:
    event = home_game(block)
    return relist(block, event) if way == "relist" else list_seats(block, event, "1")


@pytest.mark.parametrize("way", ["list", "relist"])
class TestEndOfBlock:
    def test_waits_for_who_lists_first(self, way: str) -> None:
        """S3-52: the block does not end under an open listing."""
        block = SeasonTicketFactory()
        refusal = while_uncommitted(listing_again(way, block), end(block))[0]
        assert isinstance(refusal, SeasonTicketInUse), refusal
        assert "1 open listing" in str(refusal)
        block.refresh_from_db()
        assert (block.status, Listing.objects.get().status) == ("verified", "pending")

    def test_comes_first_and_nothing_is_listed(self, way: str) -> None:
        block = SeasonTicketFactory()
        refusal = while_uncommitted(end(block), listing_again(way, block))[0]
        assert isinstance(refusal, SeasonTicketNotVerified), refusal
        assert not Listing.objects.filter(status="pending").exists()

    def test_would_leave_an_open_listing_without_the_lock(self, way: str, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: both read the block beside its lock."""

        def unlocked(season_ticket_id: UUID) -> SeasonTicket:
            return SeasonTicket.objects.get(id=season_ticket_id)

        monkeypatch.setattr(decisions, "season_ticket_locked", unlocked)
        monkeypatch.setattr(season_tickets, "season_ticket_locked", unlocked)
        monkeypatch.setattr("apps.listings.services.lifecycle.moves.season_ticket_locked", unlocked)
        block = SeasonTicketFactory()
        assert before_commit(listing_again(way, block), end(block)) == [None]
        block.refresh_from_db()
        assert (block.status, Listing.objects.get().status) == ("ended", "pending")


class TestBulkRequests:
    """The same listings in opposite orders."""

    def listings(self, count: int) -> list[Listing]:
        block = SeasonTicketFactory()
        return [list_seats(block, home_game(block), "1", "2")() for _ in range(count)]

    def reprice(self, listings: Iterable[Listing], cents: int) -> Job:
        rows = list(listings)
        return lambda: listings_reprice(
            holder=rows[0].holder,
            prices_cents={row.id: cents for row in rows},
            act=act_of(rows[0].holder.user, source=ChangeSource.API, now=timezone.now()),
        )

    def approve(self, listings: Iterable[Listing]) -> Job:
        ids = [row.id for row in listings]
        return lambda: listings_move(listing_ids=ids, move=ListingMove.APPROVE, act=act_of())

    def test_end_without_a_deadlock(self) -> None:
        """New prices and decisions, upward and downward; each listing has one price, and was approved once."""
        up = self.listings(20)
        down = up[::-1]
        jobs = [job for rows in (up, down, up, down) for job in (self.reprice(rows, 9_000), self.approve(rows))]
        results = at_once(*jobs)
        assert all(isinstance(result, list) for result in results), results
        assert set(Listing.objects.values_list("status", "price_cents")) == {("listed", 9_000)}
        assert ListingEvent.objects.filter(to_status="listed", change="status").count() == 20
        assert ListingEvent.objects.filter(change="price").count() == 20

    def test_would_deadlock_in_the_order_of_the_request(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: each locks the listings as it names them, and the first of each is the last of the other."""
        up, both_have_one = self.listings(2), threading.Barrier(2)

        def locked(listing_ids: Iterable[UUID], *_related: str) -> list[Listing]:
            rows = []
            for number, listing_id in enumerate(listing_ids):
                if number:
                    both_have_one.wait(PATIENCE_SECONDS)
                rows.append(Listing.objects.select_for_update().get(id=listing_id))
            return rows

        monkeypatch.setattr(listing_prices, "listings_locked", locked)
        results = at_once(self.reprice(up, 9_000), self.reprice(up[::-1], 8_000))
        assert sorted(type(result).__name__ for result in results) == ["OperationalError", "list"]
        refused = next(result for result in results if isinstance(result, OperationalError))
        assert "deadlock detected" in str(refused)
        with transaction.atomic():
            assert len(set(Listing.objects.values_list("price_cents", flat=True))) == 1
