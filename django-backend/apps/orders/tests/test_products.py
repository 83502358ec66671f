"""Digital products in market, cart, checkout and order: no stock, no hold, no file before the payment."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, IntegrityError, transaction
from django.utils import timezone
from rest_framework.test import APIClient

from apps.common.testing.clients import api_of
from apps.common.testing.local_stripe import LocalStripe
from apps.common.testing.queries import queries_of
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.orders.errors.products import ProductNotForSale
from apps.orders.models import Cart, CartProduct, Order, OrderProduct, Product, ProductFile
from apps.orders.models.carts import MAX_LINES
from apps.orders.selectors.order_links import order_token
from apps.orders.services.paying import order_cancel
from apps.orders.testing.coupons import coupon
from apps.orders.testing.products import (
    PDF,
    line_of,
    paid_product_order,
    product,
    product_order,
    with_product,
)
from apps.orders.testing.stories import cart_of, delivered, pay, place
from apps.payments.services.settling import payment_settle
from apps.payments.testing.stories import CREATE
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db
MARKET, CART, PRODUCTS = "/api/v1/market/products/", "/api/v1/cart/", "/api/v1/cart/products/"
CHECKOUT = {"name": "Ana de la Cruz", "email": "ana@example.com", "terms_version": "1"}


@pytest.fixture
def visitor() -> APIClient:
    client = api_of(None)
    client.credentials(HTTP_CART_TOKEN=client.post(CART).json()["token"])
    return client


@pytest.fixture
def guide() -> Product:
    return product()


def add(client: APIClient, wanted: Product, quantity: int = 2) -> Any:
    return client.post(PRODUCTS, {"product": str(wanted.id), "quantity": quantity})


def error(answer: Any) -> tuple[int, str, str | None]:
    first = answer.json()["errors"][0]
    return answer.status_code, first["code"], first["attr"]


def address(order: Order, line: OrderProduct | None = None) -> str:
    return f"/api/v1/orders/{order_token(order.id)}/downloads/{(line or line_of(order)).id}/"


def load(order: Order) -> tuple[int, str]:
    answer = api_of(None).get(address(order))
    return answer.status_code, "" if answer.status_code == 200 else answer.json()["errors"][0]["code"]


class TestMarket:
    def test_shows_what_can_be_bought(self, guide: Product) -> None:
        """Without login; never the file."""
        product("Hidden", is_active=False)
        Product.objects.create(name="Without a file", price_cents=1)
        amounts = {"total": "15.00", "price": "15.00", "fee": "0.00", "currency": "USD"}
        assert api_of(None).get(MARKET).json()["results"] == [{**amounts, "id": str(guide.id), "name": "Fan guide"}]
        few = queries_of(lambda: api_of(None).get(MARKET))
        product("Another")
        assert queries_of(lambda: api_of(None).get(MARKET)) == few


class TestCart:
    def test_takes_changes_and_drops_products(self, visitor: APIClient, guide: Product) -> None:
        assert add(visitor, guide).status_code == 200
        (line,) = add(visitor, guide, 3).json()["products"]
        assert line == {
            "product": str(guide.id), "name": "Fan guide", "quantity": 5, "total": "75.00", "price": "15.00",
            "price_change": None, "problem": None,
        }  # fmt: skip
        cart = visitor.patch(f"{PRODUCTS}{guide.id}/", {"quantity": 1}).json()
        assert (cart["total"], cart["subtotal"], cart["fees"], cart["seats"]) == ("15.00", "15.00", "0.00", 0)
        assert cart["can_check_out"]
        empty = visitor.delete(f"{PRODUCTS}{guide.id}/").json()
        assert (empty["products"], empty["total"], empty["can_check_out"]) == ([], "0.00", False)
        add(visitor, guide)
        assert visitor.delete(CART).json()["products"] == []

    def test_refuses_what_is_not_for_sale(self, visitor: APIClient, guide: Product) -> None:
        other = product("Hidden", is_active=False)
        for wrong, expected in (
            ({"product": str(other.id), "quantity": 1}, (409, "not_for_sale", "product")),
            ({"product": str(guide.id), "quantity": 1_001}, (400, "max_value", "quantity")),
            ({"product": str(guide.id), "quantity": 0}, (400, "min_value", "quantity")),
            ({"product": "Fan guide", "quantity": 1}, (400, "invalid", "product")),
            ({"quantity": 1}, (400, "required", "product")),
        ):
            assert error(visitor.post(PRODUCTS, wrong)) == expected
        assert add(visitor, guide, 1_000).status_code == 200
        assert error(add(visitor, guide, 1)) == (409, "quantity_not_allowed", "quantity")
        for unknown in (other.id, "x"):
            assert error(visitor.patch(f"{PRODUCTS}{unknown}/", {"quantity": 1}))[:2] == (404, "does_not_exist")
            assert error(visitor.delete(f"{PRODUCTS}{unknown}/"))[:2] == (404, "does_not_exist")

    def test_has_seats_and_products_in_the_same_lines(self, visitor: APIClient, listing: Listing) -> None:
        """Both count for the limit and for the total."""
        for number in range(MAX_LINES - 1):
            assert add(visitor, product(f"Guide {number}", 100), 1).status_code == 200
        seats = {"listing": str(listing.id), "quantity": 2}
        assert visitor.post(f"{CART}lines/", seats).json()["total"] == "219.00"
        assert error(add(visitor, product("One more"), 1))[:2] == (409, "cart_full")
        more = {"listing": str(on_sale().id), "quantity": 2}
        assert error(visitor.post(f"{CART}lines/", more))[:2] == (409, "cart_full")

    def test_shows_new_prices_which_are_to_be_accepted(self, visitor: APIClient, guide: Product) -> None:
        add(visitor, guide)
        Product.objects.update(price_cents=2_000)
        cart = visitor.get(CART).json()
        assert cart["products"][0]["price_change"] == {"from": "15.00", "to": "20.00"}
        assert (cart["total"], cart["can_check_out"]) == ("40.00", False)
        assert error(visitor.post("/api/v1/checkout/", {**CHECKOUT, "total": "40.00"}))[:2] == (409, "prices_changed")
        assert error(visitor.post(f"{CART}accept-prices/", {"total": "30.00"}))[:2] == (409, "prices_changed")
        assert visitor.post(f"{CART}accept-prices/", {"total": "40.00"}).json()["can_check_out"]
        Product.objects.update(is_active=False)
        (line,) = visitor.get(CART).json()["products"]
        assert (line["total"], line["problem"]) == (None, "This product is not for sale any more.")
        assert error(visitor.post(f"{CART}accept-prices/", {"total": "0.00"}))[:2] == (409, "not_for_sale")

    def test_is_taken_over_at_login(self, visitor: APIClient, guide: Product) -> None:
        """The larger number stays."""
        user, other = UserFactory(), product("Other")
        mine = api_of(user)
        add(mine, guide, 1)
        add(visitor, guide, 3)
        add(visitor, other, 1)
        token = visitor._credentials["HTTP_CART_TOKEN"]
        merged = mine.post(f"{CART}merge/", {"token": token}).json()
        assert [(line["name"], line["quantity"]) for line in merged["products"]] == [("Fan guide", 3), ("Other", 1)]
        assert CartProduct.objects.count() == 2

    def test_takes_coupons(self, visitor: APIClient, guide: Product) -> None:
        coupon(minimum_total_cents=3_000)
        add(visitor, guide, 1)
        assert error(visitor.put(f"{CART}coupon/", {"code": "SAVE20"}))[:2] == (409, "coupon_refused")
        add(visitor, guide, 1)
        answer = visitor.put(f"{CART}coupon/", {"code": "SAVE20"}).json()
        assert (answer["total"], answer["discount"]) == ("24.00", "6.00")

    def test_costs_no_query_without_products(self, listing: Listing, guide: Product) -> None:
        seats, both = cart_of((listing, 2)), with_product(cart_of((listing, 2)), guide)
        clients = [api_of(UserFactory()) for _ in range(2)]
        for cart, client in zip((seats, both), clients, strict=True):
            Cart.objects.filter(id=cart.id).update(user=client.handler._force_user, token_hash=None)
        few, more = (queries_of(lambda client=client: client.get(CART)) for client in clients)  # type: ignore[misc]
        assert more == few + 1


class TestCheckout:
    def test_of_products_only_needs_no_address_and_no_event(
        self, visitor: APIClient, guide: Product, local_stripe: LocalStripe
    ) -> None:
        """S2-01."""
        add(visitor, guide)
        answer = visitor.post("/api/v1/checkout/", {**CHECKOUT, "total": "30.00"})
        assert answer.status_code == 201, answer.data
        order = answer.json()
        assert (order["status"], order["total"], order["lines"], order["transfer_email"]) == (
            "pending",
            "30.00",
            [],
            "",
        )
        assert order["next"] == "Pay, and you can load your files."
        (line,) = order["products"]
        assert (line["quantity"], line["total"], line["download"]) == (2, "30.00", None)
        (call,) = local_stripe.calls(CREATE)
        (item,) = call["parameters"]["line_items"].values()
        assert item["price_data"]["product_data"] == {"name": "Digital products"}
        assert (item["quantity"], item["price_data"]["unit_amount"]) == ("2", "1500")
        assert visitor.get(CART).json()["products"] == []

    def test_freezes_names_and_prices(self, guide: Product, local_stripe: LocalStripe) -> None:
        order = place(with_product(cart_of(), guide), total_cents=3_000)
        Product.objects.update(name="New name", price_cents=9_900)
        assert (line_of(order).name, line_of(order).total_cents, order.subtotal_cents) == ("Fan guide", 3_000, 3_000)
        for change in (lambda: OrderProduct.objects.update(price_cents=1), lambda: OrderProduct.objects.all().delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()

    def test_refuses_products_that_were_switched_off(self, guide: Product, local_stripe: LocalStripe) -> None:
        cart = with_product(cart_of(), guide)
        Product.objects.update(is_active=False)
        with pytest.raises(ProductNotForSale):
            place(cart, total_cents=3_000)
        assert not Order.objects.exists()

    def test_of_seats_and_products_divides_the_discount(
        self, listing: Listing, guide: Product, local_stripe: LocalStripe, settings: Any
    ) -> None:
        """Two seats at $110 and two products at $15, less 20 %; Stripe's page has the same sum."""
        settings.BUYER_FEE_BPS = 1_000
        coupon(funded_by="holder", holder_share_bps=10_000)
        cart = with_product(cart_of((listing, 2), coupon="SAVE20"), guide)
        order = place(cart, total_cents=20_000)
        assert (order.subtotal_cents, order.fee_cents, order.discount_cents) == (23_000, 2_000, 5_000)
        seats, line = order.lines.get(), line_of(order)
        assert (seats.discount_cents, seats.holder_discount_cents, line.discount_cents) == (4_400, 4_400, 600)
        pay(local_stripe, order)
        (call,) = local_stripe.calls(CREATE)
        items = [one["price_data"] for one in call["parameters"]["line_items"].values()]
        assert [(one["product_data"]["name"], one["unit_amount"]) for one in items] == [
            ("Tickets", "15000"),
            ("Digital products", "3000"),
            ("Fees", "2000"),
        ]
        delivered()
        order.refresh_from_db()
        assert (order.status, order.paid_cents) == ("paid", 20_000)
        assert load(order)[0] == 200

    def test_of_nothing_left_to_pay_is_done_at_once(self, guide: Product) -> None:
        coupon(percent_bps=10_000)
        order = place(with_product(cart_of(coupon="SAVE20"), guide), total_cents=0)
        order.refresh_from_db()
        assert order.status == "fulfilled"
        assert load(order)[0] == 200

    def test_has_no_empty_carts_and_no_wrong_rows(self, guide: Product) -> None:
        cart = with_product(cart_of(), guide)
        for wrong in ({"quantity": 0}, {"quantity": 1_001}):
            with pytest.raises(IntegrityError), transaction.atomic():
                CartProduct.objects.filter(cart=cart).update(**wrong)
        with pytest.raises(IntegrityError), transaction.atomic():
            Product.objects.update(price_cents=0)


