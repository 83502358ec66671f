"""A sale that is sent twice is recorded once, and an invoice that has a sale of the listing asks first."""

from typing import Any
from unittest.mock import patch

import pytest
from django.test import Client
from rest_framework.test import APIClient

from apps.common.admin_once import SENT_TWICE
from apps.common.testing.clients import api_of, browser_of
from apps.common.testing.html_forms import form_of, load
from apps.common.testing.threads import at_once
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.orders.admin import sales as sales_page
from apps.orders.models import Sale
from apps.orders.services import sales as service
from apps.orders.testing.stories import record, void
from apps.users.testing.stories import superuser

API = "/api/v1/staff/sales/"
ADD = "/admin/orders/sale/add/"
LISTINGS = "/admin/listings/listing/"
SALES = "/admin/orders/sale/"
ASKED = "Record it a second time?"


@pytest.fixture
def browser(db: None) -> Client:
    return browser_of(superuser())


def body(listing: Listing, **fields: Any) -> dict[str, Any]:
    return {"listing": str(listing.id), "quantity": 1, "marketplace": "stubhub", "invoice_number": "INV-7", **fields}


def sold() -> list[str]:
    return list(Sale.objects.order_by("id").values_list("ticket__seat", flat=True))


def run(client: Client, url: str, action: str, row: Any, **fields: str) -> dict[str, Any]:
    """Return what the action bar of a list sends for one row."""
    chosen = {"action": action, "_selected_action": [str(row.id)], **fields}
    return {**form_of(client.get(url)), **chosen}


@pytest.mark.django_db
class TestAnInvoiceByTheApi:
    def test_is_refused_a_second_time(self, chief: APIClient, listing: Listing) -> None:
        """It sold seats 1 and 2."""
        assert chief.post(API, body(listing)).status_code == 201
        answer = chief.post(API, body(listing))
        assert answer.status_code == 409
        (error,) = answer.json()["errors"]
        assert (error["code"], error["attr"]) == ("sale_recorded_already", "invoice_number")
        first = Sale.objects.get()
        when = first.sold_at.strftime("%Y-%m-%d %H:%M:%S")
        assert error["detail"] == (
            f"{first.marketplace} INV-7 was recorded already: seat 1 of this listing, sold on {when} UTC."
            " If this is another sale under the same invoice, send allow_duplicate_invoice: true."
        )
        assert sold() == ["1"]

    def test_is_taken_with_a_confirmation(self, chief: APIClient, listing: Listing) -> None:
        chief.post(API, body(listing))
        assert chief.post(API, body(listing, allow_duplicate_invoice=True)).status_code == 201
        assert sold() == ["1", "2"]

    def test_may_be_that_of_another_sale(self, chief: APIClient, listing: Listing) -> None:
        chief.post(API, body(listing))
        for other in (
            body(listing, invoice_number="INV-8"),
            body(listing, marketplace="gametime"),
            body(on_sale()),
        ):
            assert chief.post(API, other).status_code == 201, other

    def test_may_be_recorded_again_once_its_sale_is_void(self, chief: APIClient, listing: Listing) -> None:
        chief.post(API, body(listing))
        void(Sale.objects.all())
        assert chief.post(API, body(listing, price="120.00")).status_code == 201

    def test_of_a_repeated_request_gives_the_first_answer(self, chief: APIClient, listing: Listing) -> None:
        first, second = (chief.post(API, body(listing), headers={"Idempotency-Key": "k"}) for _ in range(2))
        assert (second.status_code, second.json()) == (201, first.json())


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def record_twice(self, listing: Listing) -> list[object]:
        clients = [api_of(superuser()) for _ in range(2)]
        return at_once(*[lambda client=client: client.post(API, body(listing)).status_code for client in clients])

    def test_two_requests_with_one_invoice_make_one_sale(self, listing: Listing) -> None:
        assert sorted(map(str, self.record_twice(listing))) == ["201", "409"]
        assert sold() == ["1"]

    def test_two_requests_would_make_two_without_the_question(self, listing: Listing) -> None:
        """Twin."""
        with patch.object(service, "_refuse_duplicate"):
            assert self.record_twice(listing) == [201, 201]
        assert sold() == ["1", "2"]

    def send_form_twice(self, listing: Listing) -> list[Any]:
        browsers = [browser_of(superuser())]
        browsers.append(Client(headers={"cookie": f"sessionid={browsers[0].session.session_key}"}))
        browsers[1].cookies = browsers[0].cookies.copy()
        form = load(browsers[0], ADD, body(listing, allow_duplicate_invoice="on"))
        return at_once(*[lambda browser=browser: browser.post(ADD, form) for browser in browsers])

    def test_one_form_sent_twice_makes_one_sale(self, listing: Listing) -> None:
        answers = self.send_form_twice(listing)
        assert sold() == ["1"]
        target = f"{SALES}?batch_id__exact={Sale.objects.get().batch_id}"
        assert [(answer.status_code, answer.url) for answer in answers] == [(302, target)] * 2

    def test_one_form_would_make_two_sales_without_its_token(self, listing: Listing) -> None:
        """Twin."""
        with patch.object(sales_page, "once", lambda _request, work: work()):
            self.send_form_twice(listing)
        assert sold() == ["1", "2"]


