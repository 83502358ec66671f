"""Statements over HTTP: holders read their own, staff those of all."""

import csv
import io
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from apps.catalog.models import Event
from apps.common.testing.clients import api_of
from apps.common.testing.downloads import downloaded
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.orders.models import Sale
from apps.payouts import selectors
from apps.payouts.models import Statement
from apps.payouts.testing.stories import FEBRUARY, JANUARY, at, make, sell, statement_of, unsell
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import superuser

pytestmark = pytest.mark.django_db
OWN = "/api/v1/statements/"
STAFF = "/api/v1/staff/statements/"
NOBODYS = "01a1fc82-8380-708c-a80e-ebef5ada59be"


@pytest.fixture
def api(listing: Listing) -> APIClient:
    return api_of(listing.holder.user)


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.json()
    return [row["id"] for row in response.json()["results"]]


def two_months(listing: Listing) -> tuple[Statement, Statement]:
    """Return a statement of January, and one of February that reverses its sale and has another one."""
    [sale] = sell(listing, "1", on=at(1, 5))
    january = statement_of(sale)
    unsell(sale, on=at(2, 6))
    sell(listing, "2", on=at(2, 7))
    make(FEBRUARY)
    return january, Statement.objects.get(period_start_date=FEBRUARY.first)


def foreign() -> Statement:
    return statement_of(sell(on_sale(), "1", on=at(1, 5))[0])


def csv_rows(response: Any) -> list[dict[str, str]]:
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(downloaded(response))))


