"""A whole season listed in one transaction."""

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from apps.catalog.models import Event
from apps.common.acts import Act, ChangeSource
from apps.common.errors import DomainError
from apps.common.testing.threads import at_once
from apps.listings.errors.listings import SeasonListingRefused, SeatAlreadyListed
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.rules.season_plan import SeasonRequest
from apps.listings.services.listings import season_list
from apps.listings.tests.test_concurrency import list_seats
from apps.season_tickets.errors import SeasonTicketNotFound
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game

ALL = SeasonRequest(None, default_price_cents=10_000)


def whole_season(
    season_ticket: SeasonTicket, request_: SeasonRequest = ALL, seats: list[str] | None = None
) -> list[UUID]:
    listed = season_list(
        holder=season_ticket.holder,
        season_ticket_id=season_ticket.id,
        request=request_,
        seats=seats,
        act=Act(season_ticket.holder.user.id, ChangeSource.API, timezone.now()),
    )
    return [new.id for new in listed.listings]


def games(season_ticket: SeasonTicket, count: int) -> list[Event]:
    first = timezone.now() + timedelta(days=7)
    return [home_game(season_ticket, starts_at=first + timedelta(days=number)) for number in range(count)]


@pytest.mark.django_db
class TestSeasonList:
    def test_lists_every_open_home_game_in_the_order_of_the_games(self, season_ticket: SeasonTicket) -> None:
        events = games(season_ticket, 5)
        home_game(season_ticket, starts_at=timezone.now() - timedelta(hours=1))
        home_game(season_ticket, status="postponed")
        ids = whole_season(season_ticket)
        assert [Listing.objects.get(id=listing).event for listing in ids] == events
        assert (Ticket.objects.count(), ListingEvent.objects.count()) == (20, 5)

    def test_writes_nothing_when_one_seat_is_taken(self, season_ticket: SeasonTicket) -> None:
        events = games(season_ticket, 3)
        whole_season(season_ticket, SeasonRequest([events[1].id], (), 5_000), ["2"])
        with pytest.raises(SeatAlreadyListed) as refusal:
            whole_season(season_ticket)
        assert [detail.detail for detail in refusal.value.details] == [
            f"Already listed for {events[1].label}: section 101, row A, seat 2."
        ]
        assert Listing.objects.count() == 1

    @pytest.mark.parametrize(
        ("request_", "seats", "error"),
        [
            (SeasonRequest(None), None, SeasonListingRefused),
            (ALL, ["9"], SeasonListingRefused),
        ],
    )
    def test_refuses_wrong_items(
        self, season_ticket: SeasonTicket, request_: SeasonRequest, seats: list[str] | None, error: type[DomainError]
    ) -> None:
        games(season_ticket, 1)
        with pytest.raises(error):
            whole_season(season_ticket, request_, seats)
        assert not Listing.objects.exists()

    def test_refuses_another_holders_block(self, season_ticket: SeasonTicket) -> None:
        """S3-51."""
        foreign = SeasonTicketFactory()
        foreign.holder = season_ticket.holder
        with pytest.raises(SeasonTicketNotFound):
            whole_season(foreign)

    @pytest.mark.parametrize("count", [1, 40])
    def test_needs_six_queries_at_any_size(
        self, season_ticket: SeasonTicket, count: int, django_assert_num_queries: Any
    ) -> None:
        """The transaction's two, block, games, insert, the message to the outbox."""
        games(season_ticket, count)
        with django_assert_num_queries(6):
            assert len(whole_season(season_ticket)) == count


@pytest.mark.django_db(transaction=True)
class TestAtTheSameTime:
    def test_one_of_many_has_the_season(self) -> None:
        """S4-07: overlapping season listings and single listings end without a deadlock and without a partial write."""
        season_ticket = SeasonTicketFactory(last_seat=8)
        events = games(season_ticket, 12)
        season = [lambda: whole_season(season_ticket) for _ in range(6)]
        single = [list_seats(season_ticket, events[number], "8", "1") for number in (0, 5, 11)]
        results = at_once(*season, *single)
        kinds = Counter(type(result) for result in results)
        assert set(kinds) <= {list, Listing, SeatAlreadyListed}, kinds
        listings = Listing.objects.count()
        assert listings == (12 if kinds[list] else kinds[Listing])
        assert kinds[list] == 1 or kinds[Listing] == 3, "somebody has the seats"
        assert Ticket.objects.count() == (96 if kinds[list] else 2 * kinds[Listing])
