"""Listings of season tickets: where their seats are, and what keeps a season ticket from ending."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.common.testing.threads import at_once
from apps.listings.enums import TicketStatus
from apps.listings.errors.listings import SeasonTicketInUse
from apps.listings.models import Listing, Ticket
from apps.listings.services.season_ticket_guards import obligations_of
from apps.listings.tests.test_concurrency import list_seats
from apps.season_tickets.models import SeasonTicket, SeasonTicketSeat
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.season_tickets.tests.test_season_ticket_blocks import NOW, end, verify


@pytest.mark.django_db
class TestNumbering:
    def test_a_listing_knows_their_neighbourhood(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        block = SeasonTicketFactory(holder=season_ticket.holder, numbering="odd_even", first_seat=5, last_seat=11)
        offer = {"season_ticket": block.id, "event": home_game(block).id, "seats": ["9", "7"], "price": "50.00"}
        listing = api.post("/api/v1/listings/", offer).data["id"]
        assert list(Ticket.objects.filter(listing=listing).values_list("seat", "position")) == [("7", 1), ("9", 2)]
        assert api.post("/api/v1/listings/", {**offer, "seats": ["6"]}).data["errors"][0]["code"] == "seat_not_in_block"

    def test_places_of_two_holders_never_conflict(self, season_ticket: SeasonTicket) -> None:
        """Two blocks of general admission, one event: nobody can tell place 1 of one from place 1 of the other."""
        places = {"numbering": "general_admission", "section": "LAWN", "row": "GA", "last_seat": 2}
        first = SeasonTicketFactory(team=season_ticket.team, season=season_ticket.season, **places)
        second = SeasonTicketFactory(team=season_ticket.team, season=season_ticket.season, **places)
        event = home_game(first)
        for block in (first, second):
            list_seats(block, event, "1", "2")()
        assert Ticket.objects.filter(event=event, section="LAWN").count() == 4


@pytest.mark.django_db
class TestEnd:
    def test_frees_the_seats_and_closes_the_block(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        """S3-52: verified → ended, and then its seats can be another's."""
        claim = SeasonTicketFactory(team=season_ticket.team, season=season_ticket.season, status="pending")
        end(season_ticket)
        season_ticket.refresh_from_db()
        assert (season_ticket.status, season_ticket.end_reason) == ("ended", "Sold the seats")
        assert (season_ticket.ended_at, season_ticket.ended_by is None) == (NOW, False)
        verify(claim)
        assert set(SeasonTicketSeat.objects.values_list("season_ticket", flat=True)) == {claim.id}
        offer = {"season_ticket": season_ticket.id, "event": event.id, "seats": ["1"], "price": "9.00"}
        answer = api.post("/api/v1/listings/", offer)
        assert (answer.status_code, answer.data["errors"][0]["code"]) == (409, "season_ticket_not_verified")

    def test_waits_for_open_listings_and_sold_seats(self, season_ticket: SeasonTicket, event: Event) -> None:
        listing = list_seats(season_ticket, event, "1", "2")()
        with pytest.raises(SeasonTicketInUse, match="1 open listing"):
            end(season_ticket)
        Listing.objects.filter(id=listing.id).update(status="sold")
        listing.tickets.update(status=TicketStatus.SOLD)
        with pytest.raises(SeasonTicketInUse, match="2 sold seat"):
            end(season_ticket)
        Event.objects.filter(id=event.id).update(starts_at=NOW - timedelta(hours=1))
        end(season_ticket)

    def test_waits_for_a_postponed_game_and_not_for_a_cancelled_one(
        self, season_ticket: SeasonTicket, event: Event
    ) -> None:
        """A postponed game is to come whatever its old date was; one that is cancelled never is."""
        listing = list_seats(season_ticket, event, "1", "2")()
        Listing.objects.filter(id=listing.id).update(status="sold")
        listing.tickets.update(status=TicketStatus.SOLD)
        Event.objects.filter(id=event.id).update(starts_at=NOW - timedelta(hours=1), status="postponed")
        with pytest.raises(SeasonTicketInUse, match="2 sold seat"):
            end(season_ticket)
        Event.objects.filter(id=event.id).update(starts_at=NOW + timedelta(days=1), status="cancelled")
        end(season_ticket)

    def test_asks_for_its_obligations_once(self, season_ticket: SeasonTicket, event: Event) -> None:
        """One statement; what a sale that becomes void meanwhile does would fall between two."""
        list_seats(season_ticket, event, "1")()
        with CaptureQueriesContext(connection) as captured:
            assert obligations_of(season_ticket_id=season_ticket.id, now=NOW) == (1, 0)
        assert len(captured) == 1


@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_a_block_ends_or_is_listed(self) -> None:
        """Staff end a block while the holder lists: never an open listing of an ended block."""
        block = SeasonTicketFactory()
        event = home_game(block)
        results = at_once(lambda: end(block), list_seats(block, event, "1"))
        ended = results[0] is None
        assert Listing.objects.count() == (0 if ended else 1)
        block.refresh_from_db()
        assert block.status == ("ended" if ended else "verified")