class TestOwn:
    def test_are_shown_latest_month_first(self, api: APIClient, listing: Listing) -> None:
        january, february = two_months(listing)
        foreign()
        answer = api.get(OWN)
        assert ids(answer) == [str(february.id), str(january.id)]
        assert answer.json()["results"][1] == {
            "id": str(january.id),
            "month": "2026-01",
            "period_start": "2026-01-01",
            "period_end": "2026-02-01",
            "currency": "USD",
            "sale_count": 1,
            "void_count": 0,
            "gross": "100.00",
            "commission": "20.00",
            "payout": "80.00",
            "made_at": "2026-02-01T00:00:00Z",
        }
        for row in answer.json()["results"]:
            assert api.get(f"{OWN}{row['id']}/").json() == row

    def test_come_in_pages(self, api: APIClient, listing: Listing) -> None:
        january, february = two_months(listing)
        first = api.get(OWN, {"page_size": 1})
        assert ids(first) + ids(api.get(first.json()["next"])) == [str(february.id), str(january.id)]

    def test_are_found_by_year_and_currency(self, api: APIClient, listing: Listing) -> None:
        january, february = two_months(listing)
        both = [str(february.id), str(january.id)]
        assert ids(api.get(OWN, {"year": 2026, "currency": "usd"})) == both
        assert ids(api.get(OWN, {"year": 2025})) == ids(api.get(OWN, {"currency": "CAD"})) == []

    @pytest.mark.parametrize(
        ("name", "value"),
        [("year", "x"), ("year", "2026.5"), ("year", "99999"), ("year", "1"), ("currency", "US"), ("currency", "USDT")],
    )
    def test_refuse_wrong_filters(self, api: APIClient, name: str, value: str) -> None:
        answer = api.get(OWN, {name: value})
        assert (answer.status_code, answer.json()["errors"][0]["attr"]) == (400, name)

    @pytest.mark.parametrize("path", ["", "lines/", "csv/"])
    def test_of_others_are_not_found(self, api: APIClient, path: str) -> None:
        for statement_id in (foreign().id, NOBODYS, "x"):
            assert api.get(f"{OWN}{statement_id}/{path}").status_code == 404

    def test_take_as_many_queries_for_many(
        self, api: APIClient, listing: Listing, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        january, _ = two_months(listing)
        for address in (OWN, f"{OWN}{january.id}/", f"{OWN}?year=2026"):
            with django_assert_num_queries(1):
                api.get(address)


class TestLines:
    def test_have_the_sale_and_explain_its_payout(self, api: APIClient, listing: Listing) -> None:
        _, february = two_months(listing)
        rows = api.get(f"{OWN}{february.id}/lines/").json()["results"]
        shown = [(row["kind"], row["seat"], row["price"], row["commission"], row["payout"]) for row in rows]
        assert shown == [("void", "1", "-100.00", "-20.00", "-80.00"), ("sale", "2", "100.00", "20.00", "80.00")]
        sale, event = Sale.objects.get(ticket__seat="2"), listing.event
        assert rows[1] == {
            "kind": "sale",
            "happened_at": "2026-02-07T12:00:00Z",
            "sale": str(sale.id),
            "event": {"id": str(event.id), "name": event.name, "label": event.label,
                      "starts_at": rows[1]["event"]["starts_at"], "status": "scheduled"},
            "section": "101",
            "row": "A",
            "seat": "2",
            "marketplace": {"code": "stubhub", "name": "StubHub"},
            "price": "100.00",
            "currency": "USD",
            "rate": "0.2000",
            "rule": "default",
            "commission": "20.00",
            "payout": "80.00",
            "steps": sale.explanation["steps"],
        }  # fmt: skip
        assert rows[0]["steps"] == Sale.objects.get(ticket__seat="1").explanation["steps"]

    def test_name_listed_seats(self) -> None:
        block = SeasonTicketFactory(numbering="listed", listed_seats=["B", "A", "07"], last_seat=3)
        sell(on_sale(block=block), "B", "A", "07", on=at(1, 5))
        make(JANUARY)
        lines = api_of(block.holder.user).get(f"{OWN}{Statement.objects.get().id}/lines/").json()["results"]
        assert sorted(row["seat"] for row in lines) == ["07", "A", "B"]

    def test_come_in_pages_in_the_order_of_time(self, api: APIClient) -> None:
        long = on_sale(block=SeasonTicketFactory(last_seat=7))
        for number in range(7, 0, -1):
            sell(long, str(number), on=at(1, 20 - number), ignore_split_rule=True)
        make(JANUARY)
        mine, seats = api_of(long.holder.user), []
        address = f"{OWN}{Statement.objects.get().id}/lines/?page_size=3"
        while address:
            page = mine.get(address).json()
            seats += [row["seat"] for row in page["results"]]
            address = page["next"]
        assert seats == ["7", "6", "5", "4", "3", "2", "1"]

    def test_take_as_many_queries_for_many(self) -> None:
        counts = []
        for last_seat in (1, 30):
            long = on_sale(block=SeasonTicketFactory(last_seat=last_seat))
            statement = statement_of(sell(long, *long.tickets.values_list("seat", flat=True), on=at(1, 5))[0])
            mine = api_of(long.holder.user)
            for path in ("lines/?page_size=100", "csv/"):
                with CaptureQueriesContext(connection) as queries:
                    answer = mine.get(f"{OWN}{statement.id}/{path}")
                    _ = list(answer.streaming_content) if answer.streaming else answer.json()
                counts.append(len(queries))
        assert counts == [2, 2, 2, 2]


class TestCsv:
    def test_has_every_line_and_sums_to_the_statement(self, api: APIClient, listing: Listing) -> None:
        _, february = two_months(listing)
        answer = api.get(f"{OWN}{february.id}/csv/", headers={"Accept": "text/csv"})
        assert answer["Content-Type"] == "text/csv; charset=utf-8"
        assert answer["Content-Disposition"] == 'attachment; filename="statement-2026-02-USD.csv"'
        rows = csv_rows(answer)
        assert [(row["kind"], row["happened_at"], row["payout"]) for row in rows] == [
            ("void", "2026-02-06T12:00:00+00:00", "-80.00"), ("sale", "2026-02-07T12:00:00+00:00", "80.00"),
        ]  # fmt: skip
        for name in ("price", "commission", "payout"):
            assert sum(Decimal(row[name]) for row in rows) == 0, "numbers for a spreadsheet"
        assert (rows[1]["seat"], rows[1]["rate"], rows[1]["marketplace"]) == ("2", "0.2000", "StubHub")

    def test_is_safe_to_open_in_a_spreadsheet(self, api: APIClient, listing: Listing) -> None:
        january, _ = two_months(listing)
        Event.objects.update(name='=HYPERLINK("http://evil.example")')
        assert csv_rows(api.get(f"{OWN}{january.id}/csv/"))[0]["event"].startswith("'=HYPERLINK")

    def test_reads_page_by_page(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(selectors, "_CSV_PAGE", 2)
        long = on_sale(block=SeasonTicketFactory(last_seat=5))
        statement = statement_of(sell(long, "1", "2", "3", "4", "5", on=at(1, 5))[0])
        rows = csv_rows(api_of(long.holder.user).get(f"{OWN}{statement.id}/csv/"))
        assert sorted(row["seat"] for row in rows) == ["1", "2", "3", "4", "5"]


class TestStaff:
    def test_see_those_of_every_holder(self, listing: Listing) -> None:
        january, february = two_months(listing)
        other, chief = foreign(), api_of(superuser())
        assert set(ids(chief.get(STAFF))) == {str(january.id), str(february.id), str(other.id)}
        assert ids(chief.get(STAFF, {"holder": str(other.holder_id)})) == [str(other.id)]
        assert ids(chief.get(STAFF, {"holder": NOBODYS})) == []
        assert chief.get(f"{STAFF}{other.id}/").json()["holder"] == str(other.holder_id)
        assert len(chief.get(f"{STAFF}{other.id}/lines/").json()["results"]) == 1
        assert len(csv_rows(chief.get(f"{STAFF}{other.id}/csv/"))) == 1
        assert chief.get(STAFF, {"holder": "x"}).json()["errors"][0]["attr"] == "holder"

    def test_take_as_many_queries_for_many(
        self, listing: Listing, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        two_months(listing)
        foreign()
        chief = api_of(superuser())
        with django_assert_num_queries(1):
            chief.get(STAFF)

    @pytest.mark.parametrize("path", ["", "{}/", "{}/lines/", "{}/csv/"])
    def test_need_the_permission(self, path: str) -> None:
        address = STAFF + path.format(foreign().id)
        permission = Permission.objects.get(codename="view_statement")
        for is_staff, may, status in ((True, True, 200), (True, False, 403), (False, True, 403)):
            user = UserFactory(is_staff=is_staff)
            user.user_permissions.set([permission] if may else [])
            assert api_of(user).get(address).status_code == status, (is_staff, may)

    def test_have_no_own_ones_without_being_a_holder(self, listing: Listing) -> None:
        two_months(listing)
        assert ids(api_of(superuser()).get(OWN)) == []
