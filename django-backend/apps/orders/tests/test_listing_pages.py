"""Staff record outside sales in the admin."""

from typing import Any

import pytest

from apps.listings.models import Listing
from apps.listings.rules.price_plans import PriceStep
from apps.listings.rules.terms import ListingTerms
from apps.listings.testing.stories import on_sale
from apps.orders.models import Sale
from apps.orders.testing.stories import record
from apps.users.testing.stories import staff_browser

URL = "/admin/orders/sale/add/"
pytestmark = pytest.mark.django_db


def post(listing: Listing, /, *permissions: str, **fields: Any) -> Any:
    sent = {"listing": str(listing.id), "seats": "2, 1", "marketplace": "stubhub", "invoice_number": "INV-7", **fields}
    return staff_browser(*(permissions or ("add_sale", "view_sale"))).post(URL, sent, follow=True)


def test_records_named_seats_at_the_price_of_the_listing(listing: Listing) -> None:
    """S3-22: $100 → holder $80."""
    page = post(listing).content.decode()
    assert "2 seats sold, payout 160.00 USD." in page
    sales = Sale.objects.order_by("id")
    assert [(sale.ticket.seat, sale.price_cents, sale.payout_cents, sale.source) for sale in sales] == [
        ("1", 10_000, 8_000, "admin"), ("2", 10_000, 8_000, "admin"),
    ]  # fmt: skip


def test_records_a_quantity_at_a_price_and_a_time_of_its_own(listing: Listing) -> None:
    post(listing, seats="", quantity="1", price="123.45", sold_at_0="2026-01-02", sold_at_1="08:30:00")
    sale = Sale.objects.get()
    assert (sale.price_cents, sale.sold_at.isoformat()) == (12_345, "2026-01-02T08:30:00+00:00")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"seats": ""}, "Name either seats or a quantity."),
        ({"quantity": "2"}, "Name either seats or a quantity."),
        ({"seats": "9"}, "Seat 9 is not in the listing."),
        ({"listing": "00000000-0000-0000-0000-000000000000"}, "There is no such listing."),
        ({"listing": "x"}, "This is not an id. Look it up: GET /api/v1/staff/listings/"),
        ({"marketplace": "eBay"}, "Select a valid choice."),
        ({"invoice_number": ""}, "This field is required."),
        ({"price": "0"}, "greater than or equal to 0.01"),
        ({"price": "1.005"}, "at most 2 decimals"),
        ({"sold_at_0": "2040-01-01", "sold_at_1": "00:00"}, "future"),
    ],
)
def test_says_what_is_wrong_and_records_nothing(listing: Listing, fields: dict[str, str], sentence: str) -> None:
    page = post(listing, **fields)
    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert not Sale.objects.exists()


def test_a_seat_is_sold_once(listing: Listing) -> None:
    """S4-07."""
    record(listing, "1")
    assert "seat 1 was sold" in post(listing, seats="1").content.decode()
    assert Sale.objects.count() == 1


def test_is_for_staff_who_may_add_sales(listing: Listing) -> None:
    assert post(listing, "view_sale", "change_sale").status_code == 403
    assert staff_browser("view_sale").get(URL).status_code == 403
    assert not Sale.objects.exists()


def test_takes_the_listing_of_the_address(listing: Listing) -> None:
    page = staff_browser("add_sale").get(f"{URL}?listing={listing.id}").content.decode()
    assert f'value="{listing.id}"' in page


class TestFromTheListing:
    @pytest.mark.parametrize(
        ("page", "permission", "target"),
        [
            ("record-sale", "add_sale", f"{URL}?listing={{id}}"),
            ("sales", "view_sale", "/admin/orders/sale/?listing__id__exact={id}"),
        ],
    )
    def test_leads_to_its_sales(self, listing: Listing, page: str, permission: str, target: str) -> None:
        address = f"/admin/listings/listing/{listing.id}/{page}/"
        client = staff_browser("view_listing", permission)
        assert f'href="{address}"' in client.get(f"/admin/listings/listing/{listing.id}/change/").content.decode()
        assert client.get(address).headers["Location"] == target.format(id=listing.id)
        assert staff_browser("view_listing").get(address).status_code == 403


def test_prices_and_plans_of_a_listing_are_shown_in_words(db: None) -> None:
    steps = (PriceStep(days_before=14, off_bps=1_000),)
    listing = on_sale(terms=ListingTerms(floor_cents=5_000, price_steps=steps))
    page = staff_browser("view_listing").get(f"/admin/listings/listing/{listing.id}/change/").content.decode()
    plan = "0.1000 off from 14 days before"
    for words in ("100.00 USD", "50.00 USD (list price)", plan, "by agreement or default"):
        assert words in page, words


def test_listings_can_be_uploaded_and_downloaded(listing: Listing) -> None:
    page = staff_browser("view_listing", "add_listing").get("/admin/listings/listing/").content.decode()
    assert "/admin/listings/listing/export/" in page
    assert "Upload listings CSV" in page
