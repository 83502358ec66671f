"""Staff record outside sales in the admin."""

from typing import Any

import pytest

from apps.listings.models import Listing
from apps.listings.tests.test_admin import staff_client
from apps.orders.models import Sale
from apps.orders.tests.sale_rows import on_sale, record

URL = "/admin/orders/sale/add/"
pytestmark = pytest.mark.django_db


@pytest.fixture
def listing(db: None) -> Listing:
    return on_sale()


def post(listing: Listing, /, *permissions: str, **fields: Any) -> Any:
    wish = {"listing": str(listing.id), "seats": "2, 1", "marketplace": "stubhub", "invoice_number": "INV-7", **fields}
    return staff_client(*(permissions or ("add_sale", "view_sale"))).post(URL, wish, follow=True)


def test_records_named_seats_at_the_price_of_the_listing(listing: Listing) -> None:
    """S3-22: $100 → holder $80."""
    page = post(listing).content.decode()
    assert "2 seat(s) sold, payout 160.00 USD." in page
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
        ({"listing": "x"}, "Enter a valid UUID."),
        ({"marketplace": "eBay"}, "Select a valid choice."),
        ({"invoice_number": ""}, "This field is required."),
        ({"price": "0"}, "greater than or equal to 0.01"),
        ({"price": "1.005"}, "no more than 2 decimal places"),
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
    assert staff_client("view_sale").get(URL).status_code == 403
    assert not Sale.objects.exists()


def test_takes_the_listing_of_the_address(listing: Listing) -> None:
    page = staff_client("add_sale").get(f"{URL}?listing={listing.id}").content.decode()
    assert f'value="{listing.id}"' in page
