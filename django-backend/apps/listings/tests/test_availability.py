"""What is left to list of a season ticket."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.test import APIClient

from apps.common.testing.clients import api_of
from apps.listings.models import Ticket
from apps.listings.rules.home_games import ActiveSeat, game_seats
from apps.listings.tests.test_listing_reads import listed
from apps.season_tickets.models import SeasonTicket, WithheldSeat
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.testing.clients import AppClient
from apps.users.testing.factories import PASSWORD, UserFactory


def url(season_ticket: SeasonTicket) -> str:
    return f"/api/v1/season-tickets/{season_ticket.id}/availability/"


@pytest.mark.django_db
class TestAvailability:
    def test_has_the_state_of_each_seat(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """S3-54: free, withheld, listed (while pending, too), sold; the game's clock and the holder's."""
        event = home_game(season_ticket, starts_at=datetime(2040, 1, 15, 18, tzinfo=UTC), time_tbd=True)
        type(season_ticket.holder).objects.update(timezone="Europe/Berlin")
        listing = listed(season_ticket, event, seats=2, status="pending")
        Ticket.objects.filter(seat="2").update(status="sold")
        WithheldSeat.objects.create(season_ticket=season_ticket, event=event, seat="4")
        assert api.get(url(season_ticket)).json() == {
            "season_ticket": str(season_ticket.id),
            "seats": ["1", "2", "3", "4"],
            "timezone": "Europe/Berlin",
            "games": [
                {
                    "event": str(event.id),
                    "name": event.name,
                    "label": event.label,
                    "status": "scheduled",
                    "starts_at": "2040-01-15T18:00:00Z",
                    "starts_at_local": "2040-01-15T13:00:00-05:00",
                    "starts_at_holder": "2040-01-15T19:00:00+01:00",
                    "time_tbd": True,
                    "date_tbd": False,
                    "venue": str(event.venue),
                    "season_ticket": str(season_ticket.id),
                    "free": ["3"],
                    "withheld": ["4"],
                    "listed": [{"listing": str(listing.id), "status": "pending", "seats": ["1"]}],
                    "sold": ["2"],
                    "listed_elsewhere": [],
                }
            ],
        }

    def test_knows_the_games_to_come(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """Without those that have begun, unless they are postponed; in order, with the status of cancelled ones."""
        now = timezone.now()
        home_game(season_ticket, starts_at=now - timedelta(hours=1))
        postponed = home_game(season_ticket, starts_at=now - timedelta(days=1), status="postponed")
        later = home_game(season_ticket, starts_at=now + timedelta(days=2), status="cancelled")
        sooner = home_game(season_ticket, starts_at=now + timedelta(days=1))
        home_game(SeasonTicketFactory())
        games = api.get(url(season_ticket)).data["games"]
        assert [game["event"] for game in games] == [str(event.id) for event in (postponed, sooner, later)]
        assert [game["status"] for game in games] == ["postponed", "scheduled", "cancelled"]

    def test_counts_seats_that_another_block_offers_as_taken(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """The same physical seat, through a block that has ended; what was withdrawn is free again."""
        event = home_game(season_ticket)
        other = SeasonTicketFactory(
            team=season_ticket.team, season=season_ticket.season, first_seat=2, last_seat=3, status="ended"
        )
        listed(other, event)
        assert api.get(url(season_ticket)).data["games"][0]["listed_elsewhere"] == ["2", "3"]
        Ticket.objects.filter(seat="2").update(status="withdrawn")
        game = api.get(url(season_ticket)).data["games"][0]
        assert (game["free"], game["listed_elsewhere"]) == (["1", "2", "4"], ["3"])

    def test_never_mixes_places_of_general_admission(self, season_ticket: SeasonTicket) -> None:
        blocks = [
            SeasonTicketFactory(
                team=season_ticket.team, season=season_ticket.season, section="GA", row="GA", last_seat=2,
                numbering="general_admission",
            )
            for _ in range(2)
        ]  # fmt: skip
        listed(blocks[0], home_game(season_ticket), seats=1)
        games = [api_of(block.holder.user).get(url(block)).data["games"][0] for block in blocks]
        assert [(game["free"], len(game["listed"]), game["listed_elsewhere"]) for game in games] == [
            (["2"], 1, []), (["1", "2"], 0, []),
        ]  # fmt: skip

    def test_is_404_for_others(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """S3-51."""
        assert api_of(None).get(url(season_ticket)).status_code == 401
        assert api_of(SeasonTicketFactory().holder.user).get(url(season_ticket)).status_code == 404
        staff = UserFactory(staff=True)
        staff.user_permissions.add(Permission.objects.get(codename="view_seasonticket"))
        assert api_of(staff).get(url(season_ticket)).status_code == 200

    def test_needs_four_queries_with_the_login(
        self, season_ticket: SeasonTicket, django_assert_num_queries: Any
    ) -> None:
        """User, block, its seats elsewhere, games; as many for one game as for twelve."""
        client = AppClient()
        client.log_in(season_ticket.holder.user.email, PASSWORD)
        for games in (1, 11):
            for _ in range(games):
                listed(season_ticket, home_game(season_ticket), seats=2)
            with django_assert_num_queries(4):
                assert client.get(url(season_ticket)).status_code == 200


@given(
    active=st.dictionaries(
        st.sampled_from("12345"), st.tuples(st.sampled_from(["available", "held", "sold"]), st.booleans())
    ),
    withheld=st.frozensets(st.sampled_from("12345")),
)
def test_each_seat_is_in_exactly_one_list(active: dict[str, tuple[str, bool]], withheld: frozenset[str]) -> None:
    """For any active or withheld seats, even outside the block."""
    block = list("1234")
    found = [ActiveSeat(seat, status, f"listing of {seat}", "listed", own) for seat, (status, own) in active.items()]
    seats = game_seats(block=block, active=found, withheld=withheld)
    named = [*seats["free"], *seats["withheld"], *seats["sold"], *seats["listed_elsewhere"]]
    named += [seat for listing in seats["listed"] for seat in listing["seats"]]
    assert sorted(named) == block
