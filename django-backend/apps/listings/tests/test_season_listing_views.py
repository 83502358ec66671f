"""Season listings over the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.common.testing.clients import api_of
from apps.listings.models import Listing
from apps.listings.tests.test_season_listing import games
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.users.testing.clients import AppClient
from apps.users.testing.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db


def url(season_ticket: SeasonTicket) -> str:
    return f"/api/v1/season-tickets/{season_ticket.id}/listings/"


ALL = {"events": "all", "price": {"default": "100.00"}}


class TestSeasonListing:
    def test_lists_the_season(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """S3-01, S3-22: one request, every home game, each with its split."""
        first, second, third = games(season_ticket, 3)
        body = {
            "events": "all",
            "except": [str(second.id)],
            "seats": ["3", "1"],
            "price": {"default": "100.00", "by_event": {str(third.id): "250.00"}},
        }
        response = api.post(url(season_ticket), body)
        assert response.status_code == 201, response.data
        assert response.data["count"] == 2
        listings = response.json()["listings"]
        assert [(row["event"], row["price"], row["seats"]) for row in listings] == [
            (str(first.id), "100.00", ["1", "3"]),
            (str(third.id), "250.00", ["1", "3"]),
        ]
        assert listings[1]["split"] == {
            "rate": "0.2000", "rule": "default", "commission": "50.00", "payout": "200.00",
        }  # fmt: skip
        assert api.get(f"/api/v1/listings/{listings[0]['id']}/").json() == listings[0]

    @pytest.mark.parametrize(
        ("changes", "attr"),
        [
            ({"events": "some"}, "events"),
            ({"events": []}, "events"),
            ({"events": ["x"]}, "events.0"),
            ({"events": None}, "events"),
            ({"except": "all"}, "except"),
            ({"except": ["00000000-0000-0000-0000-000000000000"]}, "except.0"),
            ({"seats": []}, "seats"),
            ({"seats": ["1", "9"]}, "seats.1"),
            ({"price": {}}, "price"),
            ({"price": {"default": "0"}}, "price.default"),
            ({"price": {"default": "1", "by_event": {"x": "1"}}}, "price.by_event.x"),
            ({"price": {"default": "1", "by_event": []}}, "price.by_event"),
            ({"price": "100.00"}, "price"),
        ],
    )
    def test_refuses_bad_input_naming_the_item(
        self, api: APIClient, season_ticket: SeasonTicket, changes: dict[str, Any], attr: str
    ) -> None:
        games(season_ticket, 1)
        response = api.post(url(season_ticket), {**ALL, **changes})
        assert response.status_code == 400
        assert [error["attr"] for error in response.data["errors"]] == [attr]
        assert not Listing.objects.exists()

    def test_says_how_a_price_is_written(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """A single listing takes plain text, so people send it here too."""
        response = api.post(url(season_ticket), {**ALL, "price": "100.00"})
        sentence = 'Write {"default": "120.00"}, or prices by event id in "by_event", or both.'
        assert [error["detail"] for error in response.data["errors"]] == [sentence]

    def test_answers_409_naming_every_game_with_a_taken_seat(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        games(season_ticket, 2)
        assert api.post(url(season_ticket), ALL).status_code == 201
        response = api.post(url(season_ticket), ALL)
        assert response.status_code == 409
        assert [error["code"] for error in response.data["errors"]] == ["seat_already_listed"] * 2

    def test_has_one_effect_per_idempotency_key(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        games(season_ticket, 2)
        answers = [api.post(url(season_ticket), ALL, headers={"Idempotency-Key": "s"}) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        assert Listing.objects.count() == 2

    @pytest.mark.parametrize("pk", ["x", "00000000-0000-0000-0000-000000000000"])
    def test_answers_404_without_such_a_block(self, api: APIClient, pk: str) -> None:
        response = api.post(f"/api/v1/season-tickets/{pk}/listings/", ALL)
        assert (response.status_code, response.json()["errors"][0]["code"]) == (404, "not_found")

    @pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("user", 403), ("stranger", 404), ("holder", 201)])
    def test_who_may_do_it(self, season_ticket: SeasonTicket, who: str, status: int) -> None:
        """S3-51."""
        games(season_ticket, 1)
        user = {
            "anonymous": None,
            "user": UserFactory(),
            "stranger": SeasonTicketFactory().holder.user,
            "holder": season_ticket.holder.user,
        }[who]
        assert api_of(user).post(url(season_ticket), ALL).status_code == status
        assert Listing.objects.exists() is (status == 201)

    @pytest.mark.parametrize("count", [1, 40])
    def test_needs_ten_queries_at_any_size(
        self, season_ticket: SeasonTicket, count: int, django_assert_num_queries: Any
    ) -> None:
        """User, holder; the transaction's two, block, games, rate of a net floor, insert, outbox; rates."""
        user = season_ticket.holder.user
        client = AppClient()
        client.log_in(user.email, PASSWORD)
        games(season_ticket, count)
        with django_assert_num_queries(10):
            response = client.post(url(season_ticket), {**ALL, "floor": "50.00", "floor_basis": "net"})
        assert response.data["count"] == count