@pytest.mark.django_db
class TestForms:
    def test_sent_again_after_back_leads_to_the_first_sale(self, browser: Client, listing: Listing) -> None:
        form = load(browser, ADD, body(listing, allow_duplicate_invoice="on"))
        assert "1 seat sold, payout 80.00 USD." in browser.post(ADD, form, follow=True).content.decode()
        again = browser.post(ADD, form, follow=True)
        assert SENT_TWICE in again.content.decode()
        assert [sale.ticket.seat for sale in again.context["cl"].result_list] == ["1"]
        assert sold() == ["1"]

    def test_of_a_new_page_asks_about_the_invoice(self, browser: Client, listing: Listing) -> None:
        browser.post(ADD, load(browser, ADD, body(listing)))
        assert "allow_duplicate_invoice" not in browser.get(ADD).content.decode()
        asked = browser.post(ADD, load(browser, ADD, body(listing)))
        page = asked.content.decode()
        assert "INV-7 was recorded already: seat" in page
        assert ASKED in page
        assert sold() == ["1"]
        confirmed = {**form_of(asked), "allow_duplicate_invoice": "on"}
        assert browser.post(ADD, confirmed).status_code == 302
        assert sold() == ["1", "2"]

    def test_with_a_mistake_can_be_corrected_and_sent(self, browser: Client, listing: Listing) -> None:
        refused = browser.post(ADD, load(browser, ADD, body(listing, price="x")))
        assert refused.status_code == 200
        assert browser.post(ADD, {**form_of(refused), "price": "90.00"}).status_code == 302

    def test_make_a_sale_void_once(self, browser: Client, listing: Listing) -> None:
        sale = record(listing, "1")[0]
        form = run(browser, SALES, "void", sale, reason="Card refused", return_seats="on")
        assert "1 sale void, 1 seat back on sale." in browser.post(SALES, form, follow=True).content.decode()
        assert SENT_TWICE in browser.post(SALES, form, follow=True).content.decode()
        later = run(browser, SALES, "void", sale, reason="Card refused", return_seats="on")
        assert "has been void since" in browser.post(SALES, later, follow=True).content.decode()

    def test_set_a_rate_once(self, browser: Client, listing: Listing) -> None:
        """Back and Run would bring back a rate that a colleague has changed since."""
        form = run(browser, LISTINGS, "set_own_rate", listing, rate="0.10", reason="A favour")
        browser.post(LISTINGS, form)
        browser.post(LISTINGS, run(browser, LISTINGS, "set_own_rate", listing, rate="0.15", reason="Less of one"))
        assert SENT_TWICE in browser.post(LISTINGS, form, follow=True).content.decode()
        listing.refresh_from_db()
        assert listing.commission_rate_bps == 1_500
