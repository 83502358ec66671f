"""Many requests for one seat at once, in real transactions."""

from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from django.utils import timezone

from apps.catalog.models import Event
from apps.common.testing.guards import without_guards
from apps.common.testing.threads import at_once
from apps.listings.errors.listings import SeatAlreadyListed
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.testing.stories import pending
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game

pytestmark = pytest.mark.django_db(transaction=True)


def list_seats(season_ticket: SeasonTicket, event: Event, *seats: str) -> Callable[[], Listing]:
    return lambda: pending(*seats, block=season_ticket, event=event, now=timezone.now())


@pytest.fixture
def no_seat_index() -> Iterator[None]:
    with without_guards("listings_ticket", "ticket_seat_active_once"):
        yield


class TestListingCreate:
    def test_lets_one_of_many_have_the_seat(self) -> None:
        """S4-07: many requests for one physical seat; one wins, the others get an error that names the seat."""
        season_ticket = SeasonTicketFactory()
        event = home_game(season_ticket)
        results = at_once(*[list_seats(season_ticket, event, "1", "2") for _ in range(16)])
        assert Counter(type(result) for result in results) == {Listing: 1, SeatAlreadyListed: 15}
        assert {str(result) for result in results if isinstance(result, SeatAlreadyListed)} == {
            "Already listed for this event: section 101, row A, seats 1 and 2."
        }
        assert (Listing.objects.count(), Ticket.objects.count(), ListingEvent.objects.count()) == (1, 2, 1)

    def test_would_sell_the_seat_twice_without_the_index(self, no_seat_index: None) -> None:
        """Twin: only the unique index separates two requests."""
        season_ticket = SeasonTicketFactory()
        event = home_game(season_ticket)
        results = at_once(*[list_seats(season_ticket, event, "1") for _ in range(4)])
        assert all(isinstance(result, Listing) for result in results), results
        assert Ticket.objects.filter(event=event, seat="1").count() == 4

    def test_ends_overlapping_requests_without_a_deadlock(self) -> None:
        """Seats named in opposite orders: everybody inserts in the order of the block."""
        season_ticket = SeasonTicketFactory(last_seat=40)
        event = home_game(season_ticket)
        upward = [str(number) for number in range(1, 41)]
        results = at_once(*[list_seats(season_ticket, event, *seats) for seats in (upward, upward[::-1]) * 6])
        assert Counter(type(result) for result in results) == {Listing: 1, SeatAlreadyListed: 11}
