"""Mails to buyers: what they say, what became of them, and sending them again."""

import logging
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from apps.common.ids import uuid7
from apps.common.listeners import Message
from apps.common.testing.local_stripe import LocalStripe
from apps.common.testing.threads import at_once
from apps.listings.enums import DeliveryType
from apps.listings.models import Listing
from apps.listings.rules.terms import ListingTerms
from apps.listings.testing.stories import on_sale
from apps.notifications.models import OutboxMessage
from apps.notifications.testing.mail_servers import smtp_server
from apps.orders.enums import OrderMailKind, OrderMove
from apps.orders.errors.mails import OrderHasNoMail, TooManyMails
from apps.orders.models import Invoice, Order, OrderMail
from apps.orders.selectors.order_links import order_address
from apps.orders.services.order_mails import order_mail_put, order_mail_resend, order_paid_confirm
from apps.orders.services.paying import order_cancel
from apps.orders.services.settlement import order_end
from apps.orders.testing.stories import BUYER, delivered, ordered, paid_order
from apps.orders.tests.test_invoices import sold
from apps.orders.topics import OrderPaid

pytestmark = pytest.mark.django_db


def mails() -> list[Any]:
    """Return the mails to the buyer, and forget all."""
    found = [one for one in mail.outbox if one.to == [BUYER.email]]
    mail.outbox.clear()
    return found


def states() -> list[tuple[str, str, int]]:
    return list(OrderMail.objects.order_by("id").values_list("kind", "state", "copy"))


