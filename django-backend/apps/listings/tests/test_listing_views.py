"""Listings over the API."""

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.catalog.testing.factories import EventFactory, LeagueFactory, SeasonFactory, TeamFactory, VenueFactory
from apps.common.testing.clients import api_of
from apps.holders.testing.factories import CommissionAgreementFactory
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.testing.clients import AppClient
from apps.users.testing.factories import PASSWORD, UserFactory

URL = "/api/v1/listings/"
pytestmark = pytest.mark.django_db


def body(season_ticket: SeasonTicket, event: Event, /, **changes: Any) -> dict[str, Any]:
    return {
        "season_ticket": str(season_ticket.id),
        "event": str(event.id),
        "seats": ["1", "2"],
        "price": "100.00",
        **changes,
    }


def counts() -> tuple[int, int, int]:
    return Listing.objects.count(), Ticket.objects.count(), ListingEvent.objects.count()


class TestCreate:
    def test_answers_201_with_the_split(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        """S3-01, S3-22: price 100.00 → payout 80.00, commission 20.00."""
        response = api.post(URL, body(season_ticket, event, seats=["2", 1]))
        assert response.status_code == 201, response.data
        expected = {
            "id": response.data["id"],
            "status": "pending",
            "status_changed_at": response.data["status_changed_at"],
            "season_ticket": str(season_ticket.id),
            "event": str(event.id),
            "section": "101",
            "row": "A",
            "seats": ["1", "2"],
            "price": "100.00",
            "currency": "USD",
            "split": {"rate": "0.2000", "rule": "default", "commission": "20.00", "payout": "80.00"},
            "created_at": response.data["created_at"],
        }
        assert response.json() == response.json() | expected
        assert api.get(f"{URL}{response.data['id']}/").json() == response.json()

    def test_writes_one_ticket_a_seat_and_the_history(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        """S3-52."""
        api.post(URL, body(season_ticket, event))
        listing = Listing.objects.get()
        assert (listing.holder, listing.price_cents, listing.status) == (season_ticket.holder, 10_000, "pending")
        assert list(listing.tickets.values_list("event", "section", "row", "seat", "status")) == [
            (event.id, "101", "A", "1", "available"),
            (event.id, "101", "A", "2", "available"),
        ]
        change = listing.history.get()
        assert (change.actor, change.source, change.from_status, change.to_status) == (
            season_ticket.holder.user, "api", "", "pending",
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("changes", "attr"),
        [
            ({"season_ticket": "x"}, "season_ticket"),
            ({"season_ticket": "00000000-0000-0000-0000-000000000000"}, "season_ticket"),
            ({"event": "00000000-0000-0000-0000-000000000000"}, "event"),
            ({"event": None}, "event"),
            ({"seats": []}, "seats"),
            ({"seats": "1"}, "seats"),
            ({"seats": ["1", "5"]}, "seats.1"),
            ({"seats": ["1", "1"]}, "seats.1"),
            ({"seats": ["1", None]}, "seats.1"),
            ({"price": "0"}, "price"),
            ({"price": "0.001"}, "price"),
            ({"price": "1000000.01"}, "price"),
            ({"price": "ten"}, "price"),
            ({"price": None}, "price"),
        ],
    )
    def test_refuses_bad_input_naming_the_field(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event, changes: dict[str, Any], attr: str
    ) -> None:
        """S3-54."""
        response = api.post(URL, body(season_ticket, event, **changes))
        assert response.status_code == 400
        assert [error["attr"] for error in response.data["errors"]] == [attr]
        assert counts() == (0, 0, 0)

    def test_names_every_bad_seat(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        response = api.post(URL, body(season_ticket, event, seats=["9", "1", "1"]))
        assert [(error["attr"], error["code"]) for error in response.data["errors"]] == [
            ("seats.0", "seat_not_in_block"),
            ("seats.2", "seat_not_in_block"),
        ]

    def test_refuses_a_seat_that_is_listed_already(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        """S3-54: all or nothing; the sentence names the seat."""
        api.post(URL, body(season_ticket, event))
        response = api.post(URL, body(season_ticket, event, seats=["2", "3"], price="90.00"))
        assert response.status_code == 409
        assert response.data == {
            "type": "client_error",
            "errors": [
                {
                    "code": "seat_already_listed",
                    "detail": "Already listed for this event: section 101, row A, seat 2.",
                    "attr": "seats",
                }
            ],
        }
        assert counts() == (1, 2, 1)

    def test_refuses_the_physical_seat_of_another_holder(
        self, season_ticket: SeasonTicket, event: Event, api: APIClient
    ) -> None:
        """One seat, two claims: the first listing has it, even when the block has gone to another holder since."""
        api.post(URL, body(season_ticket, event))
        SeasonTicket.objects.filter(id=season_ticket.id).update(status="ended")
        other = SeasonTicketFactory(team=season_ticket.team, season=season_ticket.season, first_seat=2, last_seat=3)
        response = api_of(other.holder.user).post(URL, body(other, event, seats=["2"]))
        assert response.status_code == 409

    def test_takes_the_same_seat_for_another_game(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        """S3-54: the same seat number in another game, row or section is another seat."""
        api.post(URL, body(season_ticket, event))
        assert api.post(URL, body(season_ticket, home_game(season_ticket))).status_code == 201
        elsewhere = SeasonTicketFactory(
            holder=season_ticket.holder, team=season_ticket.team, season=season_ticket.season, row="B"
        )
        assert api.post(URL, body(elsewhere, event)).status_code == 201

    @pytest.mark.parametrize("status", ["pending", "rejected"])
    def test_refuses_a_block_that_is_not_verified(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event, status: str
    ) -> None:
        SeasonTicket.objects.update(status=status)
        response = api.post(URL, body(season_ticket, event))
        assert response.status_code == 409
        error = response.data["errors"][0]
        assert (error["code"], error["attr"]) == ("season_ticket_not_verified", "season_ticket")
        assert status in error["detail"]

    def test_refuses_another_holders_block_like_an_unknown_one(self, api: APIClient, event: Event) -> None:
        """S3-51."""
        foreign = SeasonTicketFactory()
        response = api.post(URL, body(foreign, home_game(foreign)))
        assert response.status_code == 400
        assert response.data["errors"][0] == {
            "code": "does_not_exist", "detail": "You have no such season ticket.", "attr": "season_ticket",
        }  # fmt: skip

    def test_refuses_an_event_without_seats_of_the_block(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        away = EventFactory(season=season_ticket.season, away_team=season_ticket.team)
        other_season = EventFactory(
            season=SeasonFactory(league=season_ticket.season.league), home_team=season_ticket.team
        )
        for event in (away, other_season):
            response = api.post(URL, body(season_ticket, event))
            assert response.status_code == 400
            assert response.data["errors"][0]["code"] == "event_not_of_season_ticket"

    @pytest.mark.parametrize(
        ("change", "word"), [("begun", "begun"), ("postponed", "postponed"), ("cancelled", "cancelled")]
    )
    def test_refuses_an_event_that_is_not_open(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event, change: str, word: str
    ) -> None:
        fields = {"starts_at": timezone.now() - timedelta(seconds=1)} if change == "begun" else {"status": change}
        Event.objects.filter(id=event.id).update(**fields)
        response = api.post(URL, body(season_ticket, event))
        assert response.status_code == 409
        assert response.data["errors"][0]["code"] == "event_not_open"
        assert word in response.data["errors"][0]["detail"]

    def test_takes_any_kind_of_event(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """S3-02: a concert series is data; its house ensemble plays the part of the home team."""
        league = LeagueFactory(code="CONCERTS", category="concert")
        block = SeasonTicketFactory(
            holder=season_ticket.holder,
            season=SeasonFactory(league=league),
            team=TeamFactory(league=league, home_venue=None),
        )
        concert = home_game(block, away_team=None, venue=VenueFactory(), name="An evening of quartets")
        assert api.post(URL, body(block, concert)).status_code == 201

    @pytest.mark.parametrize("field", ["status", "holder", "split", "currency", "id"])
    def test_refuses_fields_that_a_holder_may_not_set(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event, field: str
    ) -> None:
        """S3-52: a holder cannot set a status."""
        response = api.post(URL, body(season_ticket, event, **{field: "sold"}))
        assert [(error["attr"], error["code"]) for error in response.data["errors"]] == [(field, "unknown")]
        assert not Listing.objects.exists()

    def test_has_one_effect_per_idempotency_key(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        headers = {"Idempotency-Key": "list-1"}
        answers = [api.post(URL, body(season_ticket, event), headers=headers) for _ in range(3)]
        assert {answer.status_code for answer in answers} == {201}
        assert answers[0].json() == answers[2].json()
        assert api.post(URL, body(season_ticket, event, price="99.00"), headers=headers).status_code == 422
        assert counts() == (1, 2, 1)

    def test_needs_nine_queries_however_many_seats(
        self, season_ticket: SeasonTicket, event: Event, django_assert_num_queries: Any
    ) -> None:
        """User, holder; the transaction's two, block, game, insert, outbox; the rate of its holder."""
        client, other_event = AppClient(), home_game(season_ticket)
        client.log_in(season_ticket.holder.user.email, PASSWORD)
        with django_assert_num_queries(9):
            assert client.post(URL, body(season_ticket, event, seats=["1"])).status_code == 201
        with django_assert_num_queries(9):
            assert client.post(URL, body(season_ticket, other_event, seats=["1", "2", "3", "4"])).status_code == 201


class TestPermissions:
    @pytest.mark.parametrize(
        ("who", "method", "status"),
        [
            ("anonymous", "get", 401), ("anonymous", "post", 401),
            ("user", "get", 200), ("user", "post", 403),
            ("holder", "get", 200), ("holder", "post", 201),
            ("staff", "get", 200), ("staff", "post", 403),
            ("holder", "put", 405), ("holder", "patch", 405), ("holder", "delete", 405),
        ],
    )  # fmt: skip
    def test_who_may_do_what(
        self, season_ticket: SeasonTicket, event: Event, who: str, method: str, status: int
    ) -> None:
        user = {
            "anonymous": None,
            "user": UserFactory(),
            "holder": season_ticket.holder.user,
            "staff": UserFactory(staff=True),
        }[who]
        response = getattr(api_of(user), method)(URL, body(season_ticket, event) if method == "post" else None)
        assert response.status_code == status
        assert counts()[0] == (1 if status == 201 else 0)


class TestRead:
    def test_shows_a_holder_their_own_only(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        """S3-51: a foreign one is 404."""
        own = api.post(URL, body(season_ticket, event)).data["id"]
        foreign_block = SeasonTicketFactory()
        foreign = api_of(foreign_block.holder.user).post(URL, body(foreign_block, home_game(foreign_block))).data["id"]
        assert [row["id"] for row in api.get(URL).data["results"]] == [own]
        assert api.get(f"{URL}{own}/").status_code == 200
        assert api.get(f"{URL}{foreign}/").status_code == 404

    @pytest.mark.parametrize(("permitted", "seen"), [(True, 1), (False, 0)])
    def test_shows_staff_all_if_they_may_view_them(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event, permitted: bool, seen: int
    ) -> None:
        """S3-51."""
        api.post(URL, body(season_ticket, event))
        staff = UserFactory(staff=True)
        if permitted:
            staff.user_permissions.add(Permission.objects.get(codename="view_listing"))
        assert len(api_of(staff).get(URL).data["results"]) == seen

    def test_filters(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        first = api.post(URL, body(season_ticket, event)).data["id"]
        other_event = home_game(season_ticket)
        second = api.post(URL, body(season_ticket, other_event)).data["id"]
        assert [row["id"] for row in api.get(URL).data["results"]] == [second, first], "newest first"
        assert [row["id"] for row in api.get(URL, {"event": event.id}).data["results"]] == [first]
        assert len(api.get(URL, {"season_ticket": season_ticket.id, "status": "pending"}).data["results"]) == 2
        assert api.get(URL, {"season_ticket": SeasonTicketFactory().id}).data["results"] == []
        for name in ("event", "season_ticket", "status"):
            assert api.get(URL, {name: "nonsense"}).data["errors"][0]["attr"] == name

    def test_needs_two_queries_however_many(
        self, api: APIClient, season_ticket: SeasonTicket, django_assert_num_queries: Any
    ) -> None:
        """The page, and the agreements that apply to it; none of the latter for an empty page."""
        with django_assert_num_queries(1):
            assert api.get(URL).data["results"] == []
        for _ in range(5):
            api.post(URL, body(season_ticket, home_game(season_ticket)))
        with django_assert_num_queries(2):
            assert len(api.get(URL).data["results"]) == 5

    def test_splits_each_listing_by_its_own_agreement(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event, django_assert_num_queries: Any
    ) -> None:
        """S3-22: of holder and team, of the holder, of nobody, in one page of the staff."""
        blocks = [season_ticket, SeasonTicketFactory(holder=season_ticket.holder), SeasonTicketFactory()]
        listed = [api_of(b.holder.user).post(URL, body(b, home_game(b))).data["id"] for b in blocks]
        CommissionAgreementFactory(holder=season_ticket.holder, team=season_ticket.team, rate_bps=1_000)
        CommissionAgreementFactory(holder=season_ticket.holder, rate_bps=1_500)
        client = api_of(UserFactory(superuser=True))
        with django_assert_num_queries(2):
            rows = {row["id"]: row["split"] for row in client.get(URL).data["results"]}
        assert [(rows[id_]["rule"], rows[id_]["payout"]) for id_ in listed] == [
            ("holder_team", "90.00"), ("holder", "85.00"), ("default", "80.00"),
        ]  # fmt: skip
        assert client.get(f"{URL}{listed[0]}/").data["split"]["rule"] == "holder_team"


class TestPages:
    def test_answers_404_to_a_forged_cursor(self, api: APIClient) -> None:
        cursor = base64.b64encode(b"p=not-a-uuid").decode()
        assert api.get(URL, {"cursor": cursor}).status_code == 404

    def test_leads_from_page_to_page_without_losing_a_row(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        made = [api.post(URL, body(season_ticket, home_game(season_ticket))).data["id"] for _ in range(3)]
        first = api.get(URL, {"page_size": 2}).data
        second = api.get(first["next"]).data
        assert [row["id"] for row in first["results"] + second["results"]] == made[::-1]
        assert second["next"] is None
