"""Checkout and orders over HTTP: who may, what is refused, what is repeated, and what the answers say."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from apps.common.testing.clients import api_of
from apps.common.testing.local_stripe import LocalStripe
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale, statuses
from apps.orders.models import Coupon, Order
from apps.orders.testing.stories import delivered, pay
from apps.payments.models import Payment
from apps.payments.testing.stories import CREATE
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import staff_member

CART, CHECKOUT, ORDERS = "/api/v1/cart/", "/api/v1/checkout/", "/api/v1/orders/"
BODY = {
    "name": "Ana de la Cruz",
    "email": "ana.delacruz@example.com",
    "transfer_email": "ana@example.com",
    "terms_version": "1",
    "total": "200.00",
}

pytestmark = pytest.mark.usefixtures("local_stripe")


@pytest.fixture
def visitor(listing: Listing) -> APIClient:
    """A visitor with two of the four seats in the cart."""
    client = api_of(None)
    client.credentials(HTTP_CART_TOKEN=client.post(CART).json()["token"])
    add(client, listing)
    return client


def add(client: APIClient, listing: Listing) -> None:
    assert client.post(f"{CART}lines/", {"listing": str(listing.id), "quantity": 2}).status_code == 200


def check_out(client: APIClient, key: str = "", **changes: Any) -> Any:
    body = {name: value for name, value in {**BODY, **changes}.items() if value is not None}
    return client.post(CHECKOUT, body, **({"HTTP_IDEMPOTENCY_KEY": key} if key else {}))


def error(answer: Any) -> tuple[int, str, str | None]:
    first = answer.json()["errors"][0]
    return answer.status_code, first["code"], first["attr"]


class TestCheckout:
    def test_leads_to_stripe(self, visitor: APIClient, listing: Listing, local_stripe: LocalStripe) -> None:
        answer = check_out(visitor)
        assert answer.status_code == 201, answer.data
        order = answer.json()
        assert (order["status"], order["total"], order["lines"][0]["seats"]) == ("pending", "200.00", ["1", "2"])
        assert order["payment_url"].startswith(local_stripe.url)
        assert visitor.get(CART).json()["lines"] == []
        assert statuses(listing) == "listed hhaa"
        kept = {name: value for name, value in order.items() if name != "payment_url"}
        assert api_of(None).get(f"{ORDERS}{order['id']}/").json() == kept

    def test_queries(self, visitor: APIClient) -> None:
        """14 place the order, one finds the cart, three are of the key; six more open the page of Stripe."""
        with CaptureQueriesContext(connection) as captured:
            assert check_out(visitor, "key-1").status_code == 201
        assert len([one for one in captured if "SAVEPOINT" not in one["sql"]]) == 24

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"email": None}, (400, "required", "email")),
            ({"email": "ana"}, (400, "invalid", "email")),
            ({"name": None}, (400, "required", "name")),
            ({"name": " "}, (400, "blank", "name")),
            ({"terms_version": None}, (400, "required", "terms_version")),
            ({"terms_version": "0"}, (400, "terms_not_current", "terms_version")),
            ({"transfer_email": None}, (400, "required", "transfer_email")),
            ({"total": None}, (400, "required", "total")),
            ({"total": "199.99"}, (409, "prices_changed", "total")),
            ({"total": "200"}, (201, "", None)),
            ({"coupon": "X"}, (400, "unknown", "coupon")),
            ({"card[number]": "4242424242424242"}, (400, "unknown", "card[number]")),
        ],
    )
    def test_refuses(
        self, visitor: APIClient, local_stripe: LocalStripe, changes: dict[str, Any], expected: tuple[Any, ...]
    ) -> None:
        """S0-02, S0-04: nothing is written, and Stripe is not called."""
        answer = check_out(visitor, **changes)
        if expected[0] == 201:
            assert answer.status_code == 201
            return
        assert error(answer) == expected
        assert (Order.objects.count(), Payment.objects.count()) == (0, 0)
        assert local_stripe.calls(CREATE) == []

    def test_needs_a_cart(self, listing: Listing) -> None:
        assert error(check_out(api_of(None))) == (400, "cart_token_missing", "Cart-Token")
        stranger = api_of(None)
        stranger.credentials(HTTP_CART_TOKEN="x" * 43)
        assert check_out(stranger).status_code == 404

    def test_with_a_key_is_one_order(self, visitor: APIClient, local_stripe: LocalStripe) -> None:
        first = check_out(visitor, "once")
        assert check_out(visitor, "once").json() == first.json()
        assert error(check_out(visitor, "once", name="Bea"))[:2] == (422, "idempotency_key_reused")
        assert Order.objects.count() == 1
        assert len(local_stripe.calls(CREATE)) == 1

    def test_keys_belong_to_a_cart(self, visitor: APIClient, local_stripe: LocalStripe) -> None:
        """Another visitor who uses the same key does not get this order."""
        check_out(visitor, "1")
        other = api_of(None)
        other.credentials(HTTP_CART_TOKEN=other.post(CART).json()["token"])
        assert error(check_out(other, "1"))[:2] == (400, "cart_empty")

    def test_while_stripe_is_away_can_be_resumed(
        self, visitor: APIClient, listing: Listing, local_stripe: LocalStripe
    ) -> None:
        """The order stands, without an address; the same request under its key asks Stripe again."""
        local_stripe.fault("drop", CREATE, times=5)
        answer = check_out(visitor, "once")
        assert (answer.status_code, answer.json()["payment_url"]) == (201, None)
        local_stripe.reset()
        assert check_out(visitor, "once").json()["payment_url"].startswith(local_stripe.url)
        assert Order.objects.count() == 1
        assert statuses(listing) == "listed hhaa"

    def test_with_a_coupon_of_everything_is_paid(self, visitor: APIClient, local_stripe: LocalStripe) -> None:
        """S4-33: no call to Stripe."""
        now, day = timezone.now(), timedelta(days=1)
        Coupon.objects.create(code="GIFT", percent_bps=10_000, valid_from=now - day, valid_until=now + day)
        visitor.put(f"{CART}coupon/", {"code": "GIFT"})
        answer = check_out(visitor, total="0.00")
        assert (answer.status_code, answer.json()["status"], answer.json()["payment_url"]) == (201, "paid", None)
        assert local_stripe.calls(CREATE) == []


class TestOrder:
    @pytest.fixture
    def order(self, visitor: APIClient) -> str:
        """The address of an order that nobody has paid."""
        return f"{ORDERS}{check_out(visitor).json()['id']}/"

    @pytest.fixture
    def anybody(self) -> APIClient:
        """Somebody who has nothing but the link."""
        return api_of(None)

    def test_is_of_whoever_has_the_link(self, order: str, anybody: APIClient) -> None:
        assert anybody.get(order).status_code == 200
        number = Order.objects.get()
        for wrong in (number.id, number.number, f"{order.split('/')[-2]}x"):
            for method, path in (("get", ""), ("post", "pay/"), ("post", "cancel/")):
                answer = getattr(anybody, method)(f"{ORDERS}{wrong}/{path}")
                assert error(answer)[:2] == (404, "order_unknown"), (wrong, path)
            assert error(anybody.patch(f"{ORDERS}{wrong}/", {"transfer_email": "x@example.com"}))[0] == 404

    def test_leads_to_the_same_page_again(self, order: str, anybody: APIClient, local_stripe: LocalStripe) -> None:
        first, second = (anybody.post(f"{order}pay/").json()["payment_url"] for _ in range(2))
        assert first == second
        assert len(local_stripe.calls(CREATE)) == 1
        assert error(anybody.post(f"{order}pay/", {"total": "1.00"}))[:2] == (400, "unknown")

    def test_is_cancelled_once(self, order: str, anybody: APIClient, listing: Listing) -> None:
        answer = anybody.post(f"{order}cancel/")
        assert (answer.status_code, answer.json()["status"], answer.json()["held_until"]) == (200, "cancelled", None)
        assert statuses(listing) == "listed aaaa"
        for act in ("cancel/", "pay/"):
            assert error(anybody.post(f"{order}{act}"))[:2] == (409, "order_not_open")

    def test_changes_where_tickets_go_until_they_are_delivered(
        self, order: str, anybody: APIClient, local_stripe: LocalStripe
    ) -> None:
        answer = anybody.patch(order, {"transfer_email": "new@example.com"})
        assert (answer.status_code, answer.json()["transfer_email"]) == (200, "new@example.com")
        assert error(anybody.patch(order, {"transfer_email": ""})) == (400, "blank", "transfer_email")
        assert error(anybody.patch(order, {"email": "new@example.com"}))[:2] == (400, "unknown")
        pay(local_stripe, Order.objects.get())
        delivered()
        assert anybody.get(order).json()["status"] == "paid"
        assert anybody.patch(order, {"transfer_email": "newer@example.com"}).status_code == 200
        assert error(anybody.post(f"{order}cancel/"))[:2] == (409, "order_not_open")


class TestOwnOrders:
    def test_are_listed_newest_first(self, listing: Listing) -> None:
        user = UserFactory()
        client = api_of(user)
        add(client, listing)
        first = check_out(client).json()
        add(client, listing)
        second = check_out(client).json()
        listed = client.get(ORDERS).json()["results"]
        assert [one["id"] for one in listed] == [second["id"], first["id"]]
        assert listed[1] == {name: value for name, value in first.items() if name != "payment_url"}

    def test_are_nobody_elses(self, visitor: APIClient, listing: Listing) -> None:
        check_out(visitor)
        assert api_of(UserFactory()).get(ORDERS).json()["results"] == []
        assert api_of(None).get(ORDERS).status_code == 401

    def test_take_as_many_queries_for_three_as_for_one(
        self, listing: Listing, django_assert_max_num_queries: Any
    ) -> None:
        client = api_of(UserFactory())
        for one in (listing, on_sale("1", "2"), on_sale("3", "4")):
            add(client, one)
            check_out(client)
        with django_assert_max_num_queries(6):
            assert len(client.get(ORDERS).json()["results"]) == 3


class TestStaff:
    ORDERS = "/api/v1/staff/orders/"

    def test_find_orders(self, visitor: APIClient, listing: Listing, chief: APIClient) -> None:
        bought = check_out(visitor).json()
        order = Order.objects.get()
        [found] = chief.get(self.ORDERS, {"number": order.number.lower(), "email": "Ana.DelaCruz@example.com"}).json()[
            "results"
        ]
        assert (found["id"], found["lines"][0]["id"]) == (str(order.id), str(order.lines.get().id))
        assert found["link"].endswith(f"/orders/{bought['id']}/")
        assert chief.get(f"{self.ORDERS}{order.id}/").json() == found
        for query, count in (
            ({"event": str(listing.event_id), "status": "pending"}, 1),
            ({"status": "paid"}, 0),
            ({"number": "X"}, 0),
            ({"placed_after": order.placed_at.isoformat()}, 1),
            ({"placed_before": order.placed_at.isoformat()}, 0),
        ):
            assert len(chief.get(self.ORDERS, query).json()["results"]) == count, query
        assert error(chief.get(self.ORDERS, {"status": "payed"}))[::2] == (400, "status")
        assert error(chief.get(f"{self.ORDERS}{order.number}/"))[:2] == (404, "order_unknown")

    @pytest.mark.parametrize(("permission", "status"), [("view_order", 200), ("view_sale", 403)])
    def test_need_the_permission(self, visitor: APIClient, permission: str, status: int) -> None:
        check_out(visitor)
        client = api_of(staff_member(permission))
        assert client.get(self.ORDERS).status_code == status
        assert client.get(f"{self.ORDERS}{Order.objects.get().id}/").status_code == status
        assert api_of(UserFactory()).get(self.ORDERS).status_code == 403
