"""The page of an order in the admin: what belongs to it, its printable invoice, and who may see which part."""

import re
from typing import Any

import pytest

from apps.common.testing.local_stripe import LocalStripe
from apps.listings.testing.stories import on_sale
from apps.orders.models import Invoice, Order
from apps.orders.testing.stories import BUYER, cart_of, delivered, paid_order, pay, place
from apps.orders.tests.test_refunds import arrive, refund, seats
from apps.users.testing.stories import staff_browser

pytestmark = pytest.mark.django_db
PAGE = "/admin/orders/order/"
ALL = ("view_order", "view_orderline", "view_invoice", "view_ordermail", "view_orderrefund")


@pytest.fixture
def order(local_stripe: LocalStripe, settings: Any) -> Order:
    """A paid order of two seats for 220.00, of which one was refunded."""
    settings.BUYER_FEE_BPS = 1_000
    found = paid_order(local_stripe, on_sale())
    arrive(refund(found, seats(found, "2")))
    return found


def shown(order: Order, *rights: str) -> str:
    answer = staff_browser(*rights).get(f"{PAGE}{order.id}/change/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_shows_what_belongs_to_the_order(order: Order) -> None:
    text = shown(order, *ALL)
    for words in (
        order.number, BUYER.email, "220.00", "110.00", "seats 1 and 2", "INV-000001", "CN-000001", "Order confirmed",
        f"/admin/payments/payment/{order.payment_id}/change/", f"batch_id__exact={order.lines.get().batch_id}",
    ):  # fmt: skip
        assert words in text, words


def test_the_invoice_is_printed_from_there(order: Order) -> None:
    """S4-28: by who may view invoices; the page shows others no link, and the address is closed to them."""
    links = re.findall(r'href="(/admin/orders/invoice/[^"]+/pdf/)"', shown(order, *ALL))
    invoice = Invoice.objects.get(kind="invoice")
    assert f"/admin/orders/invoice/{invoice.id}/pdf/" in links
    assert len(links) == 2
    answer = staff_browser("view_invoice").get(f"/admin/orders/invoice/{invoice.id}/pdf/")
    assert (answer["Content-Disposition"], answer.content[:4]) == ('inline; filename="INV-000001.pdf"', b"%PDF")
    assert "/pdf/" not in shown(order, "view_order", "view_ordermail")
    assert staff_browser("view_order").get(f"/admin/orders/invoice/{invoice.id}/pdf/").status_code == 403


def test_each_part_needs_its_right(order: Order) -> None:
    text = shown(order, "view_order")
    assert order.number in text
    for words in ("INV-000001", "Order confirmed", "seats 1 and 2", "orderrefund"):
        assert words not in text, words
    assert staff_browser("view_invoice").get(f"{PAGE}{order.id}/change/").status_code == 403


def test_is_found_by_number_address_and_id(order: Order) -> None:
    browser = staff_browser("view_order")
    for words in (order.number, order.number.lower(), BUYER.email.upper(), str(order.id)):
        assert order.number in browser.get(PAGE, {"q": words}).content.decode().partition("result_list")[2], words
    assert order.number not in browser.get(PAGE, {"q": "Ana"}).content.decode().partition("result_list")[2]


def test_queries_do_not_grow_with_lines(local_stripe: LocalStripe, django_assert_max_num_queries: Any) -> None:
    browser = staff_browser(*ALL)
    counts = []
    for lines in (1, 3):
        many = place(cart_of(*[(on_sale(), 2) for _ in range(lines)]), total_cents=20_000 * lines)
        pay(local_stripe, many)
        delivered()
        with django_assert_max_num_queries(40) as queries:
            assert browser.get(f"{PAGE}{many.id}/change/").status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
