"""Coupons in carts: what they take off, when they are refused, and how often anybody may guess."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from apps.common.testing.clients import api_of
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.orders.models import Cart, Coupon
from apps.orders.services.coupons import coupon_use_reserve
from apps.orders.testing.coupons import coupon, unpaid_order
from apps.orders.tests.test_carts import CART, add, error, reprice
from apps.orders.tests.test_carts import visitor as visitor  # noqa: PLC0414 - a fixture
from apps.users.testing.factories import UserFactory

COUPON = f"{CART}coupon/"
REFUSED = (409, "coupon_refused", "coupon")
SENTENCE = "This coupon code cannot be used for this order. Check its spelling, its dates and its lowest total."


@pytest.fixture
def cart(visitor: APIClient, listing: Listing, settings: Any) -> APIClient:
    """A visitor who has two seats for $115 each in the cart."""
    settings.BUYER_FEE_BPS = 1_500
    add(visitor, listing)
    return visitor


def enter(client: APIClient, code: str = "SAVE20") -> Any:
    return client.put(COUPON, {"code": code})


def amounts(client: APIClient) -> tuple[str, ...]:
    """Return total, discount, coupon, problem, and whether the cart can be bought."""
    answer = client.get(CART).json()
    assert answer["coupon_problem"] in {None, SENTENCE} or answer["coupon"]
    return answer["total"], answer["discount"], answer["coupon"], answer["coupon_problem"], answer["can_check_out"]


class TestCoupons:
    def test_apply_to_the_whole_cart_with_its_fees(self, cart: APIClient, listing: Listing) -> None:
        """S4-31."""
        assert amounts(cart) == ("230.00", "0.00", None, None, True)
        coupon()
        answer = enter(cart, " save20 ")
        assert answer.status_code == 200, answer.data
        body = answer.json()
        assert list(body)[:4] == ["total", "subtotal", "fees", "discount"]
        assert (body["total"], body["subtotal"], body["fees"], body["discount"]) == (
            "184.00",
            "200.00",
            "30.00",
            "46.00",
        )
        assert (body["coupon"], body["coupon_problem"], body["can_check_out"]) == ("SAVE20", None, True)
        assert body["lines"][0]["total"] == "230.00"
        assert cart.get(CART).json() == body
        assert add(cart, listing, 1).json()["discount"] == "69.00"

    def test_are_replaced_and_removed(self, cart: APIClient) -> None:
        coupon()
        coupon("TENOFF", amount_cents=1_000)
        enter(cart)
        assert enter(cart, "TENOFF").json()["total"] == "220.00"
        assert error(enter(cart, "NOSUCH")) == REFUSED
        assert amounts(cart)[2] == "TENOFF"
        for _ in range(2):
            answer = cart.delete(COUPON)
            assert (answer.status_code, answer.json()["coupon"], answer.json()["total"]) == (200, None, "230.00")
        enter(cart)
        assert cart.delete(CART).json()["coupon"] is None

    def test_that_cover_everything_leave_nothing_to_pay(self, cart: APIClient, listing: Listing) -> None:
        """S4-33."""
        coupon("GIFT", amount_cents=50_000)
        assert enter(cart, "GIFT").json()["discount"] == "230.00"
        assert amounts(cart) == ("0.00", "230.00", "GIFT", None, True)
        reprice(listing, 12_000)
        assert cart.post(f"{CART}accept-prices/", {"total": "0.00"}).json()["can_check_out"] is True

    def test_that_leave_less_than_a_payment_is_are_a_problem(self, cart: APIClient) -> None:
        """Stripe takes 50 cents at least; the checkout refuses 1 to 49."""
        for code, cents, total in (("LESS", 22_951, "0.49"), ("ENOUGH", 22_950, "0.50")):
            coupon(code, amount_cents=cents)
            body = enter(cart, code).json()
            assert body["total"] == total
            assert (body["coupon_problem"] is None, body["can_check_out"]) == (total == "0.50", total == "0.50")

    def test_are_refused_alike(self, cart: APIClient) -> None:
        """S4-32: the answer is the same to the byte, whatever the reason is."""
        now = timezone.now()
        coupon("OFF", is_active=False)
        coupon("BIG", minimum_total_cents=23_001)
        coupon("PAST", valid_until=now - timedelta(seconds=1))
        coupon("NEXT", valid_from=now + timedelta(hours=1))
        used = coupon("USED", max_uses=1)
        coupon_use_reserve(coupon=used, order=unpaid_order())
        answers = [enter(cart, code) for code in ("NOSUCH", "OFF", "BIG", "PAST", "NEXT", "USED", "?", "ß" * 40)]
        assert {error(answer) for answer in answers} == {REFUSED}
        assert len({answer.content for answer in answers}) == 1
        assert answers[0].json()["errors"][0]["detail"] == SENTENCE
        assert not Cart.objects.exclude(coupon_code="").exists()
        for body, code, attr in (
            ({}, "required", "code"), ({"code": ""}, "blank", "code"), ({"code": "x" * 41}, "max_length", "code"),
            ({"code": "A\u202eB"}, "character_not_allowed", "code"), ({"coupon": "SAVE20"}, "unknown", "coupon"),
        ):  # fmt: skip
            answer = cart.put(COUPON, body)
            assert (answer.status_code, code, attr) in {
                (400, one["code"], one["attr"]) for one in answer.json()["errors"]
            }

    def test_that_work_no_longer_take_nothing_off(self, cart: APIClient, listing: Listing) -> None:
        """S4-32: checked again with every look at the cart."""
        row = coupon(minimum_total_cents=23_000, max_uses=1)
        working, not_working = ("184.00", "46.00", "SAVE20", None, True), ("230.00", "0.00", "SAVE20", SENTENCE, False)
        enter(cart)
        assert amounts(cart) == working
        for changes in ({"is_active": False}, {"valid_until": timezone.now()}, {"minimum_total_cents": 23_001}):
            before = Coupon.objects.filter(id=row.id).values(*changes).get()
            Coupon.objects.filter(id=row.id).update(**changes)
            assert amounts(cart) == not_working
            Coupon.objects.filter(id=row.id).update(**before)
            assert amounts(cart) == working
        coupon_use_reserve(coupon=row, order=unpaid_order())
        assert amounts(cart) == not_working

    def test_of_one_buyer_are_counted_by_the_checkout(self, cart: APIClient) -> None:
        """A visitor has no e-mail address yet."""
        row = coupon(max_uses_per_buyer=1)
        coupon_use_reserve(coupon=row, order=unpaid_order())
        assert enter(cart).status_code == 200

    def test_belong_to_the_total_that_the_buyer_accepts(self, cart: APIClient, listing: Listing) -> None:
        """S4-06: new prices, and a coupon that stopped working meanwhile."""
        row = coupon()
        enter(cart)
        reprice(listing, 12_000)
        assert amounts(cart)[0] == "220.80"
        Coupon.objects.filter(id=row.id).update(is_active=False)
        answer = cart.post(f"{CART}accept-prices/", {"total": "220.80"})
        assert error(answer) == (409, "prices_changed", "total")
        assert answer.json()["errors"][0]["detail"] == "The total was 220.80 and is now 276.00."
        Coupon.objects.filter(id=row.id).update(is_active=True)
        assert cart.post(f"{CART}accept-prices/", {"total": "220.80"}).json()["can_check_out"] is True

    def test_come_along_when_the_visitor_signs_in(self, cart: APIClient) -> None:
        coupon()
        coupon("OTHER")
        client = api_of(UserFactory())
        client.post(CART)
        assert enter(client, "OTHER").json()["coupon"] == "OTHER"
        without, token = api_of(None), cart._credentials["HTTP_CART_TOKEN"]  # type: ignore[attr-defined]
        other_token = without.post(CART).json()["token"]
        assert client.post(f"{CART}merge/", {"token": other_token}).json()["coupon"] == "OTHER"
        enter(cart)
        assert client.post(f"{CART}merge/", {"token": token}).json()["coupon"] == "SAVE20"
        assert amounts(client)[1] == "46.00"

    def test_need_two_queries(self, cart: APIClient, django_assert_num_queries: Any) -> None:
        """One for the coupon and one for its uses, however many lines there are."""
        coupon(max_uses=5, max_uses_per_buyer=1)
        enter(cart)
        for _ in range(2):
            with django_assert_num_queries(5):
                cart.get(CART)
            add(cart, on_sale())


class TestGuesses:
    @pytest.fixture(autouse=True)
    def limit(self, settings: Any) -> None:
        settings.COUPON_THROTTLES = {"anon": (2, 3_600), "user": (3, 3_600)}

    def test_are_few_in_an_hour(self, cart: APIClient) -> None:
        """Codes that work are no guesses; a new cart, or another request, makes no difference."""
        coupon()
        assert [enter(cart, code).status_code for code in ("SAVE20", "A-1", "SAVE20", "A-2", "SAVE20")] == [
            200, 409, 200, 409, 429,
        ]  # fmt: skip
        again = api_of(None)
        again.credentials(HTTP_CART_TOKEN=again.post(CART).json()["token"])
        answer = enter(again)
        assert error(answer)[:2] == (429, "throttled")
        assert 0 < int(answer.headers["Retry-After"]) <= 3_600
        assert cart.delete(COUPON).status_code == 200
        assert enter(cart).status_code == 429
        assert cart.get(CART).json()["coupon"] is None

    def test_are_counted_by_user_with_an_account(self, cart: APIClient) -> None:
        coupon()
        user = api_of(UserFactory())
        assert [enter(user, "GUESS").status_code for _ in range(4)] == [409, 409, 409, 429]
        assert enter(cart).status_code == 200
