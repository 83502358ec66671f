"""Account mails in the outbox: they wait for a mail server, and their links are deleted."""

from collections.abc import Iterator
from datetime import timedelta
from smtplib import SMTPServerDisconnected
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from apps.common.listeners import received
from apps.notifications.models import OutboxMessage
from apps.notifications.services.account_mail import (
    GOOD_FOR,
    account_mail_deliver,
    account_mail_put,
    account_mails_forget,
)
from apps.notifications.services.delivery import outbox_deliver
from apps.notifications.services.outbox import outbox_retry
from apps.notifications.testing.factories import NOW
from apps.notifications.testing.mail_servers import smtp_server
from apps.notifications.tests.listening import only

SECRET = "https://testserver/accounts/password/reset/key/secret-1/"


@pytest.fixture
def message(db: None) -> Iterator[OutboxMessage]:
    """A waiting mail; topics of staff have no listener here."""
    with only("account_mail"):
        yield put()


def put() -> OutboxMessage:
    email = EmailMultiAlternatives("New password", f"Go to {SECRET}", to=["ann@example.com"])
    email.attach_alternative(f'<a href="{SECRET}">Go</a>', "text/html")
    return account_mail_put(user_key="user:1", email=email, now=NOW)


class TestDelivery:
    def test_sends_both_forms_and_forgets_them(self, message: OutboxMessage) -> None:
        assert SECRET in message.payload["text"]
        assert outbox_deliver(now=NOW, limit=10).delivered == 1
        (sent,) = mail.outbox
        assert (sent.to, sent.subject, sent.body) == (["ann@example.com"], "New password", f"Go to {SECRET}")
        assert sent.alternatives[0].content == f'<a href="{SECRET}">Go</a>'
        assert sent.extra_headers["Message-ID"].startswith(f"<{message.id}@")
        assert "List-Unsubscribe" not in sent.extra_headers
        message.refresh_from_db()
        assert message.payload == {}
        assert message.delivered_at

    def test_keeps_the_text_until_the_mail_is_sent(
        self, message: OutboxMessage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def gone(*_: Any) -> None:
            raise SMTPServerDisconnected

        with monkeypatch.context() as patch:
            patch.setattr(EmailMultiAlternatives, "send", gone)
            assert outbox_deliver(now=NOW, limit=10).failed == 1
        message.refresh_from_db()
        assert SECRET in message.payload["text"]
        assert outbox_deliver(now=NOW + timedelta(hours=1), limit=10).delivered == 1
        assert len(mail.outbox) == 1

    def test_sends_nothing_twice_that_was_sent_and_not_marked(self, message: OutboxMessage) -> None:
        account_mail_deliver(message=received(message), now=NOW)
        message.refresh_from_db()
        account_mail_deliver(message=received(message), now=NOW)
        assert len(mail.outbox) == 1

    def test_forgets_mails_that_are_refused_for_good(self, message: OutboxMessage, settings: Settings) -> None:
        with smtp_server("550 no such mailbox") as server:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
            assert outbox_deliver(now=NOW, limit=10).dead == 1
        message.refresh_from_db()
        assert SECRET not in str(message.payload)
        assert "ann" not in str(message.payload)

    def test_takes_no_forgotten_mail_for_one_that_was_sent(self, message: OutboxMessage) -> None:
        """Retry now: the text is gone, so it stays given up and does not look delivered."""
        outbox_deliver(now=NOW + GOOD_FOR + timedelta(seconds=1), limit=10)
        assert outbox_retry(message_ids=[message.id], now=NOW) == 1
        assert outbox_deliver(now=NOW, limit=10).dead == 1
        message.refresh_from_db()
        assert (message.delivered_at, mail.outbox) == (None, [])

    def test_forgets_what_was_given_up_when_its_links_are_over(self, message: OutboxMessage) -> None:
        """A mail server that was away for half a day leaves no links and addresses behind for ever."""
        OutboxMessage.objects.update(dead_at=NOW, attempts=20)
        assert account_mails_forget(now=NOW + GOOD_FOR) == 0
        message.refresh_from_db()
        assert SECRET in message.payload["text"], "until then people can take it up again"
        assert account_mails_forget(now=NOW + GOOD_FOR + timedelta(seconds=1)) == 1
        message.refresh_from_db()
        assert SECRET not in str(message.payload)
        assert account_mails_forget(now=NOW + GOOD_FOR + timedelta(seconds=1)) == 0

    def test_sends_no_links_that_are_over(self, message: OutboxMessage) -> None:
        assert outbox_deliver(now=NOW + GOOD_FOR + timedelta(seconds=1), limit=10).dead == 1
        message.refresh_from_db()
        assert SECRET not in str(message.payload)
        assert mail.outbox == []

    def test_goes_with_the_transaction_that_it_belongs_to(self, message: OutboxMessage) -> None:
        with transaction.atomic():
            put()
            transaction.set_rollback(True)
        assert list(OutboxMessage.objects.all()) == [message]


class TestAdmin:
    def test_shows_no_words_of_account_mails(self, message: OutboxMessage, admin_client: Client) -> None:
        """A link to a new password would let every reader of this page into every account."""
        other = OutboxMessage.objects.create(
            topic="mail", aggregate_key="user:1", payload={"template": "seen"}, created_at=NOW, available_at=NOW
        )
        pages = [
            admin_client.get(reverse("admin:notifications_outboxmessage_change", args=[row.pk])).content.decode()
            for row in (message, other)
        ]
        assert ["secret-1" in page for page in pages] == [False, False]
        assert ["seen" in page for page in pages] == [False, True]
        assert all("user:1" in page for page in pages)
        listed = admin_client.get(reverse("admin:notifications_outboxmessage_changelist")).content.decode()
        assert "secret-1" not in listed


@pytest.mark.django_db
class TestSignUpMails:
    def test_wait_in_the_outbox_without_a_worker(self, client: Client) -> None:
        """S4-16: the request is answered, the mail goes out when somebody delivers it."""
        get_user_model().objects.create_user("ann@example.com", "Row-Seat-Section-19")
        client.post(reverse("account_reset_password"), {"email": "ann@example.com"})
        assert mail.outbox == []
        message = OutboxMessage.objects.get(topic="account_mail")
        assert "ann" not in message.aggregate_key
        outbox_deliver(now=message.created_at, limit=10)
        assert [sent.to for sent in mail.outbox] == [["ann@example.com"]]
