"""Carts of visitors and users: what is in them, what it costs, and what is in the way of buying it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from apps.common.testing.acts import act_of
from apps.common.testing.clients import api_of
from apps.common.testing.races import while_uncommitted
from apps.listings.enums import ListingMove
from apps.listings.models import Listing
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import ListingTerms
from apps.listings.services.listing_prices import listing_change
from apps.listings.testing.stories import move, on_sale, pending
from apps.orders.models import Cart, CartLine
from apps.orders.services import carts
from apps.orders.testing.stories import record
from apps.users.testing.factories import UserFactory

CART = "/api/v1/cart/"
LINES = f"{CART}lines/"
NOBODYS = "01a1fc82-8380-708c-a80e-ebef5ada59be"


@pytest.fixture
def visitor(db: None) -> APIClient:
    """A visitor with a cart."""
    client = api_of(None)
    token = client.post(CART).json()["token"]
    client.credentials(HTTP_CART_TOKEN=token)
    return client


def error(answer: Any) -> tuple[int, str, str | None]:
    first = answer.json()["errors"][0]
    return answer.status_code, first["code"], first["attr"]


def add(client: APIClient, listing: Listing, quantity: int = 2, **more: Any) -> Any:
    return client.post(LINES, {"listing": str(listing.id), "quantity": quantity}, **more)


def reprice(listing: Listing, cents: int) -> None:
    holder = listing.season_ticket.holder
    listing_change(holder=holder, listing_id=listing.id, price_cents=cents, changes={}, act=act_of(holder.user))


class TestLines:
    def test_show_what_a_buyer_would_pay(self, visitor: APIClient, listing: Listing, settings: Any) -> None:
        """S4-05: the total with all fees comes first."""
        settings.BUYER_FEE_BPS = 1_250
        answer = add(visitor, listing)
        assert answer.status_code == 200, answer.data
        cart = answer.json()
        assert next(iter(cart)) == "total"
        assert (cart["total"], cart["subtotal"], cart["fees"], cart["seats"]) == ("225.00", "200.00", "25.00", 2)
        [line] = cart["lines"]
        assert (line["quantity"], line["total"], line["problem"], line["price_change"]) == (2, "225.00", None, None)
        assert line["seat"] == {"total": "112.50", "price": "100.00", "fee": "12.50"}
        assert line["event"]["label"] == listing.event.label
        assert cart["can_check_out"] is True
        assert visitor.get(CART).json() == cart

    def test_never_say_whose_seats_they_are(self, visitor: APIClient, listing: Listing) -> None:
        text = add(visitor, listing).content.decode()
        holder = listing.season_ticket.holder
        for secret in (str(holder.id), str(holder.user_id), holder.user.email, holder.user.last_name, "80.00"):
            assert secret not in text

    def test_add_change_remove_and_clear(self, visitor: APIClient, listing: Listing) -> None:
        """S4-05."""
        add(visitor, listing, 1)
        assert add(visitor, listing, 2).json()["seats"] == 3
        assert visitor.patch(f"{LINES}{listing.id}/", {"quantity": 4}).json()["seats"] == 4
        assert visitor.delete(f"{LINES}{listing.id}/").json()["lines"] == []
        assert error(visitor.delete(f"{LINES}{listing.id}/")) == (404, "does_not_exist", "listing")
        add(visitor, listing)
        assert visitor.delete(CART).json()["lines"] == []
        assert (Cart.objects.count(), CartLine.objects.count()) == (1, 0)

    @pytest.mark.parametrize(
        ("body", "code", "attr"),
        [
            ({"quantity": 0}, "min_value", "quantity"),
            ({"quantity": "two"}, "invalid", "quantity"),
            ({"listing": "Lakers"}, "invalid", "listing"),
            ({"quantity": None}, "null", "quantity"),
            ({"quantiti": 2}, "unknown", "quantiti"),
        ],
    )
    def test_refuse_bad_input_naming_the_field(
        self, visitor: APIClient, listing: Listing, body: dict[str, Any], code: str, attr: str
    ) -> None:
        answer = visitor.post(LINES, {"listing": str(listing.id), "quantity": 2, **body})
        assert error(answer) == (400, code, attr)
        assert not CartLine.objects.exists()

    def test_refuse_what_nobody_can_buy(self, visitor: APIClient) -> None:
        """Pending, delisted, sold, begun and unknown listings alike: nobody learns which."""
        sold, late = on_sale(), on_sale()
        record(sold, "1", "2", "3", "4")
        type(late.event).objects.filter(id=late.event_id).update(starts_at=timezone.now() - timedelta(minutes=1))
        gone = move(move(on_sale(), ListingMove.REQUEST_DELISTING), ListingMove.APPROVE_DELISTING)
        for listing_id in (pending().id, sold.id, late.id, gone.id, NOBODYS):
            answer = visitor.post(LINES, {"listing": str(listing_id), "quantity": 2})
            assert error(answer) == (409, "not_for_sale", "listing")

    def test_keep_to_the_split_rule(self, visitor: APIClient) -> None:
        pairs = on_sale(terms=ListingTerms(split_rule=SplitRule.PAIRS))
        answer = add(visitor, pairs, 3)
        assert error(answer) == (409, "quantity_not_allowed", "quantity")
        assert answer.json()["errors"][0]["detail"] == "3 seats cannot be bought together. Choose from: 2, 4."
        add(visitor, pairs, 2)
        assert error(add(visitor, pairs, 1)) == (409, "quantity_not_allowed", "quantity")
        assert visitor.get(CART).json()["seats"] == 2

    def test_are_twenty_at_most(self, visitor: APIClient, listing: Listing, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(carts, "MAX_LINES", 1)
        add(visitor, listing)
        assert error(add(visitor, on_sale())) == (409, "cart_full", "listing")
        assert add(visitor, listing).status_code == 200

    def test_have_one_effect_for_a_key(self, visitor: APIClient, listing: Listing) -> None:
        """Keys of two visitors never meet."""
        first = add(visitor, listing, headers={"Idempotency-Key": "k"})
        again = add(visitor, listing, headers={"Idempotency-Key": "k"})
        assert first.json() == again.json()
        assert again.headers["Idempotency-Replayed"] == "true"
        other = api_of(None)
        other.credentials(HTTP_CART_TOKEN=other.post(CART).json()["token"])
        assert add(other, listing, 1, headers={"Idempotency-Key": "k"}).json()["seats"] == 1

    def test_need_the_same_queries_however_many(
        self, visitor: APIClient, listing: Listing, django_assert_num_queries: Any
    ) -> None:
        add(visitor, listing)
        with django_assert_num_queries(3):
            visitor.get(CART)
        for _ in range(3):
            add(visitor, on_sale())
        with django_assert_num_queries(3):
            visitor.get(CART)


class TestPrices:
    def test_that_change_are_shown_and_must_be_accepted(self, visitor: APIClient, listing: Listing) -> None:
        """S4-06."""
        add(visitor, listing)
        reprice(listing, 12_000)
        cart = visitor.get(CART).json()
        assert cart["lines"][0]["price_change"] == {"from": "100.00", "to": "120.00"}
        assert (cart["total"], cart["can_check_out"]) == ("240.00", False)
        answer = visitor.post(f"{CART}accept-prices/", {"total": "200.00"})
        assert error(answer) == (409, "prices_changed", "total")
        assert answer.json()["errors"][0]["detail"] == "The total was 200.00 and is now 240.00."
        accepted = visitor.post(f"{CART}accept-prices/", {"total": "240.00"}).json()
        assert (accepted["lines"][0]["price_change"], accepted["can_check_out"]) == (None, True)

    def test_of_seats_that_are_gone_count_nothing(self, visitor: APIClient, listing: Listing) -> None:
        other = on_sale()
        add(visitor, listing)
        add(visitor, other)
        record(listing, "1", "2", "3", "4")
        cart = visitor.get(CART).json()
        assert [line["problem"] for line in cart["lines"]] == ["The seats are not for sale any more.", None]
        assert (cart["total"], cart["seats"], cart["can_check_out"]) == ("200.00", 2, False)
        assert error(visitor.post(f"{CART}accept-prices/", {"total": "200.00"})) == (409, "not_for_sale", "listing")

    def test_of_a_number_that_is_left_no_more(self, visitor: APIClient, listing: Listing) -> None:
        add(visitor, listing, 4)
        record(listing, "1")
        [line] = visitor.get(CART).json()["lines"]
        assert (line["problem"], line["allowed_quantities"]) == ("4 seats cannot be bought together.", [1, 2, 3])
        accept = visitor.post(f"{CART}accept-prices/", {"total": "400.00"})
        assert error(accept) == (409, "quantity_not_allowed", "quantity"), "the cart has shown another total"

    def test_of_seats_besides_those_in_the_cart_says_so(self, visitor: APIClient, listing: Listing) -> None:
        add(visitor, listing, 3)
        answer = add(visitor, listing, 2)
        assert error(answer) == (409, "quantity_not_allowed", "quantity")
        assert answer.json()["errors"][0]["detail"] == (
            "With the 3 seats in your cart that would be 5, and 5 seats cannot be bought together."
            " Choose a total from: 1, 2, 3, 4."
        )


class TestOwners:
    def test_are_told_apart_by_their_tokens(self, visitor: APIClient, listing: Listing) -> None:
        """S4-02: two clients have separate carts."""
        add(visitor, listing)
        other = api_of(None)
        begun = other.post(CART)
        assert (begun.status_code, begun.json()["lines"]) == (201, [])
        other.credentials(HTTP_CART_TOKEN=begun.json()["token"])
        assert other.get(CART).json()["lines"] == []

    def test_find_their_answers_in_no_cache(self, visitor: APIClient) -> None:
        """One token, one address: a cache between would show the cart of somebody else."""
        assert "no-store" in visitor.get(CART).headers["Cache-Control"]

    def test_need_a_token_or_a_login(self, db: None) -> None:
        stranger = api_of(None)
        assert error(stranger.get(CART)) == (400, "cart_token_missing", "Cart-Token")
        assert error(stranger.post(LINES, {})) == (400, "cart_token_missing", "Cart-Token")
        for token in ("nonsense", "x" * 5_000, "ü"):
            stranger.credentials(HTTP_CART_TOKEN=token)
            assert error(stranger.get(CART)) == (404, "cart_unknown", "Cart-Token")
        assert error(stranger.post(f"{CART}merge/", {"token": "nonsense"}))[0] == 401

    def test_leave_no_token_in_the_database(self, visitor: APIClient) -> None:
        token = visitor._credentials["HTTP_CART_TOKEN"]  # type: ignore[attr-defined]
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(cart)::text FROM orders_cart AS cart")
            assert token not in cursor.fetchone()[0]

    def test_take_over_their_cart_when_they_sign_in(self, visitor: APIClient, listing: Listing) -> None:
        """Of the same listing the larger number stays; the visitor's cart is gone."""
        user, both, own = UserFactory(), on_sale(), on_sale()
        client, token = api_of(user), visitor._credentials["HTTP_CART_TOKEN"]  # type: ignore[attr-defined]
        assert client.post(CART).json()["lines"] == []
        for one, listings in ((visitor, {listing: 1, both: 3}), (client, {both: 2, own: 4})):
            for sold, quantity in listings.items():
                add(one, sold, quantity)
        merged = client.post(f"{CART}merge/", {"token": token})
        assert merged.status_code == 200, merged.data
        found = {line["listing"]: line["quantity"] for line in merged.json()["lines"]}
        assert found == {str(listing.id): 1, str(both.id): 3, str(own.id): 4}
        assert error(visitor.get(CART)) == (404, "cart_unknown", "Cart-Token")
        assert error(client.post(f"{CART}merge/", {"token": token})) == (404, "cart_unknown", "Cart-Token")
        client.credentials(HTTP_CART_TOKEN=token)
        assert error(client.get(CART)) == (400, "cart_not_merged", "Cart-Token")

    def test_who_come_back_too_late_find_nothing(self, visitor: APIClient, listing: Listing) -> None:
        add(visitor, listing)
        carts.carts_purge(now=timezone.now() + carts.RETENTION - timedelta(minutes=1))
        assert visitor.get(CART).status_code == 200
        carts.carts_purge(now=timezone.now() + carts.RETENTION)
        assert error(visitor.get(CART)) == (404, "cart_unknown", "Cart-Token")

    def test_ask_as_often_as_in_the_market(self, visitor: APIClient, settings: Any) -> None:
        settings.MARKET_THROTTLES = {"anon": (2, 3600), "user": (1, 3600)}
        user = api_of(UserFactory())
        assert [client.get(CART).status_code for client in (visitor, visitor, visitor, user, user)] == [
            200, 200, 429, 200, 429,
        ]  # fmt: skip


@pytest.mark.django_db(transaction=True)
class TestTwoRequests:
    @pytest.mark.parametrize("guarded", [True, False])
    def test_that_add_to_one_line_both_count(self, guarded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
        listing, now = on_sale(), timezone.now()
        cart, _ = carts.visitor_cart_begin(now=now)
        if not guarded:
            monkeypatch.setattr(carts, "cart_changing", lambda *_args, **_kwargs: True)
        carts.cart_line_add(cart_id=cart.id, listing_id=listing.id, quantity=1, now=now)

        def add_one() -> None:
            carts.cart_line_add(cart_id=cart.id, listing_id=listing.id, quantity=1, now=now)

        while_uncommitted(add_one, add_one)
        assert CartLine.objects.get().quantity == (3 if guarded else 2)
