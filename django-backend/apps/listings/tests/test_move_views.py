"""Moves over the API: what a holder may ask for, what staff decide, and who reads the history."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.common.testing.clients import api_of
from apps.listings.models import Listing
from apps.listings.tests.test_listing_moves import made
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.models import User
from apps.users.testing.stories import staff_api, staff_member

pytestmark = pytest.mark.django_db
STAFF_URL = "/api/v1/staff/listings/"


@pytest.fixture
def triage() -> APIClient:
    """The client of staff who may decide."""
    return staff_api("view_listing", "change_listing")


class TestHolderMoves:
    @pytest.mark.parametrize(
        ("path", "status", "after"),
        [
            ("withdraw", "pending", "delisted"),
            ("request-delisting", "listed", "delisting_requested"),
            ("relist", "delisted", "pending"),
        ],
    )
    def test_answers_with_the_moved_listing(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event, path: str, status: str, after: str
    ) -> None:
        """S3-52."""
        listing = made(season_ticket, event, status=status)
        response = api.post(f"/api/v1/listings/{listing.id}/{path}/", {"reason": "Family comes"})
        assert response.status_code == 200, response.data
        assert (response.data["status"], response.data["seats"]) == (after, ["1", "2"])

    def test_refuses_a_move_from_elsewhere_saying_where_it_is(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        """S3-52."""
        listing = made(season_ticket, event, status="listed")
        response = api.post(f"/api/v1/listings/{listing.id}/withdraw/")
        assert response.status_code == 409
        error = response.data["errors"][0]
        assert (error["code"], error["attr"]) == ("listing_move_refused", "status")
        assert "listed since" in error["detail"]

    @pytest.mark.parametrize("body", [{}, {"reason": " "}, {"reason": "x" * 501}, {"reason": ["x"]}])
    def test_names_a_bad_reason(
        self, api: APIClient, season_ticket: SeasonTicket, event: Event, body: dict[str, Any]
    ) -> None:
        listing = made(season_ticket, event, status="listed")
        response = api.post(f"/api/v1/listings/{listing.id}/request-delisting/", body)
        assert response.status_code == 400
        assert response.data["errors"][0]["attr"] == "reason"

    @pytest.mark.parametrize("path", ["withdraw", "request-delisting", "relist", "history"])
    @pytest.mark.parametrize(("who", "status"), [("anonymous", 401), ("stranger", 404)])
    def test_lets_nobody_else(
        self, season_ticket: SeasonTicket, event: Event, path: str, who: str, status: int
    ) -> None:
        """S3-51."""
        listing = made(season_ticket, event)
        client = api_of(SeasonTicketFactory().holder.user if who == "stranger" else None)
        method = client.get if path == "history" else client.post
        assert method(f"/api/v1/listings/{listing.id}/{path}/").status_code == status
        listing.refresh_from_db()
        assert listing.status == "pending"

    @pytest.mark.parametrize(
        ("path", "status"), [("withdraw", "pending"), ("request-delisting", "listed"), ("relist", "delisted")]
    )
    def test_staff_who_hold_tickets_ask_for_nothing_in_the_name_of_others(
        self, season_ticket: SeasonTicket, event: Event, path: str, status: str
    ) -> None:
        """S3-51: who may view all listings still has only own ones to move by the addresses of holders."""
        listing = made(season_ticket, event, status=status)
        own = SeasonTicketFactory(holder__user__staff=True)
        own.holder.user.user_permissions.add(
            *Permission.objects.filter(codename__in=["view_listing", "change_listing"])
        )
        client = api_of(User.objects.get(id=own.holder.user_id))
        assert client.get(f"/api/v1/listings/{listing.id}/").status_code == 200
        assert client.post(f"/api/v1/listings/{listing.id}/{path}/", {"reason": "x"}).status_code == 404
        listing.refresh_from_db()
        assert listing.status == status
        mine = made(own, home_game(own), status=status)
        assert client.post(f"/api/v1/listings/{mine.id}/{path}/", {"reason": "x"}).status_code == 200

    def test_a_holder_has_no_way_to_approve(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        """S3-52: neither here nor at the addresses of staff."""
        listing = made(season_ticket, event)
        assert api.post(f"/api/v1/listings/{listing.id}/approve/").status_code == 404
        assert api.post(f"{STAFF_URL}{listing.id}/approve/").status_code == 403
        assert api.patch(f"/api/v1/listings/{listing.id}/", {"status": "listed"}).status_code == 400
        listing.refresh_from_db()
        assert listing.status == "pending"


class TestHistory:
    def test_has_who_and_when_oldest_first(
        self, api: APIClient, triage: APIClient, season_ticket: SeasonTicket, event: Event
    ) -> None:
        listing = made(season_ticket, event)
        triage.post(f"{STAFF_URL}{listing.id}/approve/")
        api.post(f"/api/v1/listings/{listing.id}/request-delisting/", {"reason": "Family comes"})
        rows = api.get(f"/api/v1/listings/{listing.id}/history/").data["results"]
        assert [(row["by"], row["from_status"], row["to_status"], row["note"]) for row in rows] == [
            ("holder", "", "pending", ""),
            ("staff", "pending", "listed", ""),
            ("holder", "listed", "delisting_requested", "Family comes"),
        ]
        assert {row["source"] for row in rows} == {"api"}


class TestStaffMoves:
    @pytest.mark.parametrize(
        ("path", "status", "after"),
        [
            ("approve", "pending", "listed"),
            ("decline", "pending", "declined"),
            ("approve-delisting", "delisting_requested", "delisted"),
            ("decline-delisting", "delisting_requested", "listed"),
        ],
    )
    def test_decides(
        self, triage: APIClient, season_ticket: SeasonTicket, event: Event, path: str, status: str, after: str
    ) -> None:
        listing = made(season_ticket, event, status=status)
        response = triage.post(f"{STAFF_URL}{listing.id}/{path}/", {"reason": "Seen"})
        assert (response.status_code, response.data["status"]) == (200, after)

    @pytest.mark.parametrize(
        ("codenames", "read", "write"),
        [((), 403, 403), (("change_listing",), 403, 403), (("view_listing",), 200, 403)],
    )
    def test_needs_the_permissions(
        self, season_ticket: SeasonTicket, event: Event, codenames: tuple[str, ...], read: int, write: int
    ) -> None:
        listing, client = made(season_ticket, event), api_of(staff_member(*codenames))
        assert client.get(STAFF_URL).status_code == read
        assert client.post(f"{STAFF_URL}{listing.id}/approve/").status_code == write
        assert client.post(f"{STAFF_URL}bulk/", {"move": "approve", "ids": [str(listing.id)]}).status_code == write
        assert Listing.objects.get().status == "pending"

    def test_nobody_gets_401(self) -> None:
        assert api_of(None).get(STAFF_URL).status_code == 401

    def test_decides_about_many_with_a_result_for_each(self, triage: APIClient, season_ticket: SeasonTicket) -> None:
        listings = [made(season_ticket, home_game(season_ticket), status=s) for s in ("pending", "declined")]
        body = {"move": "approve", "ids": [str(listing.id) for listing in listings]}
        response = triage.post(f"{STAFF_URL}bulk/", body)
        assert response.status_code == 200
        first, second = response.json()["results"]
        assert first == {"id": str(listings[0].id), "status": "listed", "refusal": None}
        assert second["status"] is None
        assert "declined since" in second["refusal"]

    @pytest.mark.parametrize(
        ("changes", "attr"),
        [
            ({"move": "relist"}, "move"),
            ({"move": None}, "move"),
            ({"ids": []}, "ids"),
            ({"ids": ["x"]}, "ids.0"),
            ({"move": "decline"}, "reason"),
        ],
    )
    def test_names_what_is_wrong_with_a_bulk_request(
        self, triage: APIClient, season_ticket: SeasonTicket, event: Event, changes: dict[str, Any], attr: str
    ) -> None:
        listing = made(season_ticket, event)
        response = triage.post(f"{STAFF_URL}bulk/", {"move": "approve", "ids": [str(listing.id)], **changes})
        assert response.status_code == 400
        assert [error["attr"] for error in response.data["errors"]] == [attr]

    def test_lists_with_a_constant_number_of_queries(
        self, triage: APIClient, season_ticket: SeasonTicket, django_assert_num_queries: Any
    ) -> None:
        """The user's permissions (two), the rows, their rates."""
        for _ in range(4):
            made(season_ticket, home_game(season_ticket))
        with django_assert_num_queries(4):
            assert len(triage.get(STAFF_URL).data["results"]) == 4
