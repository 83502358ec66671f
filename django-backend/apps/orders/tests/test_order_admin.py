"""What staff see of orders in the admin, and where it leads."""

import csv
import io
import re
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.common.testing.clients import browser_of
from apps.common.testing.downloads import downloaded
from apps.common.testing.local_stripe import LocalStripe
from apps.common.testing.queries import queries_of
from apps.listings.models import Hold, Listing
from apps.listings.testing.stories import on_sale
from apps.orders.models import Order
from apps.orders.testing.coupons import coupon
from apps.orders.testing.stories import BUYER, cart_of, delivered, ordered, paid_order, place, settled
from apps.payments.models import Payment, PaymentAttempt
from apps.users.testing.stories import permit, staff_browser, staff_group_member, staff_member

pytestmark = pytest.mark.django_db
URL = "/admin/orders/order/"
ANY_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.fixture(autouse=True)
def _payments_are_on(settings: Settings) -> None:
    settings.STRIPE_SECRET_KEY = "sk_test_suite"


def clerk() -> Client:
    """Return the browser of somebody who may do what the staff group may."""
    return browser_of(staff_group_member())


def shown(query: str) -> list[str]:
    page = staff_browser("view_order").get(f"{URL}?{query}")
    assert page.status_code == 200, query
    return [order.number for order in page.context["cl"].result_list]


def text_of(page: str) -> str:
    """Return what people read of a page: without its head, scripts and tags."""
    body = re.sub(r"<(script|style|select)\b.*?</\1>", "", page, flags=re.DOTALL).partition("<body")[2]
    return re.sub(r"<[^>]+>", " ", body)


class TestList:
    @pytest.fixture
    def orders(self) -> tuple[Order, Order]:
        """Two orders that differ in everything."""
        return settled(on_sale(), 2), place(
            cart_of((on_sale(), 1), coupon=coupon(percent_bps=10_000).code),
            total_cents=0, name="Bo Li", email="bo@example.com",
        )  # fmt: skip

    def test_filters_and_searches(self, orders: tuple[Order, Order]) -> None:
        first, second = orders
        line = first.lines.get()
        Order.objects.filter(id=second.id).update(status="fulfilled")
        for query in (
            "status__exact=paid", f"q={first.number}", f"q={BUYER.email}", "q=de la cruz",
            f"lines__event__id__exact={line.event_id}", f"payment__id__exact={first.payment_id}",
            f"lines__hold__id__exact={line.hold_id}",
        ):  # fmt: skip
            assert shown(query) == [first.number], query
        assert shown("status__exact=fulfilled") == shown("q=bo@example.com") == [second.number]
        at = first.placed_at
        assert len(shown(f"placed_at__year={at.year}&placed_at__month={at.month}&placed_at__day={at.day}")) == 2
        assert shown(f"placed_at__year={at.year - 1}") == []

    def test_shows_number_buyer_total_and_events(self, orders: tuple[Order, Order]) -> None:
        page = text_of(staff_browser("view_order").get(URL).content.decode())
        for order in orders:
            for words in (order.number, order.name, order.email, str(order.lines.get().event)):
                assert words in page
        assert "200.00 USD" in page
        assert not ANY_ID.search(page)

    def test_needs_no_query_a_row(self) -> None:
        client, counts = clerk(), []
        settled(on_sale(), 2)
        for _ in range(2):
            counts.append(queries_of(lambda: client.get(URL)))
            settled(on_sale(), 1)
            settled(on_sale(), 1)
        assert counts[0] == counts[1]


class TestPage:
    def test_has_lines_refunds_coupon_invoices_and_mails(self, local_stripe: LocalStripe) -> None:
        """S4-09, S4-28: everything about the order, for the staff group; nobody reads an id."""
        half = coupon("HALF", percent_bps=5_000)
        order = paid_order(local_stripe, on_sale(), 2)
        discounted = place(cart_of((on_sale(), 2), coupon=half.code), total_cents=10_000)
        page = clerk().get(f"{URL}{order.id}/change/")
        inlines = {type(one.opts).__name__: one for one in page.context["inline_admin_formsets"]}
        assert list(inlines) == [
            "OrderLineInline", "OrderProductInline", "OrderRefundInline", "UsedCouponInline",
            "InvoiceInline", "OrderMailInline",
        ]  # fmt: skip
        text, line, invoice = page.content.decode(), order.lines.get(), order.invoices.get()
        attempt = PaymentAttempt.objects.get(payment=order.payment)
        sales = f"{reverse('admin:orders_sale_changelist')}?batch_id__exact={line.batch_id}"
        for link in (
            f"https://dashboard.stripe.com/test/payments/{attempt.payment_intent_id}",
            reverse("admin:payments_payment_change", args=[order.payment_id]),
            reverse("admin:orders_invoice_pdf", args=[invoice.id]),
            reverse("admin:listings_listing_change", args=[line.listing_id]),
            reverse("admin:orders_order_refunds", args=[order.id]),
            reverse("admin:orders_order_holds", args=[order.id]),
            sales,
        ):
            assert f'href="{link}"' in text, link
        words = text_of(text)
        for fact in (order.number, BUYER.name, str(line.event), "101 / A / 1, 2", invoice.code, "Order confirmed"):
            assert fact in words, fact
        assert not ANY_ID.search(words), ANY_ID.search(words)
        assert clerk().get(sales).context["cl"].result_count == 2
        assert "HALF" in text_of(clerk().get(f"{URL}{discounted.id}/change/").content.decode())

    def test_links_to_the_live_dashboard_with_a_live_payment(self) -> None:
        order = settled(on_sale())
        live = Payment.objects.create(
            purpose="order", reference=order.lines.get().id, is_live=True, amount_cents=500, currency="usd",
            moved_at=order.placed_at, checked_at=order.placed_at,
        )  # fmt: skip
        PaymentAttempt.objects.create(
            payment=live, number=1, parameters={}, expires_at=order.placed_at, payment_intent_id="pi_live"
        )
        Order.objects.filter(id=order.id).update(payment=live)
        page = staff_browser("view_order").get(f"{URL}{order.id}/change/").content.decode()
        assert 'href="https://dashboard.stripe.com/payments/pi_live"' in page

    def test_says_so_where_nobody_has_paid(self) -> None:
        free = place(cart_of((on_sale(), 1), coupon=coupon(percent_bps=10_000).code), total_cents=0)
        page = text_of(staff_browser("view_order").get(f"{URL}{free.id}/change/").content.decode())
        assert "Nothing to pay" in page

    def test_needs_no_query_a_line(self) -> None:
        client, counts = clerk(), []
        for listings in ([on_sale()], [on_sale() for _ in range(3)]):
            total = len(listings) * 10_000
            order = place(cart_of(*((listing, 1) for listing in listings)), total_cents=total)
            counts.append(queries_of(lambda pk=order.id: client.get(f"{URL}{pk}/change/")))
        assert counts[0] == counts[1]

    def test_changes_nothing(self) -> None:
        order = settled(on_sale())
        client = staff_browser("view_order", "add_order", "change_order", "delete_order")
        page = f"{URL}{order.id}/change/"
        assert {client.post(url, {"name": "x"}).status_code for url in (page, f"{URL}add/")} == {403}
        assert client.post(f"{URL}{order.id}/delete/", {"post": "yes"}).status_code == 403
        assert Order.objects.get().name == BUYER.name

    def test_is_closed_without_the_permission(self) -> None:
        order = settled(on_sale())
        client = browser_of(user := staff_member("view_sale"))
        addresses = (URL, f"{URL}{order.id}/change/", f"{URL}export/")
        assert {client.get(url).status_code for url in addresses} == {403}
        permit(user, "view_order")
        assert {client.get(url).status_code for url in addresses} == {200}
        page = client.get(addresses[1])
        assert page.context["inline_admin_formsets"] == []


