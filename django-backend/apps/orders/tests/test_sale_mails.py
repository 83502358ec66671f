"""Holders get a notice and a mail for each message about their sales, once, however often it is delivered."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.catalog.models import Event
from apps.common.acts import ChangeSource
from apps.common.listeners import received
from apps.common.testing.acts import act_of
from apps.listings.testing.stories import on_sale
from apps.notifications.models import Notice, OutboxMessage
from apps.notifications.services.delivery import outbox_deliver
from apps.notifications.tests.listening import only
from apps.orders.models import Sale
from apps.orders.services.sale_changes import sales_void
from apps.orders.services.sale_mails import sale_recorded_notify, sale_voided_notify
from apps.orders.testing.stories import record
from apps.season_tickets.testing.factories import SeasonTicketFactory
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def only_sales() -> Iterator[None]:
    """Deliver only messages about sales."""
    with only("sale.recorded", "sale.voided", "mail"):
        yield


@pytest.fixture
def sales() -> list[Sale]:
    """Two seats, sold together for 100.00 each."""
    return record(on_sale(), quantity=2, now=timezone.now())


def void(sales: list[Sale], **fields: Any) -> None:
    sales_void(
        sale_ids=[sale.id for sale in sales],
        act=act_of(UserFactory(staff=True), source=ChangeSource.API, now=timezone.now(), reason="Fraud"),
        **fields,
    )


def deliver() -> list[Any]:
    """Deliver what is due, and the mails that this puts; return the mails."""
    mail.outbox.clear()
    for _ in range(2):
        outbox_deliver(now=timezone.now(), limit=20)
    return list(mail.outbox)


class TestSold:
    def test_has_the_payout_of_the_holder(self, sales: list[Sale]) -> None:
        """S3-53: sold → one mail with the payout, one row a seat."""
        (letter,) = deliver()
        holder = sales[0].holder.user
        assert letter.to == [holder.email]
        assert letter.subject == f"Sold: {sales[0].event.name}, payout 160.00 USD"
        for text in (letter.body, letter.alternatives[0][0]):
            for word in (
                "100.00",
                "20.00",
                "80.00",
                "160.00 USD",
                "StubHub",
                "7 days after the event",
                "row A, seat 1",
            ):
                assert word in text, word
            for secret in ("INV-7", "Fan 7"):
                assert secret not in text
        assert deliver() == []

    def test_comes_with_a_notice_in_the_product(self, sales: list[Sale]) -> None:
        """S3-53: sold → one notice with the payout, and the ids of the sales."""
        deliver()
        notice = Notice.objects.get()
        assert (notice.user, notice.kind) == (sales[0].holder.user, "sales")
        assert notice.title == f"Sold: {sales[0].event.name}, payout 160.00 USD"
        assert set(notice.object_ids) == {str(sale.id) for sale in sales}
        lines = notice.text.split("\n")
        assert lines[0].endswith(". Sold on StubHub.")
        assert lines[1:3] == [
            "Section 101, row A, seat 1: price 100.00, payout 80.00",
            "Section 101, row A, seat 2: price 100.00, payout 80.00",
        ]
        assert lines[3].startswith("Payout 160.00 USD, due on ")

    def test_says_why_nothing_is_due_yet(self, sales: list[Sale]) -> None:
        Event.objects.filter(id=sales[0].event_id).update(status="postponed", date_tbd=True, time_tbd=True)
        (letter,) = deliver()
        assert "held until rescheduled" in letter.body
        assert "A date to be decided, at" in letter.body
        assert "due on" not in letter.body + Notice.objects.get().text

    def test_is_silent_about_what_is_void_already(self, sales: list[Sale]) -> None:
        void(sales, return_seats=True)
        letters = deliver()
        assert [letter.subject for letter in letters] == [f"Sale void: {sales[0].event.name}"]
        assert Notice.objects.count() == 1


class TestVoid:
    @pytest.mark.parametrize(("returned", "words"), [(True, "on sale again"), (False, "off sale")])
    def test_says_where_the_seats_are(self, sales: list[Sale], returned: bool, words: str) -> None:
        """S3-53."""
        deliver()
        void(sales, return_seats=returned)
        (letter,) = deliver()
        notice = Notice.objects.order_by("-id")[0]
        assert notice.title == f"Sale void: {sales[0].event.name}"
        assert notice.text.endswith("The payout of 160.00 USD is not due.")
        for text in (letter.body, letter.alternatives[0][0], notice.text):
            assert text.count(words) == 2
            assert "Fraud" not in text


class TestTwice:
    def test_is_sent_once(self, sales: list[Sale]) -> None:
        """S3-53: a worker that dies between its commit and the mark of the message is followed by another one."""
        void(sales[:1], return_seats=True)
        messages = {message.topic: message for message in OutboxMessage.objects.all()}
        for _ in range(2):
            sale_recorded_notify(message=received(messages["sale.recorded"]), now=timezone.now())
            sale_voided_notify(message=received(messages["sale.voided"]), now=timezone.now())
        assert Notice.objects.count() == 2
        assert OutboxMessage.objects.filter(topic="mail").count() == 2
        assert {row.payload["kind"] for row in OutboxMessage.objects.filter(topic="mail")} == {"sales"}

    def test_takes_as_many_queries_for_many_seats(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        for last_seat in (2, 40):
            listing = on_sale(block=SeasonTicketFactory(last_seat=last_seat))
            record(listing, quantity=last_seat, now=timezone.now())
            message = OutboxMessage.objects.filter(topic="sale.recorded").order_by("-id")[0]
            with django_assert_num_queries(3):
                sale_recorded_notify(message=received(message), now=timezone.now())
