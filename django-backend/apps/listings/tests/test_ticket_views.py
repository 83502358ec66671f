"""Single seats over the API."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.common.testing.clients import api_of
from apps.listings.models import Ticket
from apps.listings.tests.test_listing_reads import listed
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.testing.clients import AppClient
from apps.users.testing.factories import PASSWORD, UserFactory

URL = "/api/v1/tickets/"
pytestmark = pytest.mark.django_db


def seats(api: APIClient, **query: Any) -> list[str]:
    response = api.get(URL, query)
    assert response.status_code == 200, response.data
    return [row["seat"] for row in response.data["results"]]


class TestTickets:
    def test_shows_one_row_a_seat(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        """S3-51: with the price of its listing; the latest listing first, its seats from the lowest."""
        listing = listed(season_ticket, event, seats=2)
        rows = api.get(URL).json()["results"]
        assert rows[0] == {
            "id": str(Ticket.objects.get(seat="1").id),
            "listing": str(listing.id),
            "listing_status": "listed",
            "event": str(event.id),
            "section": "101",
            "row": "A",
            "seat": "1",
            "status": "available",
            "price": "100.00",
            "currency": "USD",
        }
        assert [row["seat"] for row in rows] == ["1", "2"]
        assert api.get(f"{URL}{rows[1]['id']}/").json() == rows[1]
        expanded = api.get(f"{URL}{rows[1]['id']}/", {"expand": "event"}).json()["event"]
        assert expanded == api.get(f"/api/v1/events/{event.id}/").json()

    def test_shows_a_holder_their_own_only(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """S3-51: somebody else's is 404; staff see all if they may view them."""
        foreign = SeasonTicketFactory()
        listing = listed(foreign, home_game(foreign), seats=1)
        ticket = Ticket.objects.get(listing=listing)
        assert seats(api) == []
        assert api.get(f"{URL}{ticket.id}/").status_code == 404
        assert api_of(None).get(URL).status_code == 401
        assert api_of(UserFactory()).get(URL).data["results"] == []
        staff = UserFactory(staff=True)
        assert seats(api_of(staff)) == []
        staff.user_permissions.add(Permission.objects.get(codename="view_ticket"))
        assert seats(api_of(type(staff).objects.get(pk=staff.pk))) == ["1"]

    def test_filters(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        early = home_game(season_ticket, starts_at=datetime(2040, 1, 1, tzinfo=UTC))
        late = home_game(season_ticket, starts_at=datetime(2040, 3, 1, tzinfo=UTC))
        first = listed(season_ticket, early, seats=2, price=5_000)
        listed(season_ticket, late, seats=3, price=20_000)
        Ticket.objects.filter(event=late, seat="3").update(status="sold")
        asked: list[tuple[dict[str, Any], list[str]]] = [
            ({"listing": first.id}, ["1", "2"]),
            ({"event": late.id}, ["1", "2", "3"]),
            ({"status": "sold"}, ["3"]),
            ({"exclude_status": "sold", "starts_after": "2040-02-01"}, ["1", "2"]),
            ({"price_max": "50"}, ["1", "2"]),
            ({"season_ticket": season_ticket.id, "price_min": "51"}, ["1", "2", "3"]),
            ({"section": "102"}, []),
            ({"ordering": "price", "page_size": 3}, ["1", "2", "1"]),
            ({"ordering": "-starts_at", "page_size": 4}, ["1", "2", "3", "1"]),
        ]
        assert [seats(api, **query) for query, _ in asked] == [expected for _, expected in asked]

    @pytest.mark.parametrize(
        "name", ["listing", "event", "status", "exclude_status", "price_min", "ordering", "expand"]
    )
    def test_refuses_unknown_values_by_name(self, api: APIClient, name: str) -> None:
        response = api.get(URL, {name: "x"})
        assert response.status_code == 400
        assert [error["attr"] for error in response.data["errors"]] == [name]

    @pytest.mark.parametrize("ordering", ["created_at", "-created_at", "price", "-price", "starts_at", "-starts_at"])
    def test_leads_through_all_pages_once(self, api: APIClient, season_ticket: SeasonTicket, ordering: str) -> None:
        for _ in range(3):
            listed(season_ticket, home_game(season_ticket))
        found, address = [], f"{URL}?page_size=5&ordering={ordering}"
        while address:
            page = api.get(address).data
            found += [row["id"] for row in page["results"]]
            address = page["next"]
        assert len(found) == len(set(found)) == 12

    @pytest.mark.parametrize("query", ["", "?expand=event", "?ordering=price&status=available"])
    def test_needs_two_queries_with_the_login(
        self, season_ticket: SeasonTicket, query: str, django_assert_num_queries: Any
    ) -> None:
        """User and page, for one seat as for many."""
        client = AppClient()
        client.log_in(season_ticket.holder.user.email, PASSWORD)
        for number in (1, 4):
            listed(season_ticket, home_game(season_ticket), seats=number)
            with django_assert_num_queries(2):
                rows = client.get(URL + query).data["results"]
        with django_assert_num_queries(2):
            client.get(f"{URL}{rows[0]['id']}/")
