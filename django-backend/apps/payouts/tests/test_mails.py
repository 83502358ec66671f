"""Holders get a notice and a mail about a statement, once, however often the message is delivered."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from apps.common.listeners import received
from apps.listings.models import Listing
from apps.listings.testing.stories import on_sale
from apps.notifications.enums import NoticeKind
from apps.notifications.models import Notice, OutboxMessage
from apps.notifications.services.delivery import outbox_deliver
from apps.notifications.services.mail_preferences import mail_preferences_update
from apps.notifications.tests.listening import only
from apps.payouts.models import Statement
from apps.payouts.services.statement_mails import statement_ready_notify
from apps.payouts.testing.stories import FEBRUARY, JANUARY, at, make, sell, unsell
from apps.season_tickets.testing.factories import SeasonTicketFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def only_statements() -> Iterator[None]:
    """Deliver only messages about statements."""
    with only("statement.ready", "mail"):
        yield


def deliver() -> list[Any]:
    """Deliver what is due and the mails that result; return the mails."""
    mail.outbox.clear()
    for _ in range(2):
        outbox_deliver(now=timezone.now(), limit=20)
    return list(mail.outbox)


def texts(letter: Any) -> tuple[str, str]:
    return letter.body, letter.alternatives[0][0]


class TestReady:
    def test_has_the_sums_and_the_lines(self, listing: Listing) -> None:
        """S3-53: a mail about each statement, with what was earned."""
        sell(listing, "1", "2", on=at(1, 5))
        make(JANUARY)
        (letter,) = deliver()
        assert letter.to == [listing.holder.user.email]
        assert letter.subject == "Your statement for January 2026: 160.00 USD"
        for text in texts(letter):
            for words in (
                "2 seats sold", "200.00", "40.00", "160.00 USD", "2026-01-05", listing.event.name, "row A, seat 1",
                "row A, seat 2", "what you have earned",
            ):  # fmt: skip
                assert words in text, words
            for others in ("void", "below zero", "more.", "INV-7", "Fan 7"):
                assert others not in text, others
        assert deliver() == []

    def test_comes_with_a_notice_in_the_product(self, listing: Listing) -> None:
        sell(listing, "1", on=at(1, 5))
        make(JANUARY)
        deliver()
        notice = Notice.objects.get()
        assert (notice.user, notice.kind) == (listing.holder.user, "statements")
        assert notice.title == "Your statement for January 2026: 80.00 USD"
        assert notice.text == "1 seat sold.\nPrice 100.00, commission 20.00, payout 80.00 USD."
        assert notice.object_ids == [str(Statement.objects.get().id)]

    def test_says_why_it_is_below_zero(self, listing: Listing) -> None:
        sale = sell(listing, "1", on=at(1, 5))[0]
        make(JANUARY)
        deliver()
        unsell(sale, on=at(2, 6))
        make(FEBRUARY)
        (letter,) = deliver()
        assert letter.subject == "Your statement for February 2026: -80.00 USD"
        for text in texts(letter):
            for words in ("1 sale void", "below zero", "2026-02-06", "-100.00", "-20.00"):
                assert words in text, words
            assert "what you have earned" not in text

    def test_says_that_nothing_is_left_over(self, listing: Listing) -> None:
        unsell(*sell(listing, "1", on=at(1, 5)), on=at(1, 6))
        make(JANUARY)
        (letter,) = deliver()
        assert letter.subject == "Your statement for January 2026: 0.00 USD"
        for text in texts(letter):
            assert "1 seat sold, 1 sale void" in text
            assert "The total is zero" in text

    def test_counts_lines_that_are_too_many_for_a_mail(self, listing: Listing) -> None:
        long = on_sale(block=SeasonTicketFactory(last_seat=23))
        sell(long, *long.tickets.values_list("seat", flat=True), on=at(1, 5))
        make(JANUARY)
        (letter,) = deliver()
        for text in texts(letter):
            assert text.count("ow A, seat ") == 20
            assert "And 3 more." in text


class TestKind:
    def test_can_be_switched_off(self, listing: Listing) -> None:
        """S3-53: the notice stays."""
        sell(listing, "1", on=at(1, 5))
        make(JANUARY)
        mail_preferences_update(
            user_id=listing.holder.user_id, wanted={NoticeKind.STATEMENTS: False}, now=timezone.now()
        )
        assert deliver() == []
        assert Notice.objects.count() == 1

    def test_says_how(self, listing: Listing) -> None:
        sell(listing, "1", on=at(1, 5))
        make(JANUARY)
        (letter,) = deliver()
        assert letter.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert "Stop e-mails about statements: " in letter.body


class TestTwice:
    def test_is_sent_once(self, listing: Listing) -> None:
        """A worker that dies between its commit and the mark of the message is followed by another one."""
        sell(listing, "1", on=at(1, 5))
        make(JANUARY)
        message = OutboxMessage.objects.get(topic="statement.ready")
        for _ in range(2):
            statement_ready_notify(message=received(message), now=timezone.now())
        assert Notice.objects.count() == OutboxMessage.objects.filter(topic="mail").count() == 1

    def test_takes_as_many_queries_for_many_lines(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        for last_seat in (2, 30):
            long = on_sale(block=SeasonTicketFactory(last_seat=last_seat))
            sell(long, *long.tickets.values_list("seat", flat=True), on=at(1, 5) + timedelta(hours=last_seat))
            make(JANUARY)
            message = OutboxMessage.objects.filter(topic="statement.ready").order_by("-id")[0]
            with django_assert_num_queries(4):
                statement_ready_notify(message=received(message), now=timezone.now())
