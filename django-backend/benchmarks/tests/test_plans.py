"""With 200,000 tickets in the table, PostgreSQL still uses an index for every frequent query."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from apps.listings.rules.offers import PhysicalSeat
from apps.listings.selectors.tickets import seats_active
from apps.season_tickets.models import SeasonTicket
from benchmarks.seed import Seeded, seed

BIG_TABLES = {"listings_listing", "listings_ticket", "listings_seasonticket", "listings_listingevent"}
TICKETS = 200_000
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def seeded(django_db_setup: None, django_db_blocker: Any) -> Iterator[Seeded]:
    """The tables, filled once and in a transaction that is rolled back."""
    with django_db_blocker.unblock():
        connection.ensure_connection()
        connection.set_autocommit(False)
        try:
            yield seed(tickets=TICKETS, now=datetime(2039, 1, 1, tzinfo=UTC))
        finally:
            connection.rollback()
            connection.set_autocommit(True)


def plans(work: Any) -> list[dict[str, Any]]:
    """Return every node of the plans of all SELECTs that the work sends, with `never executed` ones left out."""
    with CaptureQueriesContext(connection) as captured:
        work()
    nodes: list[dict[str, Any]] = []
    for query in captured.captured_queries:
        if not query["sql"].lstrip().startswith("SELECT"):
            continue
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + query["sql"].replace("%", "%%"), [])
            nodes += _nodes(cursor.fetchone()[0][0]["Plan"])
    return nodes


def _nodes(node: dict[str, Any]) -> list[dict[str, Any]]:
    return [node, *(inner for child in node.get("Plans", []) for inner in _nodes(child))]


def assert_by_index(nodes: list[dict[str, Any]], *, at_most: int) -> None:
    """No big table is read completely, and no step reads more rows than `at_most`."""
    read = [node for node in nodes if node.get("Relation Name") in BIG_TABLES]
    assert read
    assert [node["Relation Name"] for node in read if node["Node Type"] == "Seq Scan"] == []
    rows = [(node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"] for node in read]
    assert max(rows) <= at_most, sorted(zip(rows, (node.get("Index Name") for node in read), strict=True))[-1]


@pytest.fixture
def api(seeded: Seeded) -> APIClient:
    client = APIClient()
    client.force_authenticate(seeded.reader)
    return client


@pytest.mark.parametrize(
    ("query", "at_most"),
    [
        ("listings/?page_size=20", 100),
        ("listings/?page_size=20&expand=event", 100),
        ("listings/?page_size=20&ordering=price", 600),
        ("listings/?page_size=20&status=listed&ordering=starts_at", 600),
        ("tickets/?page_size=20", 600),
        ("tickets/?page_size=20&expand=event", 600),
    ],
)
def test_pages_of_a_holder(api: APIClient, query: str, at_most: int) -> None:
    """The first page and the next: a holder's 500 tickets at most, not everybody's."""
    first = api.get(f"/api/v1/{query}")
    assert len(first.data["results"]) == 20
    for address in (f"/api/v1/{query}", first.data["next"]):
        assert_by_index(plans(lambda address=address: api.get(address)), at_most=at_most)


@pytest.mark.parametrize("ordering", ["price", "-price", "-created_at"])
def test_pages_of_staff(seeded: Seeded, ordering: str) -> None:
    """Everybody's listings in the order of their price: a page reads only its own rows, wherever it begins."""
    client = APIClient()
    client.force_authenticate(seeded.staff)
    address = f"/api/v1/staff/listings/?page_size=20&ordering={ordering}"
    for page in (address, client.get(address).data["next"]):
        assert_by_index(plans(lambda page=page: client.get(page)), at_most=600)


def test_the_market(seeded: Seeded) -> None:
    """An event is summarised from its 50 cheapest listings, and a page of listings reads its own rows only."""
    listings = f"/api/v1/market/events/{seeded.events[0]}/listings/"
    client = APIClient()
    for address, at_most in (("/api/v1/market/events/", 5_000), (listings, 200), (f"{listings}?quantity=2", 200)):
        for page in (address, client.get(address).data["next"]):
            assert_by_index(plans(lambda page=page: client.get(page)), at_most=at_most)
    names = {node.get("Index Name") for node in plans(lambda: client.get(listings))}
    assert "listing_on_sale" in names


def test_availability(api: APIClient, seeded: Seeded) -> None:
    block = SeasonTicket.objects.filter(holder__user=seeded.reader).first()
    assert block is not None
    nodes = plans(lambda: api.get(f"/api/v1/season-tickets/{block.id}/availability/"))
    assert_by_index(nodes, at_most=200)
    assert "ticket_seat_active_once" in {node.get("Index Name") for node in nodes}


def test_the_check_for_active_seats(seeded: Seeded) -> None:
    seats = [PhysicalSeat(event, "R0", "0", seat, None) for event in seeded.events for seat in ("1", "2", "3", "4")]
    nodes = plans(lambda: seats_active(seats))
    assert_by_index(nodes, at_most=200)
    assert "ticket_seat_active_once" in {node.get("Index Name") for node in nodes}
