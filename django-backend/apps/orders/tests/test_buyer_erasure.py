"""What we hold of buyers is exported, and erased on request and after the retention."""

import io
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from apps.catalog.models import Event
from apps.common.testing.clients import browser_of
from apps.common.testing.local_stripe import LocalStripe
from apps.common.testing.queries import queries_of
from apps.listings.testing.stories import on_sale
from apps.orders.gateways.invoice_pdf import _data
from apps.orders.models import Cart, Invoice, Order, Sale
from apps.orders.selectors.order_links import order_token
from apps.orders.services import buyer_erasure
from apps.orders.services.carts import cart_line_add, user_cart
from apps.orders.services.order_mails import order_mail_resend
from apps.orders.tasks import erase_old_buyers
from apps.orders.testing.coupons import coupon
from apps.orders.testing.products import paid_product_order, product, with_product
from apps.orders.testing.stories import BUYER, cart_of, deliver, delivered, ordered, paid_order, place, settled
from apps.payments.models import Dispute, MoneyIncident, Payment, Refund
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
PERSONAL = ("name", "email", "transfer_email", "buyer_key", "address_key")


@pytest.fixture(autouse=True)
def _payments_are_on(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_suite"


def command(name: str, *arguments: str) -> str:
    out = io.StringIO()
    call_command(name, *arguments, stdout=out)
    return out.getvalue()


def fulfilled(**more: Any) -> Order:
    """Return an order whose tickets are delivered; its outbox is delivered too, so it has an invoice."""
    order = settled(on_sale(), 2)
    deliver(list(Sale.objects.filter(batch_id=order.lines.get().batch_id)), now=timezone.now())
    delivered()
    Order.objects.filter(id=order.id).update(**more)
    return Order.objects.get(id=order.id)


def long_after(order: Order, days: int = 731) -> datetime:
    """Return a time so many days after the last event of an order."""
    return max(order.lines.values_list("event__starts_at", flat=True)) + days * DAY


def dispute(order: Order) -> None:
    Dispute.objects.create(
        payment=order.payment, stripe_dispute_id="dp_1", status="needs_response", amount_cents=1, net_cents=-1,
        currency="usd", reason="fraudulent", opened_at=timezone.now(),
    )  # fmt: skip


def refund(order: Order) -> None:
    assert order.payment
    Payment.objects.filter(id=order.payment_id).update(refunded_cents=1)
    Refund.objects.create(
        payment=order.payment, amount_cents=1, reason="requested_by_customer", requested_at=timezone.now(),
        checked_at=timezone.now(),
    )  # fmt: skip


def incident(order: Order) -> None:
    assert order.payment
    MoneyIncident.objects.create(
        payment=order.payment, kind="amount", expected={}, found={}, found_cents=1, opened_at=timezone.now()
    )


def undeliver(order: Order) -> None:
    batch = order.lines.get().batch_id
    Sale.objects.filter(batch_id=batch).update(delivery_status="pending", delivered_at=None)


NEEDS: dict[str, Callable[[Order], None]] = {
    "is disputed": dispute,
    "has a refund on its way": refund,
    "has a money incident to decide about": incident,
    "has tickets that were not delivered": undeliver,
}


class TestErasure:
    def test_takes_everything_personal_and_leaves_the_money(self) -> None:
        order = fulfilled()
        money = {name: getattr(order, name) for name in ("number", "status", "total_cents", "paid_cents", "placed_at")}
        invoice = order.invoices.get()
        said = command("erase_buyer", BUYER.email.upper())
        assert said.startswith(f"Erased from 1 order: {order.number}. 0 carts deleted.")
        order.refresh_from_db()
        assert {getattr(order, name) for name in PERSONAL} == {""}
        assert order.erased_at is not None
        assert {name: getattr(order, name) for name in money} == money
        assert Sale.objects.count() == 2
        now = Invoice.objects.get(id=invoice.id)
        assert now.buyer == {"name": BUYER.name, "email": ""}
        assert _data(now)["buyer"] == [BUYER.name]
        with pytest.raises(CommandError, match="No order and no cart"):
            command("erase_buyer", BUYER.email)

    def test_leaves_no_address_in_any_table_but_those_of_others(self) -> None:
        """A search through every column of text and of JSON, not only those that the code knows."""
        fulfilled()
        settled_before = where_it_says(BUYER.email)
        assert {"orders_order.email", "orders_invoice.buyer"} <= settled_before
        command("erase_buyer", BUYER.email)
        assert where_it_says(BUYER.email) == where_it_says(BUYER.transfer_email) == set()
        assert where_it_says(BUYER.name) == {"orders_invoice.buyer"}

    def test_takes_the_digest_of_the_use_of_a_coupon(self) -> None:
        place(cart_of((on_sale(), 1), coupon=coupon(percent_bps=10_000).code), total_cents=0)
        order = Order.objects.get()
        deliver(list(Sale.objects.all()), now=timezone.now())
        assert order.coupon_use.buyer_key
        command("erase_buyer", BUYER.email)
        order.coupon_use.refresh_from_db()
        assert order.coupon_use.buyer_key == ""
        assert order.coupon_use.state == "confirmed"

    def test_takes_orders_that_the_user_placed_with_another_address_and_the_cart(self) -> None:
        user, other = UserFactory(email="bea@example.com"), on_sale()
        order = fulfilled(user=user)
        cart = user_cart(user_id=user.id, now=timezone.now())
        cart_line_add(cart_id=cart.id, listing_id=other.id, quantity=1, now=timezone.now())
        assert "1 cart deleted" in command("erase_buyer", "bea@example.com")
        order.refresh_from_db()
        assert (order.user, order.email) == (None, "")
        assert not Cart.objects.filter(user=user).exists()

    def test_closes_the_link_and_sends_no_mail_any_more(self) -> None:
        order = fulfilled()
        user = UserFactory()
        Order.objects.filter(id=order.id).update(user=user)
        command("erase_buyer", BUYER.email)
        assert browser_of(user).get(f"/api/v1/orders/{order_token(order.id)}/").status_code == 404
        copy = order_mail_resend(order_id=order.id, now=timezone.now())
        delivered()
        copy.refresh_from_db()
        assert copy.state == "undeliverable"

    def test_says_what_is_left_to_do_elsewhere(self, local_stripe: LocalStripe, settings: Settings) -> None:
        settings.HUBSPOT_ACCESS_TOKEN = ""
        order = paid_order(local_stripe, on_sale(), 1)
        deliver(list(Sale.objects.all()), now=timezone.now())
        assert order.payment
        customer = order.payment.attempts.get().customer_id
        settings.HUBSPOT_ACCESS_TOKEN = "pat"
        said = command("erase_buyer", BUYER.email)
        assert f"delete these customers in Stripe's dashboard: {customer}." in said
        assert "in HubSpot" in said

    @pytest.mark.parametrize("why", NEEDS)
    def test_is_refused_while_an_order_needs_its_buyer(self, why: str) -> None:
        """All or nothing: another order of the buyer stays as it was too."""
        order, _ = fulfilled(), fulfilled()
        NEEDS[why](order)
        with pytest.raises(CommandError, match=f"Order {order.number} {why}."):
            command("erase_buyer", BUYER.email)
        assert set(Order.objects.values_list("email", "erased_at")) == {(BUYER.email, None)}

    def test_is_refused_while_an_order_is_open(self) -> None:
        order = ordered(on_sale(), 1)
        with pytest.raises(CommandError, match=f"Order {order.number} is not paid yet and has not ended."):
            command("erase_buyer", BUYER.email)
        assert Order.objects.get().erased_at is None

    @pytest.mark.parametrize("email", ["nobody@example.com", "", "not an address", "%", "ana.delacruz%"])
    @pytest.mark.parametrize("name", ["erase_buyer", "export_buyer"])
    def test_of_somebody_unknown_writes_nothing(self, name: str, email: str) -> None:
        before = vars(fulfilled())
        with pytest.raises(CommandError, match="No order and no cart"):
            command(name, email)
        after = vars(Order.objects.get())
        assert {key: after[key] for key in PERSONAL} == {key: before[key] for key in PERSONAL}

    def test_looks_again_under_the_lock(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A dispute that arrives between the look at all orders and the lock of one."""
        order, lock = fulfilled(), buyer_erasure.order_locked

        def disputed_first(order_id: Any) -> Any:
            dispute(order)
            return lock(order_id)

        monkeypatch.setattr(buyer_erasure, "order_locked", disputed_first)
        with pytest.raises(CommandError, match="is disputed"):
            command("erase_buyer", BUYER.email)
        assert Order.objects.get().email == BUYER.email


class TestInvoices:
    @pytest.mark.parametrize(
        "change",
        [
            {"number": F("number") + 1},
            {"total_cents": 1, "subtotal_cents": 1, "fee_cents": 0},
            {"buyer": {"name": "", "email": ""}},
            {"buyer": {"name": BUYER.name, "email": "other@example.com"}},
            {"buyer": {"name": BUYER.name}},
            {"buyer": {"name": BUYER.name, "email": "", "more": 1}},
            {"lines": []},
        ],
        ids=str,
    )
    def test_stay_as_issued_but_for_a_blank_address(self, change: dict[str, Any]) -> None:
        invoice = fulfilled().invoices.get()
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            Invoice.objects.filter(id=invoice.id).update(**change)
        with pytest.raises(DatabaseError, match="Cannot delete"), transaction.atomic():
            Invoice.objects.filter(id=invoice.id).delete()
        assert Invoice.objects.filter(id=invoice.id).update(buyer={"name": BUYER.name, "email": ""}) == 1


class TestRetention:
    def test_erases_after_its_days_and_not_before(self, settings: Settings) -> None:
        order = fulfilled()
        other = ordered(on_sale(), 1)  # is open, however old it is
        assert settings.BUYER_RETENTION_DAYS == 730
        assert buyer_erasure.old_buyers_erase(now=long_after(order, 730)) == 0
        assert buyer_erasure.old_buyers_erase(now=long_after(order, 730) + timedelta(seconds=1)) == 1
        assert buyer_erasure.old_buyers_erase(now=long_after(order)) == 0
        order.refresh_from_db()
        assert (order.name, order.invoices.get().buyer) == ("", {"name": BUYER.name, "email": ""})
        other.refresh_from_db()
        assert other.name == BUYER.name

    @pytest.mark.parametrize("status", ["cancelled", "expired"])
    def test_erases_orders_that_ended(self, status: str) -> None:
        order = ordered(on_sale(), 1)
        Order.objects.filter(id=order.id).update(status=status, ended_at=timezone.now())
        assert buyer_erasure.old_buyers_erase(now=long_after(order)) == 1

    @pytest.mark.parametrize("why", NEEDS)
    def test_leaves_orders_that_need_their_buyer(self, why: str) -> None:
        order = fulfilled()
        NEEDS[why](order)
        assert buyer_erasure.old_buyers_erase(now=long_after(order)) == 0

    def test_waits_for_a_postponed_event_and_for_the_last_one(self) -> None:
        order = fulfilled()
        Event.objects.filter(id=order.lines.get().event_id).update(status="postponed")
        assert buyer_erasure.old_buyers_erase(now=long_after(order)) == 0
        first, last = on_sale(), on_sale()
        Event.objects.filter(id=last.event_id).update(starts_at=F("starts_at") + 30 * DAY)
        both = place(cart_of((first, 1), (last, 1), coupon=coupon(percent_bps=10_000).code), total_cents=0)
        deliver(list(Sale.objects.filter(batch_id__in=both.lines.values("batch_id"))), now=timezone.now())
        assert buyer_erasure.old_buyers_erase(now=long_after(both, 715)) == 0
        assert buyer_erasure.old_buyers_erase(now=long_after(both)) == 1

    def test_counts_from_the_day_of_an_order_without_an_event(self, local_stripe: LocalStripe) -> None:
        order = paid_product_order(local_stripe)
        assert not order.lines.exists()
        assert buyer_erasure.old_buyers_erase(now=order.placed_at + 730 * DAY) == 0
        assert buyer_erasure.old_buyers_erase(now=order.placed_at + 731 * DAY) == 1

    def test_runs_as_a_task_and_by_hand(self, settings: Settings) -> None:
        order = fulfilled()
        Event.objects.update(starts_at=timezone.now() - 200 * DAY)
        assert command("erase_old_buyers") == "Erased from 0 orders.\n"
        settings.BUYER_RETENTION_DAYS = 180
        assert erase_old_buyers() == 1
        order.refresh_from_db()
        assert order.erased_at is not None


class TestExport:
    def test_has_all_that_we_hold(self, local_stripe: LocalStripe) -> None:
        user = UserFactory(email="bea@example.com")
        order = paid_order(local_stripe, on_sale(), 2)
        Order.objects.filter(id=order.id).update(user=user)
        place(cart_of((on_sale(), 1), coupon=coupon(percent_bps=10_000).code), total_cents=0)
        cart = user_cart(user_id=user.id, now=timezone.now())
        cart_line_add(cart_id=cart.id, listing_id=on_sale().id, quantity=2, now=timezone.now())
        found = json.loads(command("export_buyer", " BEA@example.com "))
        (shown,) = found["orders"]
        assert (shown["number"], shown["name"], shown["email"]) == (order.number, BUYER.name, BUYER.email)
        assert (shown["transfer_email"], shown["account"]) == (BUYER.transfer_email, "bea@example.com")
        assert (shown["total"], shown["paid"], shown["refunded"]) == ("200.00", "200.00", "0.00")
        (line,) = shown["lines"]
        assert (line["section"], line["row"], line["seats"], line["total"]) == ("101", "A", ["1", "2"], "200.00")
        assert [one["buyer"]["email"] for one in shown["invoices"]] == [BUYER.email]
        assert ("paid", "sent") in {(one["about"], one["state"]) for one in shown["mails"]}
        assert [one["quantity"] for one in found["carts"][0]["lines"]] == [2]
        assert order.payment
        assert found["customers_at_stripe"] == [order.payment.attempts.get().customer_id]
        with_product(cart, product(), 3)
        found = json.loads(command("export_buyer", "bea@example.com"))
        assert [one["quantity"] for one in found["carts"][0]["products"]] == [3]
        both = json.loads(command("export_buyer", BUYER.email))
        assert [one["coupon"] and one["coupon"]["state"] for one in both["orders"]] == [None, "confirmed"]

    def test_needs_no_query_an_order_and_writes_nothing(self) -> None:
        counts = []
        for _ in range(2):
            fulfilled()
            counts.append(queries_of(lambda: command("export_buyer", BUYER.email)))
            fulfilled()
        assert counts[0] == counts[1]
        assert not Order.objects.exclude(erased_at=None).exists()


def where_it_says(words: str) -> set[str]:
    """Return the columns of all tables that contain a text."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND data_type IN ('text', 'character varying', 'jsonb', 'ARRAY')"
        )
        found = set()
        for table, column in cursor.fetchall():
            cursor.execute(f'SELECT 1 FROM "{table}" WHERE strpos(lower("{column}"::text), %s) > 0', [words.lower()])
            if cursor.fetchone():
                found.add(f"{table}.{column}")
    return found
