"""Mails on their way out: real SMTP on loopback, a stand-in of Mailgun, and what becomes of mails that they refuse."""

import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from pytest_django import Settings

from apps.notifications.enums import NoticeKind
from apps.notifications.models import OutboxMessage
from apps.notifications.services.delivery import Delivered, outbox_deliver
from apps.notifications.services.mail import mail_put_many
from apps.notifications.testing.factories import NOW
from apps.notifications.testing.mail_servers import Mailgun, SmtpServer, free_port, mailgun, smtp_server
from apps.notifications.tests.listening import only
from apps.notifications.topics import NewMail

ADDRESS = "pat@example.com"
SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
CONTEXT: dict[str, Any] = {"event": "Team A at Team B", "note": "Snow", "listed": ["section 101, row A, seat 1"]}


@pytest.fixture
def message(db: None, settings: Settings) -> Iterator[OutboxMessage]:
    """A mail that waits, of a kind that the user has not switched off; topics of staff are nobody's here."""
    settings.SITE_URL = "https://tickets.example.com"
    user: AbstractBaseUser = get_user_model().objects.create_user(ADDRESS, first_name="Pat", last_name="O'Neil")
    mail = NewMail(user_id=user.pk, template="event_postponed", context=CONTEXT, kind=NoticeKind.EVENTS)
    with only("mail"):
        yield mail_put_many(mails=[mail], now=NOW)[0]


@pytest.fixture
def by_smtp(settings: Settings) -> Iterator[SmtpServer]:
    """A mail server to which mail goes."""
    with smtp_server() as server:
        use_smtp(settings, server.port)
        yield server


def use_smtp(settings: Settings, port: int) -> None:
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = SMTP_BACKEND, "127.0.0.1", port
    settings.EMAIL_TIMEOUT = 5


def use_mailgun(settings: Settings, service: Mailgun) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.mailgun.EmailBackend"
    settings.ANYMAIL = {
        "MAILGUN_API_KEY": "key-1",
        "MAILGUN_SENDER_DOMAIN": "mg.example.com",
        "MAILGUN_API_URL": service.url,
        "REQUESTS_TIMEOUT": 5,
    }


def deliver() -> Delivered:
    return outbox_deliver(now=NOW, limit=10)


def assert_waits(message: OutboxMessage, *words: str) -> None:
    """The row is there for a later attempt, and its error names nobody."""
    message.refresh_from_db()
    assert (message.delivered_at, message.dead_at, message.claimed_at) == (None, None, None)
    assert NOW < message.available_at <= NOW + timedelta(hours=1)
    assert ADDRESS not in message.last_error
    for word in words:
        assert word in message.last_error


