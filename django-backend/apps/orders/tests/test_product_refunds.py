"""What follows the sale of a digital product: refunds, disputes, invoice, mail and page."""

from typing import Any

import pytest
from django.core import mail
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from apps.common.acts import Act, ChangeSource
from apps.common.testing.clients import api_of
from apps.common.testing.local_stripe import LocalStripe
from apps.listings.models import Listing
from apps.listings.testing.stories import statuses
from apps.orders.errors.refunds import NothingToRefund, RefundAboveRest
from apps.orders.gateways.invoice_pdf import _data, invoice_pdf
from apps.orders.models import Invoice, Order, OrderRefund, OrderRefundLine, Sale
from apps.orders.rules.refunds import EVERYTHING, RefundScope
from apps.orders.selectors.order_links import order_token
from apps.orders.services.paying import order_payment_address
from apps.orders.services.refunds import order_refund, order_refund_assign
from apps.orders.testing.products import PDF, line_of, paid_product_order, product_order
from apps.orders.testing.stories import delivered, pay
from apps.orders.tests import test_refunds
from apps.orders.tests.test_products import address, load
from apps.orders.tests.test_refunds import DISPUTED, arrive, facts, fail
from apps.payments.enums import RefundReason
from apps.payments.services.settling import payment_settle
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db
REFUSED = (403, "not_downloadable")


def refund(order: Order, scope: RefundScope = EVERYTHING, *, return_seats: bool = False) -> OrderRefund:
    return order_refund(
        order_id=order.id,
        scope=scope,
        reason=RefundReason.REQUESTED,
        return_seats=return_seats,
        act=Act(None, ChangeSource.SYSTEM, timezone.now()),
    )


def whole(order: Order) -> RefundScope:
    return RefundScope(seats={line_of(order).id: None})


def part(order: Order, cents: int) -> RefundScope:
    return RefundScope(amount_cents=cents, line_id=line_of(order).id)


@pytest.fixture
def order(local_stripe: LocalStripe, listing: Listing) -> Order:
    """Two seats at $100 and two products at $15, paid."""
    return paid_product_order(local_stripe, listing)


class TestRefund:
    def test_of_the_line_ends_the_download_and_leaves_the_seats(self, order: Order, listing: Listing) -> None:
        """S2-01."""
        made = refund(order, whole(order))
        assert (made.amount_cents, statuses(listing), load(order)) == (3_000, "listed ssaa", REFUSED)
        (line,) = made.lines.all()
        assert (line.line, line.sale, line.product, line.commission_cents) == (None, None, line_of(order), 3_000)
        arrive(made)
        assert facts(order) == ("partly_refunded", 3_000)
        assert not Sale.objects.filter(voided_at__isnull=False).exists()
        with pytest.raises(NothingToRefund):
            refund(order, whole(order))

    def test_of_an_amount_leaves_the_download(self, order: Order) -> None:
        arrive(refund(order, part(order, 1_000)))
        assert (facts(order), load(order)[0]) == (("partly_refunded", 1_000), 200)
        with pytest.raises(RefundAboveRest):
            refund(order, part(order, 2_001))
        arrive(refund(order, part(order, 2_000)))
        assert (facts(order), load(order)) == (("partly_refunded", 3_000), REFUSED)

    def test_of_everything_takes_both(self, order: Order, listing: Listing) -> None:
        made = refund(order, return_seats=True)
        arrive(made)
        assert (facts(order), statuses(listing), load(order)) == (("refunded", 23_000), "listed aaaa", REFUSED)
        assert sorted(made.lines.values_list("amount_cents", flat=True)) == [3_000, 10_000, 10_000]

    def test_of_an_order_without_seats(self, local_stripe: LocalStripe) -> None:
        order = paid_product_order(local_stripe)
        arrive(refund(order, part(order, 1)))
        assert facts(order) == ("partly_refunded", 1)
        arrive(refund(order))
        assert (facts(order), load(order)) == (("refunded", 3_000), REFUSED)

    def test_that_fails_opens_the_download_again(self, order: Order, local_stripe: LocalStripe) -> None:
        made = refund(order, whole(order))
        arrive(made)
        fail(local_stripe, made)
        assert (facts(order), load(order)[0]) == (("paid", 0), 200)

    def test_in_the_dashboard_is_for_what_staff_say(self, order: Order, local_stripe: LocalStripe) -> None:
        made = test_refunds.TestDashboard().made(local_stripe, order, 3_000)
        assert (made.lines.count(), load(order)[0]) == (0, 200)
        order_refund_assign(order_id=order.id, refund_id=made.id, scope=whole(order))
        assert load(order) == REFUSED

    def test_is_of_a_seat_or_of_a_product(self, order: Order) -> None:
        made = refund(order, part(order, 1_000))
        money = {"list_cents": 1, "amount_cents": 1, "commission_cents": 0, "fee_cents": 0, "discount_cents": 0}
        seats = order.lines.get()
        for wrong in ({}, {"line": seats}, {"product": line_of(order), "line": seats, "sale": Sale.objects.first()}):
            with pytest.raises(IntegrityError, match="seat_or_product"), transaction.atomic():
                OrderRefundLine.objects.create(refund=made, holder_discount_cents=0, **money, **wrong)

    def test_is_shown_to_staff(self, order: Order, chief: APIClient) -> None:
        url, line = f"/api/v1/staff/orders/{order.id}/refunds/", str(line_of(order).id)
        body = {"reason": "duplicate", "return_seats": False, "lines": [{"line": line}]}
        (seat,) = chief.post(url, body).json()["seats"]
        assert (seat["line"], seat["sale"], seat["seat"], seat["amount"]) == (line, None, "Fan guide", "30.00")
        found = chief.get(url).json()["seats"]
        assert [(one["seat"], one["amount"], one["is_void"]) for one in found] == [
            ("1", "100.00", False),
            ("2", "100.00", False),
            ("Fan guide", "0.00", False),
        ]