class TestPaid:
    def test_has_total_seats_next_step_link_and_invoice(
        self, local_stripe: LocalStripe, settings: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        """S4-12, S4-16, S4-27, S0-15: one mail, with one PDF; no address in the log."""
        settings.BUYER_FEE_BPS, settings.SUPPORT_EMAIL = 1_000, "help@example.com"
        caplog.set_level(logging.DEBUG, "apps")
        listing = on_sale(terms=ListingTerms(delivery_type=DeliveryType.MOBILE_TRANSFER))
        order = paid_order(local_stripe, listing)
        (sent,) = mails()
        html = sent.alternatives[0][0]
        assert sent.subject == f"Your order {order.number} is confirmed"
        assert sent.reply_to == ["help@example.com"]
        for text in (sent.body, html):
            for words in (
                "Total paid: 220.00 USD", "INV-000001", order.lines.get().event.label, "row A, seats 1 and 2",
                "We transfer the tickets to ana@example.com.", order_address(order.id), "because of your order",
            ):  # fmt: skip
                assert words in text
            assert "consign" not in text
        assert sent.body.index("220.00 USD") < sent.body.index("seats 1 and 2")
        ((name, content, mimetype),) = sent.attachments
        assert (name, content[:4], mimetype) == ("INV-000001.pdf", b"%PDF", "application/pdf")
        assert Invoice.objects.get().total_cents == 22_000
        (row,) = OrderMail.objects.all()
        assert (row.kind, row.state, row.error) == ("paid", "sent", "")
        assert row.sent_at
        assert BUYER.email not in caplog.text
        assert not OutboxMessage.objects.filter(topic__startswith="order.", payload__icontains="example").exists()

    def test_is_sent_once_for_a_message_that_is_delivered_twice(self) -> None:
        order = sold()
        for _ in range(2):
            delivered()
            OutboxMessage.objects.filter(topic__startswith="order.").update(delivered_at=None)
        assert len(mails()) == 1
        assert order.mails.count() == Invoice.objects.count() == 1


class TestOthers:
    def test_about_orders_that_nobody_paid(self, listing: Listing, settings: Any) -> None:
        settings.STRIPE_SECRET_KEY = "sk_test_suite"
        order = ordered(listing)
        order_end(order_id=order.id, move=OrderMove.EXPIRE, reason="It was not paid in time.", now=timezone.now())
        delivered()
        (sent,) = mails()
        assert "It was not paid in time. You were charged nothing" in sent.body
        assert "Hello Ana de la Cruz," in sent.body
        assert sent.attachments == []

    def test_do_not_follow_when_buyers_cancel_themselves(self, listing: Listing, local_stripe: LocalStripe) -> None:
        order = ordered(listing)
        order_cancel(order_id=order.id, now=timezone.now())
        delivered()
        assert (mails(), states()) == ([], [])

    def test_apologise_when_the_seats_are_gone(self, listing: Listing, settings: Any) -> None:
        settings.STRIPE_SECRET_KEY = "sk_test_suite"
        order = ordered(listing)
        Order.objects.filter(id=order.id).update(
            status="refunded", paid_cents=20_000, paid_at=timezone.now(), ended_at=timezone.now()
        )
        order_mail_put(order_id=order.id, kind=OrderMailKind.UNAVAILABLE, occasion=order.id, now=timezone.now())
        delivered()
        (sent,) = mails()
        assert "We refund all of the 200.00 USD that you paid" in sent.body
        assert sent.subject == f"We are sorry: the seats of your order {order.number} are gone"


class TestState:
    @pytest.mark.parametrize(("answer", "state"), [("450 busy", "failed"), ("550 no such mailbox", "undeliverable")])
    def test_says_what_the_mail_server_said(self, settings: Any, answer: str, state: str) -> None:
        sold()
        with smtp_server(answer) as server:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
            delivered()
            (row,) = OrderMail.objects.all()
            assert (row.state, row.sent_at) == (state, None)
            assert row.error
            assert BUYER.email not in row.error
            server.answer = "250 OK"
            OutboxMessage.objects.filter(topic="order.mail").update(dead_at=None, available_at=timezone.now())
            delivered()
        (arrived,) = [one for one in server.mails if one["To"] == BUYER.email]
        assert isinstance(arrived, EmailMessage)
        assert [part.get_content_type() for part in arrived.iter_attachments()] == ["application/pdf"]
        assert states() == [("paid", "sent", 0)]

    def test_has_the_message_id_of_the_outbox(self) -> None:
        """A mail that is sent twice, because the worker died in between, is shown once."""
        sold()
        delivered()
        OrderMail.objects.update(state="queued", sent_at=None)
        OutboxMessage.objects.filter(topic="order.mail").update(delivered_at=None)
        delivered()
        first, second = mails()
        assert first.extra_headers["Message-ID"] == second.extra_headers["Message-ID"]

    def test_of_an_erased_buyer_is_undeliverable(self) -> None:
        order = sold()
        message = Message(uuid7(), "", timezone.now(), OrderPaid(order_id=order.id))
        order_paid_confirm(message=message, now=timezone.now())
        Order.objects.filter(id=order.id).update(erased_at=timezone.now())
        delivered()
        assert (mails(), states()) == ([], [("paid", "undeliverable", 0)])


class TestResending:
    def test_sends_the_confirmation_again_a_few_times(self) -> None:
        order = sold()
        delivered()
        order_mail_put(order_id=order.id, kind=OrderMailKind.ENDED, occasion=order.id, now=timezone.now())
        delivered()
        mail.outbox.clear()
        now = timezone.now()
        for minutes in range(3):
            order_mail_resend(order_id=order.id, now=now + timedelta(minutes=minutes))
        with pytest.raises(TooManyMails) as refused:
            order_mail_resend(order_id=order.id, now=now + timedelta(minutes=59))
        assert refused.value.retry_after_seconds == 60
        assert order_mail_resend(order_id=order.id, now=now + timedelta(minutes=61)).copy == 4
        delivered(now + timedelta(minutes=62))
        assert {one.subject for one in mail.outbox} == {f"Your order {order.number} is confirmed"}
        assert len({one.extra_headers["Message-ID"] for one in mails()}) == 4

    def test_needs_a_mail(self, listing: Listing, settings: Any) -> None:
        settings.STRIPE_SECRET_KEY = "sk_test_suite"
        with pytest.raises(OrderHasNoMail):
            order_mail_resend(order_id=ordered(listing).id, now=timezone.now())

    @pytest.mark.django_db(transaction=True)
    def test_counts_those_that_are_asked_for_at_once(self) -> None:
        order, now = sold(), timezone.now()
        order_mail_put(order_id=order.id, kind=OrderMailKind.PAID, occasion=order.id, now=now)
        made = at_once(*[lambda: order_mail_resend(order_id=order.id, now=now)] * 5)
        assert sum(isinstance(one, TooManyMails) for one in made) == 2
        assert sorted(OrderMail.objects.values_list("copy", flat=True)) == [0, 1, 2, 3]