class TestSmtp:
    def test_gets_text_html_and_the_way_out(self, message: OutboxMessage, by_smtp: SmtpServer) -> None:
        """S4-12, RFC 2369, RFC 8058."""
        assert deliver().delivered == 1
        (mail,) = by_smtp.mails
        assert by_smtp.recipients == [ADDRESS]
        assert (mail["To"], mail["Subject"]) == (ADDRESS, "Postponed: Team A at Team B")
        assert mail["From"] == "Season Tickets Tech <noreply@localhost>"
        assert mail["Message-ID"].startswith(f"<{message.id}@")
        link = str(mail["List-Unsubscribe"]).strip(" <>")
        assert link.startswith("https://tickets.example.com/mail/unsubscribe/")
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail.get_content_type() == "multipart/alternative"
        text, html = mail.get_body(("plain",)), mail.get_body(("html",))
        assert text is not None
        assert html is not None
        assert f"Stop e-mails about events: {link}" in text.get_content()
        assert f'href="{link}"' in html.get_content()

    def test_gets_the_same_message_id_when_it_is_sent_again(self, message: OutboxMessage, by_smtp: SmtpServer) -> None:
        deliver()
        OutboxMessage.objects.update(delivered_at=None)  # as if the worker had died before it could mark it
        assert deliver().delivered == 1
        first, second = by_smtp.mails
        assert first["Message-ID"] == second["Message-ID"]

    def test_is_tried_again_when_it_is_busy(self, message: OutboxMessage, by_smtp: SmtpServer) -> None:
        by_smtp.answer = f"451 {ADDRESS} later"
        assert deliver().failed == 1
        assert_waits(message, "SMTPRecipientsRefused")
        by_smtp.answer = "250 OK"
        assert outbox_deliver(now=NOW + timedelta(hours=1), limit=10).delivered == 1
        assert len(by_smtp.mails) == 1

    def test_is_believed_when_it_does_not_know_the_address(self, message: OutboxMessage, by_smtp: SmtpServer) -> None:
        by_smtp.answer = f"550 {ADDRESS}: no such mailbox"
        assert deliver().dead == 1
        message.refresh_from_db()
        assert message.last_error.startswith("message_undeliverable")
        assert ADDRESS not in message.last_error

    def test_is_tried_again_when_it_is_not_there(self, message: OutboxMessage, settings: Settings) -> None:
        use_smtp(settings, free_port())
        assert deliver().failed == 1
        assert_waits(message, "ConnectionRefusedError")

    def test_is_not_waited_for_when_it_hangs(self, message: OutboxMessage, settings: Settings) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            use_smtp(settings, silent.getsockname()[1])
            settings.EMAIL_TIMEOUT = 0.2
            assert deliver().failed == 1
        assert_waits(message, "smtplib.SMTPServerDisconnected")

    def test_bounds_every_wait_by_default(self, settings: Settings) -> None:
        assert settings.EMAIL_TIMEOUT == settings.ANYMAIL["REQUESTS_TIMEOUT"] == 10


class TestMailgun:
    def test_gets_the_mail_by_its_api(self, message: OutboxMessage, settings: Settings) -> None:
        """S2-21."""
        with mailgun() as service:
            use_mailgun(settings, service)
            assert deliver().delivered == 1
        (request,) = service.requests
        assert (request["path"], request["auth"]) == ("/v3/mg.example.com/messages", "api:key-1")
        fields = request["fields"]
        assert (fields["to"], fields["subject"]) == (ADDRESS, "Postponed: Team A at Team B")
        assert fields["from"] == "Season Tickets Tech <noreply@localhost>"
        assert "is postponed" in fields["text"]
        assert "<html" in fields["html"]
        assert fields["h:Message-Id"].startswith(f"<{message.id}@")
        assert fields["h:List-Unsubscribe"].startswith("<https://tickets.example.com/mail/unsubscribe/")
        assert fields["h:List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"

    @pytest.mark.parametrize("status", [400, 401, 404, 429, 500])
    def test_loses_no_mail_by_refusing_it(self, message: OutboxMessage, settings: Settings, status: int) -> None:
        """S2-21: the row waits for another attempt; Mailgun quotes the address, we do not."""
        with mailgun(status=status) as service:
            use_mailgun(settings, service)
            assert deliver().failed == 1
        assert_waits(message, "AnymailRequestsAPIError")
        assert len(service.requests) == 1

    @pytest.mark.parametrize(("asked", "seconds"), [("900", 900), ("99999999", 86_400)])
    def test_is_left_alone_for_as_long_as_it_asks(
        self, message: OutboxMessage, settings: Settings, asked: str, seconds: int
    ) -> None:
        with mailgun(status=429, headers={"Retry-After": asked}) as service:
            use_mailgun(settings, service)
            assert deliver().failed == 1
        message.refresh_from_db()
        assert timedelta(0) <= message.available_at - NOW - timedelta(seconds=seconds) < timedelta(minutes=1)
        assert message.last_error.startswith("delivery_delayed")

    def test_loses_no_mail_by_hanging(self, message: OutboxMessage, settings: Settings) -> None:
        with mailgun(hangs=True) as service:
            use_mailgun(settings, service)
            settings.ANYMAIL = settings.ANYMAIL | {"REQUESTS_TIMEOUT": 0.2}
            assert deliver().failed == 1
        assert_waits(message, "AnymailRequestsAPIError")