@pytest.mark.parametrize(("won", "status"), [(True, "fulfilled"), (False, "refunded")])
def test_a_dispute_closes_the_download_until_it_is_won(local_stripe: LocalStripe, won: bool, status: str) -> None:
    order = product_order()
    assert order_payment_address(order_id=order.id, now=timezone.now())
    assert order.payment
    local_stripe.pay(order.payment.attempts.get().session_id, DISPUTED)
    payment_settle(payment_id=order.payment.id, now=timezone.now())
    delivered()
    dispute_id = test_refunds.TestDispute().follow(local_stripe, order)
    assert (facts(order), load(order)) == (("disputed", 0), REFUSED)
    local_stripe.act("decide", dispute=dispute_id, won=won)
    test_refunds.TestDispute().follow(local_stripe, order)
    assert facts(order)[0] == status
    assert load(order)[0] == (200 if won else 403)


class TestPaper:
    def test_is_an_invoice_with_seats_and_products(self, order: Order) -> None:
        invoice = Invoice.objects.select_related("order").get(order=order)
        assert [line.get("product", line.get("event")) for line in invoice.lines][1] == "Fan guide"
        assert invoice.total_cents == 23_000 == sum(line["total_cents"] for line in invoice.lines)
        data = _data(invoice)
        assert data["rows"][1] == ["Fan guide", "2", "15.00", "0.00", "0.00", "30.00"]
        assert data["sums"] == [["Prices", "230.00"], ["Total paid", "230.00 USD"]]
        assert invoice_pdf(invoice).startswith(b"%PDF")

    def test_is_a_mail_that_leads_to_the_files(self, local_stripe: LocalStripe, listing: Listing) -> None:
        for seats in (None, listing):
            mail.outbox.clear()
            order = paid_product_order(local_stripe, seats)
            (sent,) = [one for one in mail.outbox if order.email in one.to]
            html = str(sent.alternatives[0][0])
            assert "- 2 x Fan guide: 30.00" in sent.body
            assert "2 × Fan guide" in html
            assert ("Your seats are yours" in html, "seats 1 and 2" in sent.body) == (bool(seats), bool(seats))
            assert "- Your files are on the page of your order." in sent.body
            assert PDF not in [file.content if hasattr(file, "content") else file[1] for file in sent.attachments]

    def test_is_a_credit_note_for_the_product(self, order: Order) -> None:
        mail.outbox.clear()
        arrive(refund(order, whole(order)))
        (sent,) = [one for one in mail.outbox if order.email in one.to]
        assert "- Fan guide\n  Digital product: 30.00" in sent.body
        assert "no longer yours" not in sent.body
        assert Invoice.objects.get(kind="credit_note").total_cents == 3_000

    def test_says_nothing_of_seats_when_there_were_none(self, local_stripe: LocalStripe) -> None:
        order = product_order()
        pay_page = api_of(None).post(f"/api/v1/orders/{order_token(order.id)}/pay/").json()["payment_url"]
        local_stripe.act("expire", session=pay_page.rpartition("/")[2])
        assert order.payment_id
        payment_settle(payment_id=order.payment_id, now=timezone.now())
        delivered()
        (sent,) = [one for one in mail.outbox if order.email in one.to]
        assert "You were charged nothing." in sent.body
        assert "seats" not in sent.body


class TestPage:
    def text(self, order: Order) -> str:
        return Client().get(f"/orders/{order_token(order.id)}/").content.decode()

    def test_shows_the_file_once_it_is_paid(self, local_stripe: LocalStripe) -> None:
        order = product_order()
        assert "2 × Fan guide, 30.00 USD" in self.text(order)
        assert "Pay, and you can load your files." in self.text(order)
        assert "held" not in self.text(order)
        assert "Load the PDF" not in self.text(order)
        pay(local_stripe, order)
        delivered()
        order.refresh_from_db()
        link = f'<a href="{address(order)}">Load the PDF</a>'
        assert link in self.text(order)
        refund(order)
        assert link not in self.text(order)


def test_orders_of_a_user_have_their_files(order: Order) -> None:
    user = UserFactory()
    Order.objects.filter(id=order.id).update(user=user)
    (found,) = api_of(user).get("/api/v1/orders/").json()["results"]
    (line,) = found["products"]
    assert line["download"].endswith(address(order))
    anything: Any = refund(order, whole(order))
    assert anything.amount_cents == 3_000
    assert api_of(user).get("/api/v1/orders/").json()["results"][0]["products"][0]["download"] is None
