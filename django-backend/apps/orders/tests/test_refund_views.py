"""Refunds over HTTP and in the admin: shapes, permissions, idempotency."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.common.testing.clients import api_of, browser_of
from apps.common.testing.local_stripe import LocalStripe
from apps.listings.models import Listing
from apps.orders.models import Order, OrderRefund
from apps.orders.testing.stories import paid_order
from apps.orders.tests.test_refunds import FAILING, arrive, fail, paid_with, refund
from apps.payments.models import Refund
from apps.users.testing.stories import staff_member, superuser

pytestmark = pytest.mark.django_db
WHOLE = {"reason": "requested_by_customer", "return_seats": True}


@pytest.fixture
def order(local_stripe: LocalStripe, listing: Listing, settings: Any) -> Order:
    """Two seats at $100 and a fee of $10, paid."""
    settings.BUYER_FEE_BPS = 1_000
    return paid_order(local_stripe, listing)


def address(order: Order, *more: object) -> str:
    return "/".join(["/api/v1/staff/orders", str(order.id), "refunds", *map(str, more), ""])


def test_staff_refund_a_seat_and_see_what_is_left(order: Order, chief: APIClient) -> None:
    line = str(order.lines.get().id)
    body = {**WHOLE, "lines": [{"line": line, "seats": ["2"]}], "note": "Sorry"}
    key = {"Idempotency-Key": "k1"}
    first, again = (chief.post(address(order), body, format="json", headers=key) for _ in range(2))
    assert first.status_code == 201, first.json()
    assert again.json() == first.json()
    made = OrderRefund.objects.get()
    assert first.json()["id"] == str(made.id)
    assert {name: first.json()[name] for name in ("amount", "status", "reason", "note", "return_seats")} == {
        "amount": "110.00",
        "status": "pending",
        "reason": "requested_by_customer",
        "note": "Sorry",
        "return_seats": True,
    }
    (seat,) = first.json()["seats"]
    assert (seat["seat"], seat["list_price"], seat["commission"], seat["fee"]) == ("2", "100.00", "20.00", "10.00")
    found = chief.get(address(order)).json()
    assert (found["paid"], found["refunded"], found["left"]) == ("220.00", "0.00", "110.00")
    assert [(one["seat"], one["amount"], one["is_void"]) for one in found["seats"]] == [
        ("1", "110.00", False),
        ("2", "0.00", True),
    ]
    assert [one["id"] for one in found["refunds"]] == [str(made.id)]


def test_what_is_wrong_is_named(order: Order, chief: APIClient) -> None:
    line = str(order.lines.get().id)
    wrong: list[tuple[dict[str, Any], str]] = [
        ({}, "reason"),
        ({**WHOLE, "reason": "incident"}, "reason"),
        ({"reason": "duplicate"}, "return_seats"),
        ({**WHOLE, "amount": "1.00"}, "return_seats"),
        ({**WHOLE, "return_seats": False, "amount": "220.01"}, "amount"),
        ({**WHOLE, "amount": "1.001"}, "amount"),
        ({**WHOLE, "amount": "1.00", "lines": [{"line": line}]}, "amount"),
        ({**WHOLE, "line": line}, "line"),
        ({**WHOLE, "lines": [{"line": line}, {"line": line}]}, "lines"),
        ({**WHOLE, "lines": [{"line": line, "seats": ["9"]}]}, "lines.0.seats"),
        ({**WHOLE, "lines": [{"line": "7"}]}, "lines.0.line"),
        ({**WHOLE, "everything": True}, "everything"),
    ]
    for body, attr in wrong:
        answer = chief.post(address(order), body, format="json")
        assert answer.status_code == 400, body
        assert attr in [error["attr"] for error in answer.json()["errors"]], answer.json()
    assert not OrderRefund.objects.exists()


def test_only_staff_with_the_permission_refund(order: Order) -> None:
    made = refund(order)
    reads, adds = ["view_orderrefund"], ["view_orderrefund", "add_orderrefund"]
    changes = ["view_orderrefund", "change_orderrefund"]
    for rights, expected in (([], 403), (reads, 403), (adds, 409), (changes, 403)):
        client = api_of(staff_member(*rights))
        assert client.get(address(order)).status_code == (200 if rights else 403)
        assert client.post(address(order), WHOLE, format="json").status_code == expected
        retry = client.post(address(order, made.id, "retry"))
        assert retry.status_code == (409 if rights == changes else 403)
    assert APIClient().get(address(order)).status_code == 401
    chief = api_of(superuser())
    for unknown in ("7", "00000000-0000-7000-8000-000000000000"):
        assert chief.get(f"/api/v1/staff/orders/{unknown}/refunds/").status_code == 404
        assert chief.post(address(order, unknown, "retry")).status_code == 404
        assert chief.post(address(order, unknown, "assign"), {}, format="json").status_code == 404


def test_a_failed_refund_is_sent_again_in_the_admin(local_stripe: LocalStripe, listing: Listing) -> None:
    order = paid_with(local_stripe, listing, FAILING)
    made = refund(order)
    arrive(made)
    fail(local_stripe, made)
    browser = browser_of(superuser())
    page = "/admin/orders/orderrefund/"
    assert "Failed" in browser.get(page, {"payment_refund__status__exact": "failed"}).content.decode()
    data = {"action": "retry", "_selected_action": [str(made.id)]}
    for sentence in ("Sent again: 1 refund.", "Only a failed refund can be sent again."):
        assert sentence in browser.post(page, data, follow=True).content.decode()
    assert Refund.objects.get().attempt == 2
    assert browser.get(f"{page}{made.id}/change/").status_code == 200
