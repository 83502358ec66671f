"""Sales over HTTP: staff record and change them, holders read their own."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.catalog.testing.stories import begin
from apps.common.testing.clients import api_of
from apps.holders.testing.factories import TicketHolderFactory
from apps.listings.models import Listing
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import ListingTerms
from apps.listings.testing.stories import on_sale, statuses
from apps.orders.models import Marketplace, Sale
from apps.orders.services.sale_changes import sales_deliver
from apps.orders.testing.stories import NOW, postpone, record, reschedule, void
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.models import User
from apps.users.testing.factories import PASSWORD, UserFactory
from apps.users.testing.stories import superuser

pytestmark = pytest.mark.django_db
STAFF = "/api/v1/staff/sales/"
OWN = "/api/v1/sales/"
NOBODYS = "01a1fc82-8380-708c-a80e-ebef5ada59be"


def body(sold: Listing, **fields: Any) -> dict[str, Any]:
    return {
        "listing": str(sold.id), "seats": ["1"], "marketplace": "stubhub", "invoice_number": "INV-7", **fields,
    }  # fmt: skip


def person(*codenames: str, is_staff: bool = True) -> User:
    user = UserFactory(is_staff=is_staff)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


def error(response: Any) -> tuple[int, str, str | None]:
    first = response.json()["errors"][0]
    return response.status_code, first["code"], first["attr"]


class TestRecord:
    def test_answers_with_the_rows_that_a_read_shows(self, chief: APIClient, listing: Listing) -> None:
        """S3-22, S3-53."""
        answer = chief.post(STAFF, body(listing, seats=["1", "2"], price="120.00", customer_reference="Fan"))
        assert answer.status_code == 201, answer.data
        rows = answer.json()["sales"]
        assert [(row["seat"], row["price"], row["commission"], row["payout"]) for row in rows] == [
            ("1", "120.00", "24.00", "96.00"), ("2", "120.00", "24.00", "96.00"),
        ]  # fmt: skip
        for row in rows:
            assert chief.get(f"{STAFF}{row['id']}/").json() == row
        assert (rows[0]["marketplace"], rows[0]["customer_reference"]) == (
            {"code": "stubhub", "name": "StubHub"},
            "Fan",
        )

    def test_takes_a_quantity_and_a_time(self, chief: APIClient, listing: Listing) -> None:
        sent = body(listing, quantity=3, sold_at="2026-01-02T08:00:00-05:00")
        del sent["seats"]
        rows = chief.post(STAFF, sent).json()["sales"]
        assert [row["seat"] for row in rows] == ["1", "2", "3"]
        assert rows[0]["sold_at"] == "2026-01-02T13:00:00Z"

    @pytest.mark.parametrize(
        ("fields", "attr"),
        [
            ({"listing": "x"}, "listing"),
            ({"listing": NOBODYS}, "listing"),
            ({"quantity": 1}, "seats"),
            ({"seats": []}, "seats"),
            ({"seats": ["99"]}, "seats.0"),
            ({"marketplace": "ebay"}, "marketplace"),
            ({"marketplace": "house"}, "marketplace"),
            ({"invoice_number": ""}, "invoice_number"),
            ({"price": "0.00"}, "price"),
            ({"price": "1.001"}, "price"),
            ({"sold_at": "2026-01-02T08:00:00"}, "sold_at"),
            ({"sold_at": "2999-01-02T08:00:00Z"}, "sold_at"),
            ({"sold_at": "2025-01-02T08:00:00Z"}, "sold_at"),
        ],
    )
    def test_names_what_is_wrong(self, chief: APIClient, listing: Listing, fields: dict[str, Any], attr: str) -> None:
        answer = chief.post(STAFF, body(listing, **fields))
        assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, attr)
        assert (Sale.objects.count(), statuses(listing)) == (0, "listed aaaa")

    def test_names_seat_and_time_to_the_second_one(self, chief: APIClient, listing: Listing) -> None:
        """S4-07."""
        chief.post(STAFF, body(listing))
        answer = chief.post(STAFF, body(listing))
        assert error(answer) == (409, "seat_not_for_sale", "seats")
        assert "seat 1 was sold" in answer.json()["errors"][0]["detail"]

    def test_needs_leave_to_break_the_split_rule(self, chief: APIClient) -> None:
        listing = on_sale(terms=ListingTerms(split_rule=SplitRule.PAIRS))
        assert error(chief.post(STAFF, body(listing))) == (409, "split_not_allowed", "seats")
        assert chief.post(STAFF, body(listing, ignore_split_rule=True)).status_code == 201

    def test_happens_once_with_an_idempotency_key(self, chief: APIClient, listing: Listing) -> None:
        first, second = (chief.post(STAFF, body(listing), headers={"Idempotency-Key": "k"}) for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 201)
        assert first.json() == second.json()
        assert Sale.objects.count() == 1

    @pytest.mark.parametrize("seats", [["1"], ["1", "2", "3", "4"]])
    def test_needs_at_most_fourteen_queries(self, seats: list[str]) -> None:
        """With a real token and the two queries for permissions; the last seat costs one more than any other."""
        user, listing = person("view_sale", "add_sale"), on_sale(*seats)
        client = APIClient()
        login = client.post("/api/v1/accounts/app/v1/auth/login", {"email": user.email, "password": PASSWORD})
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {login.json()['meta']['access_token']}")
        with CaptureQueriesContext(connection) as queries:
            assert client.post(STAFF, body(listing, seats=seats)).status_code == 201
        assert statuses(listing).startswith("sold")
        assert sum("SAVEPOINT" not in query["sql"] for query in queries) <= 14


class TestChanges:
    def test_makes_a_sale_void(self, chief: APIClient, listing: Listing) -> None:
        sale = record(listing, "1")[0]
        answer = chief.post(f"{STAFF}{sale.id}/void/", {"reason": "Refused", "return_seats": True})
        assert answer.status_code == 200, answer.data
        row = answer.json()
        assert (row["void_reason"], row["seat_returned"]) == ("Refused", True)
        assert row["voided_by"].startswith("person")
        assert (row["payable_on"], row["payable_reason"]) == (None, "The sale is void: nothing is paid out.")
        again = chief.post(f"{STAFF}{sale.id}/void/", {"reason": "Refused", "return_seats": True})
        assert error(again) == (409, "sale_void", "ids")
        assert row["voided_at"][:19] in again.json()["errors"][0]["detail"]

    @pytest.mark.parametrize(
        ("fields", "attr"), [({"return_seats": True}, "reason"), ({"reason": "x"}, "return_seats")]
    )
    def test_asks_why_and_what_becomes_of_the_seat(
        self, chief: APIClient, listing: Listing, fields: dict[str, Any], attr: str
    ) -> None:
        answer = chief.post(f"{STAFF}{record(listing, '1')[0].id}/void/", fields)
        assert error(answer) == (400, "required", attr)

    def test_makes_many_void_or_none(self, chief: APIClient, listing: Listing) -> None:
        sales = record(listing, quantity=3)
        sent = {"ids": [str(sale.id) for sale in sales[::-1]], "reason": "Refused", "return_seats": False}
        assert error(chief.post(f"{STAFF}void/", {**sent, "ids": [*sent["ids"], NOBODYS]}))[0] == 400
        assert statuses(listing) == "listed sssa"
        answer = chief.post(f"{STAFF}void/", sent)
        assert [row["id"] for row in answer.json()["sales"]] == sent["ids"]
        assert statuses(listing) == "listed wwwa"

    def test_returns_no_seat_after_the_start(self, chief: APIClient, listing: Listing) -> None:
        sale = record(listing, "1")[0]
        begin(listing.event, at=NOW)
        answer = chief.post(f"{STAFF}{sale.id}/void/", {"reason": "Refused", "return_seats": True})
        assert error(answer) == (409, "seats_not_returnable", "return_seats")

    def test_notes_a_delivery_once(self, chief: APIClient, listing: Listing) -> None:
        sale = record(listing, "1")[0]
        answer = chief.post(f"{STAFF}{sale.id}/deliver/")
        assert (answer.status_code, answer.json()["delivery_status"]) == (200, "complete")
        assert error(chief.post(f"{STAFF}{sale.id}/deliver/")) == (409, "sale_delivered", "ids")

    @pytest.mark.parametrize("pk", [NOBODYS, "x"])
    def test_answers_404_for_what_is_not_there(self, chief: APIClient, pk: str) -> None:
        assert chief.get(f"{STAFF}{pk}/").status_code == 404
        assert chief.post(f"{STAFF}{pk}/void/", {"reason": "x", "return_seats": True}).status_code == 404
        assert chief.post(f"{STAFF}{pk}/deliver/").status_code == 404


class TestPermissions:
    """S3-51: each address for each kind of person."""

    CALLS = ("list", "read", "record", "void", "void_many", "deliver")

    @pytest.mark.parametrize(
        ("codenames", "is_staff", "allowed"),
        [
            ((), True, ()),
            (("add_sale", "change_sale"), True, ()),
            (("view_sale",), True, ("list", "read")),
            (("view_sale", "add_sale"), True, ("list", "read", "record")),
            (("view_sale", "change_sale"), True, ("list", "read", "void", "void_many", "deliver")),
            (("view_sale", "add_sale", "change_sale"), False, ()),
        ],
    )
    @pytest.mark.parametrize("call", CALLS)
    def test_of_staff(
        self, listing: Listing, codenames: tuple[str, ...], is_staff: bool, allowed: tuple[str, ...], call: str
    ) -> None:
        status = self.call(api_of(person(*codenames, is_staff=is_staff)), listing, call)
        assert status == ({"record": 201}.get(call, 200) if call in allowed else 403)

    @pytest.mark.parametrize("call", CALLS)
    def test_of_holders(self, listing: Listing, call: str) -> None:
        assert self.call(api_of(listing.holder.user), listing, call) == 403

    def call(self, client: APIClient, listing: Listing, call: str) -> int:
        sale = Sale.objects.first() or record(listing, "4")[0]
        sent = {"reason": "x", "return_seats": False}
        made = {
            "list": lambda: client.get(STAFF),
            "read": lambda: client.get(f"{STAFF}{sale.id}/"),
            "record": lambda: client.post(STAFF, body(listing, invoice_number="INV-8")),
            "void": lambda: client.post(f"{STAFF}{sale.id}/void/", sent),
            "void_many": lambda: client.post(f"{STAFF}void/", {**sent, "ids": [str(sale.id)]}),
            "deliver": lambda: client.post(f"{STAFF}{sale.id}/deliver/"),
        }[call]()
        return made.status_code


class TestOwnSales:
    HIDDEN = ("invoice_number", "customer_reference", "recorded_by", "voided_by", "void_reason", "source", "holder")

    def test_show_the_payout_and_how_it_came_about(self, listing: Listing, settings: Any) -> None:
        """S3-22, S3-53."""
        settings.PAYOUT_DAYS_AFTER_EVENT = 10
        record(listing, "1", actor=superuser())
        row = api_of(listing.holder.user).get(OWN).json()["results"][0]
        assert (row["price"], row["rate"], row["rule"], row["commission"], row["payout"]) == (
            "100.00", "0.2000", "default", "20.00", "80.00",
        )  # fmt: skip
        assert (row["section"], row["row"], row["seat"], row["delivery_status"]) == ("101", "A", "1", "pending")
        assert (row["payable_on"], row["payable_reason"]) == ("2040-09-19", "10 days after the event of 2040-09-09.")
        assert row["event"]["name"] == listing.event.name
        assert [step["step"] for step in row["steps"]][-1] == "payable_date"

    def test_never_show_what_staff_know(self, listing: Listing) -> None:
        """S3-51."""
        sales = record(listing, "1", actor=superuser(), customer_reference="Jane Roe, 555-0100")
        void(sales, actor=superuser(), reason="Jane's card was refused")
        page = api_of(listing.holder.user).get(f"{OWN}{sales[0].id}/")
        assert page.status_code == 200
        assert not set(self.HIDDEN) & page.json().keys()
        assert "Jane" not in page.content.decode()
        assert "INV-7" not in page.content.decode()

    def test_are_one_s_own(self, listing: Listing) -> None:
        """S3-51: a foreign one is 404, for staff here too."""
        sale = record(listing, "1")[0]
        for user in (TicketHolderFactory().user, UserFactory(), superuser()):
            assert api_of(user).get(OWN).json()["results"] == []
            assert api_of(user).get(f"{OWN}{sale.id}/").status_code == 404

    def test_have_a_payable_date_that_moves_with_the_event(self, listing: Listing) -> None:
        sale = record(listing, "1")[0]
        address, client = f"{OWN}{sale.id}/", api_of(listing.holder.user)
        frozen = client.get(address).json()["steps"]
        postpone(listing.event)
        row = client.get(address).json()
        assert (row["payable_on"], row["steps"]) == (None, frozen)
        assert "postponed" in row["payable_reason"]
        reschedule(listing.event, starts_at=datetime(2041, 1, 2, 3, tzinfo=UTC))
        assert "2041-01-01" in client.get(address).json()["payable_reason"], "the date at the venue"

    def test_filter(self, listing: Listing, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        other = SeasonTicketFactory(holder=listing.holder)
        first = record(listing, "1")[0]
        second = record(on_sale(block=other), "1", marketplace="gametime", sold_at=NOW - timedelta(hours=1))[0]
        sales_deliver(sale_ids=[first.id], now=NOW)
        void([second])
        client = api_of(listing.holder.user)

        def found(**query: Any) -> list[str]:
            return [row["id"] for row in client.get(OWN, query).json()["results"]]

        assert found() == [str(first.id), str(second.id)], "the latest sale first"
        event = listing.event
        for query in (
            {"event": event.id}, {"team": event.home_team_id}, {"season": event.season_id},
            {"league": event.season.league.code}, {"marketplace": "stubhub"}, {"delivery_status": "complete"},
            {"voided": "false"}, {"sold_after": NOW.isoformat()},
        ):  # fmt: skip
            assert found(**query) == [str(first.id)], query
        for query in ({"voided": "true"}, {"sold_before": NOW.isoformat()}, {"delivery_status": "pending"}):
            assert found(**query) == [str(second.id)], query
        for name in ("event", "team", "season", "league", "marketplace", "delivery_status", "sold_after"):
            assert client.get(OWN, {name: "nonsense"}).json()["errors"][0]["attr"] == name
        with django_assert_num_queries(1):
            found(team=event.home_team_id, voided="false")

    def test_come_in_pages_that_lose_no_row(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        """Sales of one moment stay in order; one query a page."""
        block = SeasonTicketFactory()
        made = {
            str(sale.id) for _ in range(3) for sale in record(on_sale(block=block, event=home_game(block)), quantity=3)
        }
        client, seen, address = api_of(block.holder.user), list[str](), f"{OWN}?page_size=2"
        while address:
            with django_assert_num_queries(1):
                page = client.get(address).json()
            seen += [row["id"] for row in page["results"]]
            address = page["next"]
        assert seen == sorted(made, reverse=True)

    def test_of_everybody_are_one_query_for_staff(
        self, chief: APIClient, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        for _ in range(3):
            record(on_sale(), quantity=2, actor=superuser())
        with django_assert_num_queries(1):
            assert len(chief.get(STAFF).json()["results"]) == 6


def test_marketplaces_are_those_in_use() -> None:
    """Data, not code: the list of the seed, without our own shop and what staff switch off."""
    client = api_of(TicketHolderFactory().user)
    Marketplace.objects.filter(code="viagogo").update(is_active=False)
    Marketplace.objects.create(code="new-place", name="A New Place")
    names = [row["name"] for row in client.get("/api/v1/marketplaces/").json()["results"]]
    assert set(names) == {
        "A New Place", "Event Inventory", "Gametime", "Mercury", "SeatGeek", "StubHub", "Ticket Evolution",
        "TicketNetwork", "TickPick", "VividSeats",
    }  # fmt: skip
    assert len(names) == 10
