"""Listings as they are read: rows, filters, orderings, expansion, pages."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.common.ids import uuid7
from apps.common.testing.clients import api_of
from apps.holders.models import CommissionAgreement
from apps.listings.models import Listing, ListingEvent, Ticket
from apps.listings.selectors.listings import listing_answers, listing_rows
from apps.listings.testing.stories import held_row
from apps.season_tickets.models import SeasonTicket
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.season_tickets.testing.stories import home_game
from apps.users.testing.clients import AppClient
from apps.users.testing.factories import PASSWORD, UserFactory

URL = "/api/v1/listings/"
DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


def listed(season_ticket: SeasonTicket, event: Event, *, seats: int = 4, price: int = 10_000, **fields: Any) -> Listing:
    """Return a listing with its seats, written without the service: in any state, on any terms, with no messages."""
    now = datetime(2039, 1, 1, tzinfo=UTC)
    values = {"base_price_cents": price, "status": "listed", "status_changed_at": now, **fields}
    listing = Listing.objects.create(
        id=uuid7(), holder=season_ticket.holder, season_ticket=season_ticket, event=event, price_cents=price, **values
    )
    for position, seat in enumerate(season_ticket.seats[:seats]):
        Ticket.objects.create(
            listing=listing, event=event, section=season_ticket.section, row=season_ticket.row, seat=seat,
            position=position, general_admission_block=season_ticket.general_admission_block,
        )  # fmt: skip
    return listing


def ids(api: APIClient, **query: Any) -> list[str]:
    response = api.get(URL, query)
    assert response.status_code == 200, response.data
    return [row["id"] for row in response.data["results"]]


class TestRow:
    def test_has_all_terms(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        """S3-01, S3-23: nothing that the holder agreed to is hidden, and nothing else is shown."""
        listing = listed(
            season_ticket, event, price=9_000, base_price_cents=10_000, floor_cents=5_000, floor_basis="list",
            price_steps=[[30, 1_000], [10, 6_000]], next_markdown_at=datetime(2040, 8, 30, 4, tzinfo=UTC),
            split_rule="custom", custom_quantities=[2, 3], in_hand_date=date(2040, 9, 1), delivery_type="hard",
            disclosures=["aisle"], notes="Shade after two", commission_rate_bps=1_000,
        )  # fmt: skip
        assert api.get(f"{URL}{listing.id}/").json() == {
            "id": str(listing.id),
            "status": "listed",
            "status_changed_at": "2039-01-01T00:00:00Z",
            "season_ticket": str(season_ticket.id),
            "event": str(event.id),
            "event_postponed": False,
            "section": "101",
            "row": "A",
            "seats": ["1", "2", "3", "4"],
            "seats_available": 4,
            "price": "90.00",
            "base_price": "100.00",
            "currency": "USD",
            "split": {"rate": "0.1000", "rule": "listing", "commission": "9.00", "payout": "81.00"},
            "floor": "50.00",
            "floor_basis": "list",
            "price_steps": [{"days_before": 30, "off": "0.1000"}, {"days_before": 10, "off": "0.6000"}],
            "next_price": {"at": "2040-08-30T04:00:00Z", "price": "50.00", "off": "0.6000"},
            "split_rule": "custom",
            "custom_quantities": [2, 3],
            "allowed_quantities": [2, 3],
            "in_hand_date": "2040-09-01",
            "delivery_type": "hard",
            "disclosures": ["aisle"],
            "notes": "Shade after two",
            "show_seats": False,
            "created_at": listing.created_at.isoformat().replace("+00:00", "Z"),
        }

    def test_counts_and_divides_what_is_left(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        """Seats 1 and 3, 4 are left: never three or four at once, while all four are named."""
        listing = listed(season_ticket, event)
        Ticket.objects.filter(listing=listing, seat="2").update(status="sold")
        row = api.get(f"{URL}{listing.id}/").data
        assert (row["seats"], row["seats_available"], row["allowed_quantities"]) == (["1", "2", "3", "4"], 3, [1, 2])

    def test_takes_places_of_general_admission_as_one_run(self, season_ticket: SeasonTicket) -> None:
        block = SeasonTicketFactory(numbering="general_admission", first_seat=1, last_seat=4)
        listing = listed(block, home_game(block))
        held_row(listing, "2")
        row = api_of(block.holder.user).get(f"{URL}{listing.id}/").data
        assert (row["seats_available"], row["allowed_quantities"]) == (3, [1, 2, 3])

    def test_flags_a_postponed_event(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        listing = listed(season_ticket, event)
        Event.objects.update(status="postponed")
        assert api.get(f"{URL}{listing.id}/").data["event_postponed"] is True

    def test_names_no_staff(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        """S3-51: the holder reads which side did it, never who."""
        listing = listed(season_ticket, event)
        staff = UserFactory(staff=True, email="triage@example.com")
        for actor in (season_ticket.holder.user, staff, None):
            ListingEvent.objects.create(
                listing=listing, actor=actor, source="api", to_status="listed", at=listing.created_at, change="price",
                from_price_cents=10_000, to_price_cents=9_000,
            )  # fmt: skip
        response = api.get(f"{URL}{listing.id}/history/")
        assert [row["by"] for row in response.data["results"]] == ["holder", "staff", "system"]
        assert {(row["change"], row["from_price"], row["to_price"]) for row in response.data["results"]} == {
            ("price", "100.00", "90.00")
        }
        assert b"triage" not in response.content

    @pytest.mark.parametrize("pk", ["00000000-0000-0000-0000-000000000000", "nonsense"])
    def test_is_404_where_there_is_none(self, api: APIClient, pk: str) -> None:
        assert api.get(f"{URL}{pk}/").status_code == 404
        assert api.get(f"{URL}{pk}/history/").status_code == 404


class TestFilters:
    def test_keep_what_is_requested(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """S3-49: each filter alone, then two together."""
        early = home_game(season_ticket, starts_at=datetime(2040, 1, 1, tzinfo=UTC))
        late = home_game(season_ticket, starts_at=datetime(2040, 3, 1, tzinfo=UTC))
        other = SeasonTicketFactory(holder=season_ticket.holder, section="7B")
        cheap = str(listed(season_ticket, early, price=5_000).id)
        dear = str(listed(season_ticket, late, price=20_050, status="pending").id)
        elsewhere = str(listed(other, home_game(other), status="expired").id)
        asked: list[tuple[dict[str, Any], list[str]]] = [
            ({"event": early.id}, [cheap]),
            ({"league": season_ticket.season.league.code.lower()}, [dear, cheap]),
            ({"team": other.team_id}, [elsewhere]),
            ({"season": season_ticket.season_id}, [dear, cheap]),
            ({"season_ticket": other.id}, [elsewhere]),
            ({"status": ["pending", "expired"]}, [elsewhere, dear]),
            ({"exclude_status": ["pending", "expired"]}, [cheap]),
            ({"starts_after": "2040-03-01T00:00:00Z"}, [elsewhere, dear]),
            ({"starts_before": "2040-03-01T00:00:00Z"}, [cheap]),
            ({"price_min": "200.50"}, [dear]),
            ({"price_max": "200.49"}, [elsewhere, cheap]),
            ({"section": " 7b "}, [elsewhere]),
            ({"price_min": "60", "status": "pending"}, [dear]),
        ]
        assert [ids(api, **query) for query, _ in asked] == [expected for _, expected in asked]

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("event", "x"), ("league", "XXL"), ("team", "x"), ("season", "1850"), ("season_ticket", "x"),
            ("status", "x"), ("exclude_status", "x"), ("starts_after", "soon"), ("starts_before", "soon"),
            ("price_min", "ten"), ("price_min", "NaN"), ("price_max", "1.001"), ("price_max", "-1"),
            ("section", "x" * 31), ("ordering", "holder"), ("expand", "holder"), ("expand", ""),
        ],
    )  # fmt: skip
    def test_refuse_unknown_values_by_name(self, api: APIClient, name: str, value: str) -> None:
        response = api.get(URL, {name: value})
        assert response.status_code == 400
        assert [error["attr"] for error in response.data["errors"]] == [name]


class TestPages:
    @pytest.mark.parametrize("ordering", ["created_at", "-created_at", "price", "-price", "starts_at", "-starts_at"])
    def test_lead_forward_and_back_through_equal_values(
        self, api: APIClient, season_ticket: SeasonTicket, ordering: str
    ) -> None:
        """Seven listings, two prices, two starts: every page once, in order, in both directions."""
        blocks = [SeasonTicketFactory(holder=season_ticket.holder, row=str(n)) for n in range(7)]
        rows = [
            listed(b, home_game(b, starts_at=datetime(2040, 1, 1 + n % 2, tzinfo=UTC)), price=10_000 + n % 2 * 100)
            for n, b in enumerate(blocks)
        ]
        key = {"created_at": lambda row: row.id, "price": lambda row: (row.price_cents, row.id),
               "starts_at": lambda row: (row.event.starts_at, row.id)}[ordering.removeprefix("-")]  # fmt: skip
        expected = [str(row.id) for row in sorted(rows, key=key, reverse=ordering.startswith("-"))]
        pages, address = [], f"{URL}?page_size=2&ordering={ordering}"
        while address:
            pages.append(api.get(address).data)
            address = pages[-1]["next"]
        assert [row["id"] for page in pages for row in page["results"]] == expected
        back = pages[-1]["previous"]
        for page in reversed(pages[:-1]):
            again = api.get(back).data
            assert again["results"] == page["results"]
            back = again["previous"]
        assert back is None

    def test_begin_where_a_row_was_that_is_gone(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        rows = [listed(season_ticket, home_game(season_ticket)) for _ in range(3)]
        following = api.get(URL, {"page_size": 2}).data["next"]
        Ticket.objects.filter(listing__in=rows[:2]).delete()
        Listing.objects.filter(id__in=[row.id for row in rows[:2]]).delete()
        empty = api.get(following).data
        assert (empty["results"], empty["next"]) == ([], None)
        assert [row["id"] for row in api.get(empty["previous"]).data["results"]] == [str(rows[2].id)]

    def test_refuse_the_cursor_of_another_ordering(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        for _ in range(2):
            listed(season_ticket, home_game(season_ticket))
        address = api.get(URL, {"page_size": 1, "ordering": "price"}).data["next"]
        assert api.get(address.replace("ordering=price", "ordering=created_at")).status_code == 404


class TestExpand:
    def test_shows_the_event_as_the_catalogue_does(self, api: APIClient, season_ticket: SeasonTicket) -> None:
        """S3-49: with the local start; teams may be missing."""
        game, show = home_game(season_ticket), home_game(season_ticket, away_team=None)
        for event in (game, show):
            listing = listed(season_ticket, event)
            expected = api.get(f"/api/v1/events/{event.id}/").json()
            assert api.get(f"{URL}{listing.id}/", {"expand": "event"}).json()["event"] == expected
        assert [row["event"]["id"] for row in api.get(URL, {"expand": "event"}).json()["results"]] == [
            str(show.id), str(game.id),
        ]  # fmt: skip


class TestCost:
    @pytest.mark.parametrize("query", ["", "?expand=event", "?ordering=starts_at&status=listed&page_size=100"])
    def test_is_three_queries_with_the_login_however_many_rows(
        self, season_ticket: SeasonTicket, query: str, django_assert_num_queries: Any
    ) -> None:
        """User, page, agreements; none of the last for an empty page."""
        client = AppClient()
        client.log_in(season_ticket.holder.user.email, PASSWORD)
        with django_assert_num_queries(2):
            assert client.get(URL + query).data["results"] == []
        for rows in (1, 15):
            for _ in range(rows):
                last = listed(season_ticket, home_game(season_ticket))
            with django_assert_num_queries(3):
                client.get(URL + query)
        with django_assert_num_queries(3):
            client.get(f"{URL}{last.id}/")
        with django_assert_num_queries(3):
            client.get(f"{URL}{last.id}/history/")

    def test_is_constant_for_staff(self, season_ticket: SeasonTicket, django_assert_num_queries: Any) -> None:
        """The user, as after a login, two for the permissions, page, agreements."""
        staff = UserFactory(staff=True)
        staff.user_permissions.add(Permission.objects.get(codename="view_listing"))
        for rows in (1, 5):
            for _ in range(rows):
                listed(season_ticket, home_game(season_ticket))
            with django_assert_num_queries(5):
                response = api_of(type(staff).objects.get(pk=staff.pk)).get("/api/v1/staff/listings/?expand=event")
            assert response.status_code == 200

    def test_asks_for_agreements_once(
        self, season_ticket: SeasonTicket, event: Event, django_assert_num_queries: Any
    ) -> None:
        listed(season_ticket, event)
        with django_assert_num_queries(1):
            rows = listing_rows(Listing.objects.all())
        with django_assert_num_queries(1):
            answers = listing_answers(rows, on=date(2039, 1, 1))
        assert answers[0]["split"]["rule"] == "default"
        assert not CommissionAgreement.objects.exists()


class TestConditionalReads:
    def test_answer_304_to_who_has_the_page(self, api: APIClient, season_ticket: SeasonTicket, event: Event) -> None:
        """The body is spared until something in it changes; nothing between us and the client keeps it."""
        listing = listed(season_ticket, event)
        for address in (URL, f"{URL}{listing.id}/"):
            first = api.get(address)
            assert {"private", "no-cache"} == set(first["Cache-Control"].split(", "))
            assert {"Authorization", "Cookie"} <= set(first["Vary"].split(", "))
            again = api.get(address, headers={"If-None-Match": first["ETag"]})
            assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
            Listing.objects.update(notes=f"changed {address}")
            changed = api.get(address, headers={"If-None-Match": first["ETag"]})
            assert (changed.status_code, changed["ETag"] == first["ETag"]) == (200, False)
        assert "ETag" not in api.get(f"{URL}nonsense/")
