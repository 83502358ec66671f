"""Holders keep seats of chosen games for themselves."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.response import Response
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.common.testing.clients import api_of
from apps.holders.testing.factories import TicketHolderFactory
from apps.season_tickets.models import SeasonTicket, WithheldSeat
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.models import User
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db


def post(api: APIClient, block: SeasonTicket, action: str, **body: Any) -> Response:
    return api.post(f"/api/v1/season-tickets/{block.id}/{action}/", body)


def withheld(event: Event) -> set[str]:
    return set(WithheldSeat.objects.filter(event=event).values_list("seat", flat=True))


class TestWithhold:
    def test_keeps_seats_of_named_games(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        response = post(api, season_ticket, "withhold", events=[event.id], seats=["3", " 1"])
        assert response.status_code == 200
        assert response.json() == {"count": 2, "withheld": [{"event": str(event.id), "seats": ["1", "3"]}]}
        assert withheld(event) == {"1", "3"}

    def test_keeps_all_seats_of_all_games_to_come(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        games = [home_game(season_ticket) for _ in range(3)]
        past = home_game(season_ticket, starts_at=timezone.now() - timedelta(days=1))
        assert post(api, season_ticket, "withhold", events="all").data["count"] == 12
        assert [withheld(game) for game in games] == [{"1", "2", "3", "4"}] * 3
        assert withheld(past) == set()

    def test_a_postponed_game_is_to_come(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """Whatever its old date was, by name or among all."""
        old = timezone.now() - timedelta(days=1)
        game, other = (home_game(season_ticket, starts_at=old, status="postponed") for _ in range(2))
        assert post(api, season_ticket, "withhold", events=[game.id], seats=["1"]).status_code == 200
        assert post(api, season_ticket, "withhold", events="all", seats=["2"]).status_code == 200
        assert (withheld(game), withheld(other)) == ({"1", "2"}, {"2"})

    def test_changes_nothing_when_repeated(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        answers = [post(api, season_ticket, "withhold", events=[event.id], seats=["1"]) for _ in range(2)]
        assert [(answer.status_code, answer.data["count"]) for answer in answers] == [(200, 1)] * 2

    def test_names_every_bad_item(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        past = home_game(season_ticket, starts_at=timezone.now() - timedelta(days=1))
        foreign = home_game(SeasonTicketFactory())
        events = [event.id, foreign.id, past.id, event.id]
        response = post(api, season_ticket, "withhold", events=events, seats=["9", "1", "1"])
        assert response.status_code == 400
        attrs = {error["attr"] for error in response.data["errors"]}
        assert attrs == {"seats.0", "seats.2", "events.1", "events.2", "events.3"}
        assert withheld(event) == set()

    @pytest.mark.parametrize("body", [{}, {"events": []}, {"events": "some"}, {"events": ["x"]}])
    def test_needs_games(self, api: APIClient, season_ticket: SeasonTicket, body: dict[str, Any]) -> None:
        response = post(api, season_ticket, "withhold", **body)
        assert response.status_code == 400
        assert response.data["errors"][0]["attr"].startswith("events")

    @pytest.mark.parametrize("status", ["pending", "rejected", "ended"])
    def test_is_for_verified_blocks(self, status: str) -> None:
        block = SeasonTicketFactory(status=status)
        response = post(api_of(block.holder.user), block, "withhold", events="all")
        assert (response.status_code, response.data["errors"][0]["code"]) == (409, "season_ticket_not_verified")

    def test_needs_the_same_queries_for_one_game_and_for_many(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        counts = []
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                assert post(api, season_ticket, "withhold", events="all").status_code == 200
            counts.append(len(queries))
            for _ in range(9):
                home_game(season_ticket)
        assert counts[0] == counts[1] <= 9


class TestRelease:
    def test_changes_nothing_when_nothing_is_withheld(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        assert post(api, season_ticket, "release", events="all").data == {"count": 0, "withheld": []}


class TestPermissions:
    @pytest.mark.parametrize("action", ["withhold", "release"])
    @pytest.mark.parametrize(
        ("who", "status"), [("anonymous", 401), ("user", 403), ("other", 404), ("staff", 403), ("holder", 200)]
    )
    def test_only_the_holder_decides(self, season_ticket: SeasonTicket, who: str, status: int, action: str) -> None:
        """S3-51."""
        users: dict[str, User | None] = {
            "anonymous": None,
            "user": UserFactory(),
            "other": TicketHolderFactory().user,
            "staff": UserFactory(staff=True),
            "holder": season_ticket.holder.user,
        }
        home_game(season_ticket)
        assert post(api_of(users[who]), season_ticket, action, events="all").status_code == status
        assert WithheldSeat.objects.exists() == (status == 200 and action == "withhold")
