"""What staff see of sales and marketplaces in the admin, and what they can do there."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from apps.catalog.testing.stories import begin
from apps.common.testing.downloads import downloaded
from apps.common.testing.html_forms import save
from apps.common.testing.queries import queries_of
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale, statuses
from apps.orders.models import Marketplace, Sale
from apps.orders.testing.stories import NOW, record, void
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.users.testing.stories import staff_browser

URL = "/admin/orders/sale/"
pytestmark = pytest.mark.django_db


def act(client: Client, action: str, *sales: Sale, **fields: str) -> str:
    data = {"action": action, "_selected_action": [str(sale.id) for sale in sales], **fields}
    return client.post(URL, data, follow=True).content.decode()


def shown(query: str) -> set[str]:
    page = staff_browser("view_sale").get(f"{URL}?{query}")
    assert page.status_code == 200, query
    return {str(sale.id) for sale in page.context["cl"].result_list}


class TestFinding:
    @pytest.fixture
    def sales(self) -> tuple[Sale, Sale]:
        """Two sales that differ in everything."""
        first = record(on_sale(), "1", invoice_number="INV-1", customer_reference="Roe")[0]
        second = record(
            on_sale(block=SeasonTicketFactory(section="Loge")), "1", marketplace="gametime", invoice_number="INV-2",
            customer_reference="Doe", sold_at=NOW - timedelta(hours=20),
        )[0]  # fmt: skip
        void([second])
        return first, second

    def test_filters(self, sales: tuple[Sale, Sale]) -> None:
        first, second = sales
        event = first.event
        for query in (
            f"marketplace__id__exact={first.marketplace_id}",
            "voided_at__isempty=1",
            f"event__season__league__id__exact={event.season.league_id}",
            f"event__season__id__exact={event.season_id}",
            "sold_at__year=2026&sold_at__month=1&sold_at__day=2",
            f"listing__id__exact={first.listing_id}",
        ):
            assert shown(query) == {str(first.id)}, query
        assert shown("voided_at__isempty=0") == {str(second.id)}
        assert shown("delivery_status__exact=pending") == {str(first.id), str(second.id)}

    def test_searches(self, sales: tuple[Sale, Sale]) -> None:
        _, second = sales
        for words in ("INV-2", "Doe", second.holder.user.email, "Loge", str(second.listing_id), str(second.batch_id)):
            assert shown(f"q={words}") == {str(second.id)}, words

    def test_needs_no_query_a_row(self, listing: Listing) -> None:
        client, counts = staff_browser("view_sale"), []
        record(listing, "1")
        for _ in range(2):
            counts.append(queries_of(lambda: client.get(URL)))
            record(on_sale(), quantity=3)
        assert counts[0] == counts[1]

    def test_shows_one_with_a_link_to_its_listing(self, listing: Listing) -> None:
        sale = record(listing, "1")[0]
        page = staff_browser("view_sale").get(f"{URL}{sale.id}/change/").content.decode()
        assert f"/admin/listings/listing/{listing.id}/change/" in page
        assert "INV-7" in page


class TestActions:
    def test_note_deliveries(self, listing: Listing) -> None:
        sales = record(listing, quantity=2)
        client = staff_browser("view_sale", "change_sale")
        assert "2 sales delivered" in act(client, "deliver", *sales)
        assert Sale.objects.filter(delivery_status="complete").count() == 2
        assert "was delivered at" in act(client, "deliver", *sales)
        logged = LogEntry.objects.filter(change_message="Delivered.").values_list("object_repr", flat=True)
        places = [f"{sale.event}, section {sale.ticket.section}, row {sale.ticket.row}" for sale in sales]
        assert set(logged) == {f"{place}, seat {sale.ticket.seat}" for place, sale in zip(places, sales, strict=True)}

    @pytest.mark.parametrize(("fields", "after"), [({"return_seats": "on"}, "listed aaaa"), ({}, "listed wwaa")])
    def test_make_void(self, listing: Listing, fields: dict[str, str], after: str) -> None:
        sales = record(listing, quantity=2)
        page = act(staff_browser("view_sale", "change_sale"), "void", *sales, reason="Card refused", **fields)
        assert f"2 sales void, {2 if fields else 0} seats back on sale" in page
        assert statuses(listing) == after
        assert set(Sale.objects.values_list("void_reason", "voided_by__is_staff")) == {("Card refused", True)}

    def test_make_nothing_void_without_a_reason(self, listing: Listing) -> None:
        sales = record(listing, quantity=2)
        page = act(staff_browser("view_sale", "change_sale"), "void", *sales, reason=" ")
        assert "Nothing changed. Say why you void the sale." in page
        assert Sale.objects.filter(voided_at=None).count() == 2

    def test_say_why_seats_stay_away(self, listing: Listing) -> None:
        sales = record(listing, quantity=2)
        begin(listing.event, at=NOW)
        page = act(staff_browser("view_sale", "change_sale"), "void", *sales, reason="x", return_seats="on")
        assert "the event has begun" in page
        assert statuses(listing) == "listed ssaa"

    @pytest.mark.parametrize("action", ["deliver", "void"])
    def test_are_not_for_those_who_may_only_look(self, listing: Listing, action: str) -> None:
        sale = record(listing, "1")[0]
        act(staff_browser("view_sale"), action, sale, reason="x")
        assert Sale.objects.filter(voided_at=None, delivery_status="pending").count() == 1


class TestExport:
    def export(self, client: Client) -> Any:
        return client.post(f"{URL}export/", {"format": "0", "resource": "0"})

    def test_writes_the_shares_and_runs_no_formula(self, listing: Listing) -> None:
        record(listing, "1", invoice_number="=HYPERLINK(1)", customer_reference="@SUM(1)")
        row = next(csv.DictReader(io.StringIO(downloaded(self.export(staff_browser("view_sale"))))))
        assert (row["price"], row["rate"], row["commission"], row["payout"]) == ("100.00", "0.2000", "20.00", "80.00")
        assert (row["section"], row["row"], row["seat"], row["marketplace"]) == ("101", "A", "1", "StubHub")
        assert (row["invoice_number"], row["customer_reference"]) == ("'=HYPERLINK(1)", "'@SUM(1)")

    def test_needs_no_query_a_row(self, listing: Listing) -> None:
        client, counts = staff_browser("view_sale"), []
        record(listing, "1")
        for _ in range(2):
            counts.append(queries_of(lambda: self.export(client)))
            record(on_sale(), quantity=3)
        assert counts[0] == counts[1]

    def test_is_closed_to_staff_who_may_not_look(self, listing: Listing) -> None:
        assert self.export(staff_browser("view_listing")).status_code == 403


class TestMarketplaces:
    URL = "/admin/orders/marketplace/"

    def test_are_added_renamed_and_switched_off(self) -> None:
        client = staff_browser("view_marketplace", "add_marketplace", "change_marketplace")
        client.post(f"{self.URL}add/", {"code": "new-place", "name": "New Place", "is_active": "on"})
        place = Marketplace.objects.get(code="new-place")
        save(client, f"{self.URL}{place.id}/change/", code="other", name="Newer Place", is_active=None)
        place.refresh_from_db()
        assert (place.code, place.name, place.is_active) == ("new-place", "Newer Place", False)


class TestWords:
    """No raw cents, basis points or ids where people read."""

    def test_of_a_sale(self, listing: Listing) -> None:
        sale = record(listing, "1", price_cents=12_345)[0]
        page = staff_browser("view_sale").get(f"{URL}{sale.id}/change/").content.decode()
        for words in ("123.45 USD", "0.2000, rule default", "24.69", "98.76", "rounded once, half-up, to the cent"):
            assert words in page
        for raw in ("12345", "2469", "9876", "basis points"):
            assert raw not in page

    def test_of_the_list(self, listing: Listing) -> None:
        client, [sale] = staff_browser("view_sale"), record(listing, "1", invoice_number="INV-9")
        page = client.get(URL).content.decode()
        for words in (sale.event.name, "StubHub INV-9", "Delivery pending"):
            assert words in page
        void([sale])
        page = client.get(URL).content.decode()
        assert "Delivery pending" not in page.split("<tbody", 1)[1]

    def test_of_the_listing_whose_sale_is_recorded(self, listing: Listing) -> None:
        record(listing, "1")
        client = staff_browser("add_sale", "view_sale")
        page = client.get(f"{URL}add/?listing={listing.id}").content.decode()
        assert f"{listing.event}, section 101, row A, seats for sale: 2, 3, 4" in page
        for unknown in ("nonsense", "01a1fdcd-4cfd-7491-b69c-1ce29d9dd993"):
            page = client.get(f"{URL}add/?listing={unknown}")
            assert page.status_code == 200
            assert "seats for sale" not in page.content.decode()

    @pytest.mark.parametrize("way", ["listings", "sales"])
    def test_an_event_leads_to_its_own(self, listing: Listing, way: str) -> None:
        record(listing, "1")
        record(on_sale(), "1")
        client = staff_browser("view_event", "view_listing", "view_sale")
        page = client.get(f"/admin/catalog/event/{listing.event_id}/{way}/", follow=True)
        assert [row.event_id for row in page.context["cl"].result_list] == [listing.event_id]
        refused = staff_browser("view_event").get(f"/admin/catalog/event/{listing.event_id}/{way}/")
        assert refused.status_code == 403
