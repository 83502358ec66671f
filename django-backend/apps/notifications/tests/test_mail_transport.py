"""Mails on their way, by SMTP and Mailgun, with what strangers try to put into them."""

import socket
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.mail import EmailMultiAlternatives
from django.core.signing import Signer
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from apps.common.ids import uuid7
from apps.common.testing.threads import at_once
from apps.notifications.enums import NoticeKind
from apps.notifications.models import MailOptOut, OutboxMessage
from apps.notifications.selectors import mail_preferences_of
from apps.notifications.services.account_mail import account_mail_put
from apps.notifications.services.delivery import Delivered, outbox_deliver
from apps.notifications.services.mail import address_mail_send, mail_put_many
from apps.notifications.services.mail_preferences import _SIGNER, mail_preferences_update, mail_token
from apps.notifications.testing.factories import NOW
from apps.notifications.testing.mail_servers import Mailgun, SmtpServer, free_port, mailgun, smtp_server
from apps.notifications.tests.listening import only
from apps.notifications.tests.test_mail import CONTEXT
from apps.notifications.topics import NewMail

ADDRESS = "pat@example.com"
SMTP_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
MAIL_CONTEXT: dict[str, Any] = {"event": "Team A at Team B", "note": "Snow", "listed": ["section 101, row A, seat 1"]}


@pytest.fixture
def message(db: None, settings: Settings) -> Iterator[OutboxMessage]:
    """A mail that waits, of a kind that the user has not switched off; topics of staff are nobody's here."""
    settings.SITE_URL = "https://tickets.example.com"
    user: AbstractBaseUser = get_user_model().objects.create_user(ADDRESS, first_name="Pat", last_name="O'Neil")
    mail = NewMail(user_id=user.pk, template="event_postponed", context=MAIL_CONTEXT, kind=NoticeKind.EVENTS)
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


User = get_user_model()
BREAKS = "\r\n", "\n", "\r", "\u2028", "\x85", "\x0b", "\r\n "
INJECTED = "Bcc: eve@example.com"


def send(settings: Settings, *, email: str = "pat@example.com", name: str = "Pat", event: str = "Eagles") -> SmtpServer:
    """Send a mail of a kind over SMTP and return the server that took it."""
    user = User.objects.create_user(email, first_name=name)
    with transaction.atomic():
        context = CONTEXT | {"event": event}
        mail_put_many(
            mails=[NewMail(user_id=user.id, template="event_postponed", context=context, kind=NoticeKind.EVENTS)],
            now=NOW,
        )
    with smtp_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        assert outbox_deliver(now=NOW, limit=10).delivered == 1
    return server


@pytest.mark.django_db
class TestHeaders:
    @pytest.mark.parametrize("line_break", BREAKS)
    def test_stay_ours_with_any_names_of_people_and_events(self, settings: Settings, line_break: str) -> None:
        """S3-53: a line break in a subject would begin a header, such as a Bcc to everybody."""
        nasty = f"Eagles{line_break}{INJECTED}{line_break}{line_break}<b>Hello"
        server = send(settings, name=nasty[:100], event=nasty)
        [sent] = server.mails
        assert server.recipients == ["pat@example.com"]
        assert sent["Bcc"] is None
        assert sent["Subject"] == f"Postponed: Eagles {INJECTED} <b>Hello"
        assert sent["To"] == "pat@example.com"
        assert sent.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]

    def test_of_answers_take_no_second_address(self) -> None:
        """The contact form names who is to be answered."""
        with pytest.raises(ValueError, match="newline"):
            address_mail_send(
                to="support@example.com",
                reply_to=f"a@example.com\n{INJECTED}",
                template="event_postponed",
                context=CONTEXT,
                message_id=uuid7(),
            )


@pytest.mark.django_db
class TestAddresses:
    def test_with_other_letters_arrive(self, settings: Settings) -> None:
        server = send(settings, email="pat@bücher.example", name="Zoë 🎟️ \u202eOlé")
        assert server.recipients == ["pat@xn--bcher-kva.example"]
        assert "Zoë 🎟️" in server.mails[0].get_body(("plain",)).get_content()

    def test_of_account_mails_are_the_one_they_were_written_for(self, settings: Settings) -> None:
        """The mail of a change of address goes to the new one, and to nobody in copy."""
        email = EmailMultiAlternatives("Confirm", "Go", to=["new@example.com"], cc=["eve@example.com"])
        with transaction.atomic():
            account_mail_put(user_key="user:1", email=email, now=NOW)
        with smtp_server() as server:
            settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
            settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
            outbox_deliver(now=NOW, limit=10)
        assert server.recipients == ["new@example.com"]


@pytest.mark.django_db
class TestTokens:
    @pytest.mark.parametrize(
        "about",
        [
            ["0190b8a0-0000-7000-8000-000000000001"],
            ["no id", "sales"],
            [1, "sales"],
            [None, None],
            ["0190b8a0-0000-7000-8000-000000000001", "account"],
            ["0190b8a0-0000-7000-8000-000000000001", "sales", "listings"],
            {"user": "sales"},
            {"0190b8a0-0000-7000-8000-000000000001": 1, "sales": 2, "x": 3},
            "ab",
            17,
            None,
        ],
    )
    def test_that_we_signed_about_something_else_are_404(self, client: Client, about: object) -> None:
        token = Signer(salt=_SIGNER).sign_object(about)  # type: ignore[arg-type]
        for response in (client.get(f"/mail/unsubscribe/{token}/"), client.post(f"/mail/unsubscribe/{token}/")):
            assert response.status_code == 404
        assert not MailOptOut.objects.exists()

    def test_of_one_person_and_kind_are_good_for_no_other(self, client: Client) -> None:
        pat, eve = (User.objects.create_user(f"{name}@example.com") for name in ("pat", "eve"))
        mine = mail_token(user_id=eve.id, kind=NoticeKind.SALES)
        body, _, signature = mail_token(user_id=pat.id, kind=NoticeKind.SALES).rpartition(":")
        for token in (f"{body}:{mine.rpartition(':')[2]}", f"{mine.rpartition(':')[0]}:{signature}", f"{body}:"):
            assert client.post(f"/mail/unsubscribe/{token}/").status_code == 404
        assert not MailOptOut.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestPreferencesAtOnce:
    def test_switched_off_by_ten_clicks_are_off_once(self) -> None:
        """A mail provider and an impatient person click together."""
        pat = User.objects.create_user("pat@example.com")

        def off(now: datetime = NOW) -> None:
            mail_preferences_update(user_id=pat.pk, wanted={NoticeKind.SALES: False}, now=now)

        assert at_once(*[off] * 10) == [None] * 10
        assert MailOptOut.objects.count() == 1
        assert mail_preferences_of(user_id=pat.pk)["sales"] is False

    def test_switched_on_and_off_are_one_of_both_and_nothing_fails(self) -> None:
        pat = User.objects.create_user("pat@example.com")

        def switch(is_wanted: bool) -> None:
            mail_preferences_update(user_id=pat.pk, wanted=dict.fromkeys(NoticeKind, is_wanted), now=NOW)

        jobs = [lambda wanted=wanted: switch(wanted) for wanted in (True, False) * 4]
        assert at_once(*jobs) == [None] * 8
        assert len(set(mail_preferences_of(user_id=pat.pk).values())) == 1
