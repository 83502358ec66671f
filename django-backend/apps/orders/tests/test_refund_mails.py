"""A refund that succeeds is a credit note and one mail that carries it."""

from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from apps.common.testing.local_stripe import LocalStripe
from apps.listings.models import Listing
from apps.listings.services.lifecycle.holding import holds_expire
from apps.listings.testing.stories import hold
from apps.notifications.models import OutboxMessage
from apps.notifications.services.outbox import outbox_put
from apps.orders.gateways.invoice_pdf import _data
from apps.orders.models import Invoice, Order, OrderMail, OrderRefund
from apps.orders.services.checkout import HOLD_LIFE
from apps.orders.services.order_mails import order_mail_resend
from apps.orders.services.refunds import order_refund_retry
from apps.orders.testing.stories import BUYER, delivered, ordered, paid_order, pay
from apps.orders.tests.test_refunds import arrive, cents, fail, refund, seats
from apps.orders.topics import OrderRefunded
from apps.payments.models import Payment, Refund
from apps.payments.services.stripe_news import refund_follow

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(local_stripe: LocalStripe, listing: Listing, settings: Any) -> Order:
    """A paid order of two seats for 220.00, whose confirmation was sent."""
    settings.BUYER_FEE_BPS = 1_000
    found = paid_order(local_stripe, listing)
    mail.outbox.clear()
    return found


def told() -> list[Any]:
    delivered()
    found = [one for one in mail.outbox if one.to == [BUYER.email]]
    mail.outbox.clear()
    return found


def credits_() -> list[tuple[str, int]]:
    notes = Invoice.objects.filter(kind="credit_note").order_by("number")
    return [(note.code, note.total_cents) for note in notes]


def test_seats_that_go_back(order: Order) -> None:
    made = refund(order, seats(order, "2"), note="You were at the wrong gate.")
    assert (told(), credits_()) == ([], [])
    arrive(made)
    (sent,) = told()
    assert sent.subject == f"Your refund of 110.00 USD for order {order.number}"
    for text in (sent.body, sent.alternatives[0][0]):
        for words in (
            "We have refunded 110.00 USD", "CN-000001", "You were at the wrong gate.", "row A, seat 2",
            "no longer yours", "up to ten days",
        ):  # fmt: skip
            assert words in text
    ((name, content, mimetype),) = sent.attachments
    assert (name, content[:4], mimetype) == ("CN-000001.pdf", b"%PDF", "application/pdf")
    note = Invoice.objects.select_related("order", "corrects").get(kind="credit_note")
    assert (note.subtotal_cents, note.fee_cents, note.discount_cents, note.total_cents) == (10_000, 1_000, 0, 11_000)
    assert [(line["seats"], line["total_cents"]) for line in note.lines] == [(["2"], 11_000)]
    shown = _data(note)
    assert [row[1:] for row in shown["rows"]] == [["1", "110.00"]]
    assert shown["rows"][0][0].endswith("Section 101, row A, seat 2")
    assert shown["sums"] == [["Tickets", "100.00"], ["Fees", "10.00"], ["Refunded", "110.00 USD"]]


def test_an_amount_leaves_the_seats(order: Order) -> None:
    arrive(refund(order, cents(1_500), return_seats=False))
    (sent,) = told()
    assert "You keep the seats of your order." in sent.body
    note = Invoice.objects.get(kind="credit_note")
    assert (note.subtotal_cents, note.fee_cents, note.total_cents) == (1_364, 136, 1_500)
    assert [(line["seats"], line["total_cents"]) for line in note.lines] == [(["1", "2"], 1_500)]


def test_one_from_stripes_dashboard_says_nothing_about_the_seats(local_stripe: LocalStripe, order: Order) -> None:
    """Staff decide about them."""
    assert order.payment
    intent = order.payment.attempts.get().payment_intent_id
    at_stripe = local_stripe.client.v1.refunds.create({"payment_intent": intent, "amount": 22_000})
    refund_follow(at_stripe.id, now=timezone.now())
    (sent,) = told()
    assert "We have refunded 220.00 USD" in sent.body
    assert "You keep" not in sent.body
    assert "no longer yours" not in sent.body
    assert credits_() == [("CN-000001", 22_000)]


def test_news_that_comes_twice_is_one_credit_note_and_one_mail(order: Order) -> None:
    arrive(refund(order))
    assert len(told()) == 1
    for topic in ("payment.refund_ended", "order.refunded"):
        rows = OutboxMessage.objects.filter(topic=topic)
        assert rows.update(delivered_at=None)
        assert (told(), credits_()) == ([], [("CN-000001", 22_000)])


def test_refunds_above_the_invoice_are_credited_up_to_its_total(order: Order) -> None:
    """Staff have accepted 250.00 for an order of 220.00, and refund all of it."""
    Order.objects.filter(id=order.id).update(paid_cents=25_000)
    Payment.objects.filter(id=order.payment_id).update(paid_cents=25_000)
    made = refund(order)
    assert made.amount_cents == 25_000
    OutboxMessage.objects.all().delete()
    outbox_put(payload=OrderRefunded(order_id=order.id, refund_id=made.id), aggregate_key="x", now=timezone.now())
    (sent,) = told()
    assert "250.00 USD" in sent.subject
    assert credits_() == [("CN-000001", 22_000)]


def test_the_latest_mail_is_sent_again_once_the_order_is_not_as_confirmed(order: Order) -> None:
    now = timezone.now()
    assert order_mail_resend(order_id=order.id, now=now).kind == "paid"
    arrive(refund(order, seats(order, "1")))
    assert order_mail_resend(order_id=order.id, now=now).kind == "refund"
    assert [one.attachments[0][0] for one in told()] == ["INV-000001.pdf", "CN-000001.pdf", "CN-000001.pdf"]
    assert OrderMail.objects.filter(state="sent").count() == 4


class TestSeatsThatWereGone:
    @pytest.fixture
    def late(self, local_stripe: LocalStripe, listing: Listing) -> Order:
        """An order of two seats that was paid after others had got one of them."""
        order = ordered(listing)
        pay(local_stripe, order)
        holds_expire(now=timezone.now() + HOLD_LIFE)
        hold(listing, "2")
        return order

    def test_are_refunded_without_lines_and_the_apology_is_sent_once(self, late: Order) -> None:
        (sent,) = told()
        assert sent.subject == f"We are sorry: the seats of your order {late.number} are gone"
        made = OrderRefund.objects.get()
        assert (made.amount_cents, made.reason, made.lines.count()) == (20_000, "unavailable", 0)
        arrive(made)
        late.refresh_from_db()
        assert (late.status, late.refunded_cents) == ("refunded", 20_000)
        for topic in ("payment.succeeded", "payment.refund_ended", "order.unavailable", "order.refunded"):
            assert OutboxMessage.objects.filter(topic=topic).update(delivered_at=None) == 1
        assert (told(), credits_(), OrderMail.objects.count()) == ([], [], 1)
        assert Refund.objects.count() == 1

    def test_staff_see_a_refund_that_fails_and_send_it_again(self, local_stripe: LocalStripe, late: Order) -> None:
        delivered()
        made = OrderRefund.objects.get()
        arrive(made)
        fail(local_stripe, made)
        assert OutboxMessage.objects.filter(topic__startswith="order.raised").exists()
        order_refund_retry(order_id=late.id, refund_id=made.id, now=timezone.now())
        arrive(OrderRefund.objects.get())
        assert Refund.objects.get().status == "succeeded"
