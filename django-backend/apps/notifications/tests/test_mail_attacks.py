"""Words and addresses that are made to break out of a mail, sent to a real server."""

from datetime import datetime

import pytest
from django.contrib.auth import get_user_model
from django.core.mail import EmailMultiAlternatives
from django.core.signing import Signer
from django.db import transaction
from django.test import Client
from pytest_django import Settings

from apps.common.ids import uuid7
from apps.common.testing.threads import at_once
from apps.notifications.enums import NoticeKind
from apps.notifications.models import MailOptOut
from apps.notifications.selectors import mail_preferences_of
from apps.notifications.services.account_mail import account_mail_put
from apps.notifications.services.delivery import outbox_deliver
from apps.notifications.services.mail import address_mail_send, mail_put_many
from apps.notifications.services.mail_preferences import _SIGNER, mail_preferences_update, mail_token
from apps.notifications.testing.factories import NOW
from apps.notifications.testing.mail_servers import SmtpServer, smtp_server
from apps.notifications.tests.test_mail import CONTEXT
from apps.notifications.topics import NewMail

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
    def test_stay_ours_whatever_names_and_events_are_called(self, settings: Settings, line_break: str) -> None:
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
