"""What holders read about their sales."""

from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from apps.catalog.models import Event
from apps.listings.enums import EventSource
from apps.notifications.services.delivery import outbox_deliver
from apps.orders.models import Sale
from apps.orders.services.sale_changes import sales_void
from apps.orders.tests.sale_rows import on_sale, record
from apps.users.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def sales() -> list[Sale]:
    """Two seats, sold together for 100.00 each."""
    return record(on_sale(), quantity=2, now=timezone.now())


def void(sales: list[Sale], **fields: Any) -> None:
    sales_void(
        sale_ids=[sale.id for sale in sales], reason="Fraud", actor=UserFactory(staff=True), source=EventSource.API,
        now=timezone.now(), **fields,
    )  # fmt: skip


def deliver() -> list[Any]:
    """Deliver what is due and return the mails of this round."""
    mail.outbox.clear()
    outbox_deliver(now=timezone.now(), limit=20)
    return list(mail.outbox)


class TestSold:
    def test_tells_the_holder_the_payout(self, sales: list[Sale]) -> None:
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

    def test_says_why_nothing_is_due_yet(self, sales: list[Sale]) -> None:
        Event.objects.filter(id=sales[0].event_id).update(status="postponed")
        (letter,) = deliver()
        assert "held until rescheduled" in letter.body
        assert "due on" not in letter.body

    def test_is_silent_about_what_is_void_already(self, sales: list[Sale]) -> None:
        void(sales, return_seats=True)
        letters = deliver()
        assert [letter.subject for letter in letters] == [f"Sale void: {sales[0].event.name}"]


class TestVoid:
    @pytest.mark.parametrize(("returned", "words"), [(True, "on sale again"), (False, "off sale")])
    def test_tells_the_holder_where_the_seats_are(self, sales: list[Sale], returned: bool, words: str) -> None:
        """S3-53."""
        deliver()
        void(sales, return_seats=returned)
        (letter,) = deliver()
        for text in (letter.body, letter.alternatives[0][0]):
            assert text.count(words) == 2
            assert "Fraud" not in text