class TestWays:
    def test_lead_to_the_order_from_what_belongs_to_it(self) -> None:
        """From the event, the payment and the hold, whose pages name the order by its number."""
        order = ordered_paid = settled(on_sale(), 1)
        settled(on_sale(), 1)
        line, client = order.lines.get(), clerk()
        for page, pk in {
            "catalog_event_orders": line.event_id,
            "payments_payment_order": order.payment_id,
            "listings_hold_orders": line.hold_id,
        }.items():
            found = client.get(reverse(f"admin:{page}", args=[pk]), follow=True).context["cl"].result_list
            assert list(found) == [ordered_paid], page
        payments = text_of(client.get(reverse("admin:payments_payment_changelist")).content.decode())
        assert order.number in payments
        holds = text_of(client.get(reverse("admin:listings_hold_changelist")).content.decode())
        for page in (payments, holds):
            assert not ANY_ID.search(page)

    def test_lead_from_the_order_to_its_holds(self) -> None:
        order = ordered(on_sale(), 1)
        ordered(on_sale(), 1)
        page = clerk().get(reverse("admin:orders_order_holds", args=[order.id]), follow=True)
        assert list(page.context["cl"].result_list) == [Hold.objects.get(owner_id=order.id)]

    def test_the_staff_group_sees_what_belongs_to_a_row(self, settings: Settings) -> None:
        """Rows on the page of another one need a permission of their own."""
        inlines = {inline.model for page in admin.site._registry.values() for inline in page.inlines}
        needed = {f"{one._meta.app_label}.view_{one._meta.model_name}" for one in inlines}
        assert needed - set(settings.STAFF_GROUP_PERMISSIONS) == set()


class TestExport:
    def export(self, client: Client) -> Any:
        return client.post(f"{URL}export/", {"format": "0", "resource": "0"})

    def test_writes_the_money_and_runs_no_formula(self) -> None:
        """S4-28."""
        half = coupon("HALF", percent_bps=5_000)
        place(
            cart_of((on_sale(), 2), coupon=half.code), total_cents=10_000, name="=HYPERLINK(1)", email="@x@example.com"
        )
        row = next(csv.DictReader(io.StringIO(downloaded(self.export(staff_browser("view_order"))))))
        order = Order.objects.get()
        assert (row["number"], row["status"], row["seats"]) == (order.number, "Awaiting payment", "2")
        assert (row["subtotal"], row["discount"], row["total"], row["paid"]) == ("200.00", "100.00", "100.00", "0.00")
        assert (row["name"], row["email"], row["coupon"]) == ("'=HYPERLINK(1)", "'@x@example.com", "HALF")
        assert row["events"] == str(order.lines.get().event)

    def test_needs_no_query_a_row(self, listing: Listing) -> None:
        client, counts = staff_browser("view_order"), []
        settled(listing)
        for _ in range(2):
            counts.append(queries_of(lambda: self.export(client)))
            settled(on_sale())
            settled(on_sale())
        assert counts[0] == counts[1]


def test_mails_and_refunds_link_to_the_order(local_stripe: LocalStripe) -> None:
    order = paid_order(local_stripe, on_sale(), 1)
    delivered()
    link = f'href="{reverse("admin:orders_order_change", args=[order.id])}"'
    mail, invoice = order.mails.first(), order.invoices.get()
    assert mail is not None
    for page, pk in {"orders_ordermail": mail.id, "orders_invoice": invoice.id}.items():
        assert link in clerk().get(reverse(f"admin:{page}_change", args=[pk])).content.decode(), page