class TestDownload:
    def test_is_for_buyers_who_have_paid(self, local_stripe: LocalStripe) -> None:
        """S2-01: the bytes are those that staff have stored."""
        order = product_order()
        assert load(order) == (403, "not_downloadable")
        pay(local_stripe, order)
        assert load(order) == (403, "not_downloadable")
        delivered()
        order.refresh_from_db()
        assert order.status == "fulfilled"
        answer = api_of(None).get(address(order))
        assert (answer.status_code, answer["Content-Type"], answer.content) == (200, "application/pdf", PDF)
        assert answer["Content-Disposition"] == 'attachment; filename="Fan guide.pdf"'
        assert "no-store" in answer["Cache-Control"]
        shown = api_of(None).get(f"/api/v1/orders/{order_token(order.id)}/").json()
        assert shown["products"][0]["download"] == f"{settings.SITE_URL}{address(order)}"
        assert shown["next"] == "Your files are ready to load."

    def test_is_for_nobody_else(self, local_stripe: LocalStripe, guide: Product) -> None:
        """S2-01: no address leads to the file without the link of a paid order."""
        paid, other = paid_product_order(local_stripe), place(with_product(cart_of(), guide), total_cents=3_000)
        line, client = line_of(paid), api_of(UserFactory())
        file = ProductFile.objects.get(product=line.product_id)
        for path, status in (
            (address(other, line), 404),
            (address(paid, line_of(other)), 404),
            (f"/api/v1/orders/{paid.id}/downloads/{line.id}/", 404),
            (address(paid).replace(str(line.id), "1"), 404),
            (address(other), 403),
            (f"{MARKET}{line.product_id}/", 404),
            *(
                (f"/{settings.MEDIA_URL.strip('/')}/{name}".replace("//", "/"), 404)
                for name in (file.id, "Fan guide.pdf")
            ),
            (f"/{file.id}.pdf", 404),
            (f"/admin/orders/product/{line.product_id}/change/", 302),
        ):
            answer = client.get(path)
            assert answer.status_code in {status, 403}, path
            assert PDF not in answer.content

    def test_ends_with_the_order(self, local_stripe: LocalStripe) -> None:
        order = product_order()
        order_cancel(order_id=order.id, now=timezone.now())
        assert load(order) == (403, "not_downloadable")
        order.refresh_from_db()
        assert order.status == "cancelled"

    def test_begins_with_money_that_comes_late(self, local_stripe: LocalStripe) -> None:
        order = product_order()
        pay(local_stripe, order)
        Order.objects.filter(id=order.id).update(status="expired", ended_at=timezone.now(), end_reason="Late")
        delivered()
        order.refresh_from_db()
        assert (order.status, order.ended_at) == ("fulfilled", None)
        assert load(order)[0] == 200

    def test_waits_while_the_payment_is_open(self, local_stripe: LocalStripe) -> None:
        """A products-only order is kept as long as one with seats, and ends by its payment."""
        order = product_order()
        shown = api_of(None).get(f"/api/v1/orders/{order_token(order.id)}/").json()
        assert shown["held_until"]
        assert order.payment
        later = timezone.now() + timedelta(hours=1)
        address_of = api_of(None).post(f"/api/v1/orders/{order_token(order.id)}/pay/").json()["payment_url"]
        local_stripe.act("expire", session=address_of.rpartition("/")[2])
        payment_settle(payment_id=order.payment.id, now=later)
        delivered(later)
        order.refresh_from_db()
        assert order.status == "expired"
        assert load(order) == (403, "not_downloadable")
