"""The evidence about an order, which staff send to a bank that disputes the payment."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.common.testing.clients import api_of
from apps.common.testing.local_stripe import LocalStripe
from apps.listings.models import Listing
from apps.orders.models import Order, Sale
from apps.orders.selectors.order_links import order_token
from apps.orders.testing.stories import BUYER, deliver, paid_order
from apps.orders.tests.test_refunds import refund, seats
from apps.payments.models import Dispute
from apps.users.testing.stories import staff_browser, staff_member, superuser

pytestmark = pytest.mark.django_db
UNKNOWN = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
def order(local_stripe: LocalStripe, listing: Listing) -> Order:
    """Two seats, one of them refunded, the other delivered, and a dispute."""
    order, now = paid_order(local_stripe, listing), timezone.now()
    refund(order, seats(order, "2"))
    deliver(list(Sale.objects.filter(voided_at=None)), now=now)
    Dispute.objects.create(
        payment=order.payment, stripe_dispute_id="du_1", status="needs_response", amount_cents=10_000,
        net_cents=-11_500, currency="usd", reason="fraudulent", opened_at=now, due_by=now + timedelta(days=7),
    )  # fmt: skip
    return order


def address(order: Any) -> str:
    return f"/api/v1/staff/orders/{order}/evidence/"


def test_is_one_file_with_all_that_stripe_asks_for(order: Order, chief: APIClient) -> None:
    answer = chief.get(address(order.id))
    assert answer.status_code == 200, answer.json()
    assert answer["Content-Disposition"] == f'attachment; filename="evidence-{order.number}.json"'
    found = answer.json()
    facts = {name: found["order"][name] for name in ("number", "name", "email", "terms_version", "total")}
    assert facts == {
        "number": order.number, "name": BUYER.name, "email": BUYER.email, "terms_version": "1", "total": "200.00",
    }  # fmt: skip
    assert [(one["seat"], bool(one["delivered_at"]), bool(one["voided_at"])) for one in found["deliveries"]] == [
        ("1", True, False),
        ("2", False, True),
    ]
    assert [(one["kind"], one["state"], bool(one["sent_at"])) for one in found["mails"]] == [("paid", "sent", True)]
    assert [(one["code"], one["total"]) for one in found["invoices"]] == [("INV-000001", "200.00")]
    assert [one["amount"] for one in found["refunds"]] == ["100.00"]
    assert [(one["stripe_id"], one["reason"], bool(one["due_by"])) for one in found["disputes"]] == [
        ("du_1", "fraudulent", True)
    ]


def test_has_no_link_with_which_others_could_act_for_the_buyer(order: Order, chief: APIClient) -> None:
    assert order_token(order.id) not in json.dumps(chief.get(address(order.id)).json())


def test_only_for_staff_who_may_view_orders(order: Order) -> None:
    assert APIClient().get(address(order.id)).status_code == 401
    for right, status in (("view_order", 200), ("view_orderrefund", 403)):
        assert api_of(staff_member(right)).get(address(order.id)).status_code == status
    for unknown in ("7", UNKNOWN):
        assert api_of(superuser()).get(address(unknown)).status_code == 404


def test_is_on_the_page_of_the_order_in_the_admin(order: Order) -> None:
    browser, page = staff_browser("view_order"), f"/admin/orders/order/{order.id}/"
    link = f"/admin/orders/order/{order.id}/evidence/"
    assert link.rstrip("/") in browser.get(f"{page}change/").content.decode()
    answer = browser.get(link)
    assert answer["Content-Disposition"] == f'attachment; filename="evidence-{order.number}.json"'
    assert answer.json()["order"]["number"] == order.number
    assert staff_browser("view_orderrefund").get(link).status_code == 403
    assert browser.get(link.replace(str(order.id), UNKNOWN)).status_code == 404
