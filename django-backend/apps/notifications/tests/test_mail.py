"""Mails: how they are made from their templates, and that each is whole and in order."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from allauth.core import context as allauth_context
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.sites.requests import RequestSite
from django.core import mail
from django.template.loader import get_template
from django.test import RequestFactory
from pytest_django import Settings

from apps.notifications.messages import MailText, mail_text
from apps.notifications.models import OutboxMessage
from apps.notifications.services.delivery import outbox_deliver
from apps.notifications.services.mail import mail_put_many
from apps.notifications.testing.factories import NOW
from apps.notifications.topics import NewMail

User = get_user_model()
CONTEXT: dict[str, Any] = {
    "event": "Cowboys & Friends at Eagles",
    "old_start": "Sunday, September 9, 2040, 1:00 PM EDT",
    "new_start": "Monday, October 1, 2040, 7:30 PM EDT",
    "old_venue": "Stadium",
    "new_venue": "Stadium",
    "note": "<script>alert(1)</script>",
    "listed": ["section 101, row A, seats 1 and 2"],
    "sold": ["section 101, row A, seat 3"],
    "payout": "80.00 USD",
    "redelivery": True,
}
TEMPLATES = ("event_postponed", "event_rescheduled", "event_cancelled")


@pytest.fixture
def pat(db: None) -> AbstractBaseUser:
    """A user with a name of their own."""
    return User.objects.create_user("pat@example.com", first_name="Pat <b>", last_name="O'Neil")


def put(user: AbstractBaseUser, template: str = "event_postponed") -> OutboxMessage:
    return mail_put_many(mails=[NewMail(user_id=user.id, template=template, context=CONTEXT)], now=NOW)[0]


class TestMailDeliver:
    def test_sends_text_and_html_to_the_user(self, pat: AbstractBaseUser) -> None:
        """S3-53."""
        message = put(pat)
        assert outbox_deliver(now=NOW, limit=10).delivered == 1
        (sent,) = mail.outbox
        assert (sent.to, sent.subject) == (["pat@example.com"], "Postponed: Cowboys & Friends at Eagles")
        assert sent.extra_headers["Message-ID"].startswith(f"<{message.id}@")
        assert sent.body.startswith("Hello Pat <b> O'Neil,\n\nCowboys & Friends at Eagles is postponed.")
        html, kind = sent.alternatives[0]
        assert kind == "text/html"
        assert "Pat &lt;b&gt; O&#x27;Neil" in html

    def test_goes_to_the_address_of_the_day(self, pat: AbstractBaseUser) -> None:
        put(pat)
        User.objects.filter(id=pat.id).update(email="new@example.com")
        outbox_deliver(now=NOW, limit=10)
        assert mail.outbox[0].to == ["new@example.com"]

    def test_gives_up_where_nobody_reads(self, pat: AbstractBaseUser) -> None:
        put(pat)
        User.objects.filter(id=pat.id).update(is_active=False)
        assert outbox_deliver(now=NOW, limit=10).dead == 1
        assert mail.outbox == []

    def test_gives_up_a_template_that_is_not_there(self, pat: AbstractBaseUser) -> None:
        put(pat, "no_such_template")
        assert outbox_deliver(now=NOW, limit=10).dead == 1

    def test_waits_for_a_mail_server(self, pat: AbstractBaseUser, settings: Any) -> None:
        """Nothing listens: the mail stays, and leaves when somebody does."""
        settings.EMAIL_BACKEND, settings.EMAIL_PORT = "django.core.mail.backends.smtp.EmailBackend", 1
        put(pat)
        assert outbox_deliver(now=NOW, limit=10).failed == 1
        settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
        assert outbox_deliver(now=NOW + timedelta(minutes=1), limit=10).delivered == 1
        assert len(mail.outbox) == 1


class TestTemplates:
    @pytest.mark.parametrize("template", TEMPLATES)
    def test_escape_what_people_typed(self, template: str) -> None:
        text = mail_text(template=template, context={**CONTEXT, "name": "Pat"})
        assert "<script>" not in text.html
        assert "&lt;script&gt;" in text.html
        assert "<script>alert(1)</script>" in text.text

    @pytest.mark.parametrize("template", TEMPLATES)
    def test_need_no_pictures_and_nothing_from_elsewhere(self, template: str) -> None:
        html = mail_text(template=template, context={**CONTEXT, "name": "Pat"}).html
        assert not any(word in html for word in ("<img", "<link", "<script", "src=", "url("))

    @pytest.mark.parametrize("template", TEMPLATES)
    def test_say_the_same_in_both_forms(self, template: str) -> None:
        text = mail_text(template=template, context={**CONTEXT, "name": "Pat"})
        for word in (
            "80.00 USD",
            "ection 101, row A, seats 1 and 2",
            "ection 101, row A, seat 3",
            CONTEXT["old_start"],
        ):
            assert word in text.text, word
            assert word in text.html, word
        assert "\n\n\n" not in text.text

    def test_ask_for_new_tickets_where_there_may_be_some(self) -> None:
        texts = [
            mail_text(template="event_rescheduled", context={**CONTEXT, "name": "Pat", "redelivery": redelivery}).text
            for redelivery in (True, False)
        ]
        assert ["deliver them again" in text for text in texts] == [True, False]


TEMPLATE_FOLDER = Path(settings.TEMPLATES[0]["DIRS"][0])
UNSUBSCRIBE = "https://tickets.example.com/mail/unsubscribe/token/"
SEAT = {"place": "section 101, row A, seat 1", "price": "100.00 USD", "commission": "20.00 USD", "payout": "80.00 USD"}
# What all templates ask for; each takes its own.
SAMPLE_CONTEXT: dict[str, Any] = {
    "name": "Pat O'Neil",
    "event": "Cowboys & Friends at Eagles",
    "start": "Sunday, September 9, 2040, 1:00 PM EDT",
    "venue": "Lincoln Financial Field",
    "old_start": "Sunday, September 9, 2040, 1:00 PM EDT",
    "new_start": "Monday, October 1, 2040, 7:30 PM EDT",
    "old_venue": "Lincoln Financial Field",
    "new_venue": "Franklin Field",
    "title": "New date and venue",
    "before": "Sunday, September 9, 2040, 1:00 PM EDT, Lincoln Financial Field",
    "after": "Monday, October 1, 2040, 7:30 PM EDT, Franklin Field",
    "same_date": False,
    "recalled": ["section 101, row B, seat 1"],
    "note": "<b>Snow</b>",
    "listed": ["section 101, row A, seats 1 and 2"],
    "pending": ["section 101, row C, seat 1"],
    "sold": ["section 101, row A, seat 3"],
    "seats": [SEAT, SEAT | {"place": "section 101, row A, seat 2"}],
    "payout": "160.00 USD",
    "due": "September 16, 2040",
    "due_reason": "seven days after the game.",
    "marketplace": "StubHub",
    "redelivery": True,
    "about": "Cowboys & Friends at Eagles and 16 more games",
    "team": "Philadelphia Eagles",
    "season": "NFL 2040",
    "place": "section 101, row A, seats 1 to 4",
    "reason": "<b>Snow</b>",
    "games": [
        {
            "event": "Cowboys & Friends at Eagles",
            "start": "Sunday, September 9, 2040, 1:00 PM EDT",
            "places": [
                {"place": "section 101, row A, seat 1", "price": "100.00 USD", "payout": "80.00 USD", "each": False},
                {
                    "place": "section 101, row A, seats 2 to 4",
                    "price": "90.00 USD",
                    "payout": "72.00 USD",
                    "each": True,
                },
            ],
        }
    ]
    * 3,
    "more": 14,
    "month": "October 2040",
    "counts": "2 seats sold, 1 sale void",
    "gross": "100.00",
    "commission": "20.00",
    "sign": 1,
    "lines": [
        {
            "is_void": is_void,
            "event": "Cowboys & Friends at Eagles",
            "place": "section 101, row A, seat 1",
            "on": "2040-10-01",
            "price": "100.00",
            "commission": "20.00",
            "payout": "80.00",
        }
        for is_void in (False, True)
    ],
}
LINK = "https://testserver/accounts/confirm-email/MQ:1tXyZ:abc-DEF_123/"
ACCOUNT_CONTEXT: dict[str, Any] = {
    "email": "ann+long-address@example.com",
    "activate_url": LINK,
    "password_reset_url": LINK,
    "signup_url": LINK,
    "from_email": "old@example.com",
    "to_email": "new@example.com",
    "deleted_email": "old@example.com",
    "ip": "192.0.2.1",
    "user_agent": "Mozilla/5.0 <script>alert(1)</script>",
    "timestamp": datetime(2040, 1, 1, 12, tzinfo=UTC),
}
WITH_LINK = {
    "account/email/email_confirmation",
    "account/email/email_confirmation_signup",
    "account/email/password_reset_key",
    "account/email/account_already_exists",
    "account/email/unknown_account",
}
NOTICES = {
    *(f"account/email/{name}" for name in ("email_changed", "email_confirm", "email_deleted")),
    *(f"account/email/{name}" for name in ("password_changed", "password_reset", "password_set")),
    *(f"mfa/email/{name}" for name in ("totp_activated", "totp_deactivated", "recovery_codes_generated")),
}


@pytest.fixture
def _strict(settings: Settings) -> None:
    """Show variables that a template asks for and does not get."""
    engine = settings.TEMPLATES[0]
    settings.TEMPLATES = [engine | {"OPTIONS": engine["OPTIONS"] | {"string_if_invalid": "MISSING(%s)"}}]


def mails() -> list[str]:
    """Return the names of all mails to holders, from their subjects."""
    folder = TEMPLATE_FOLDER / "emails"
    return sorted(path.name.removesuffix("_subject.txt") for path in folder.glob("*_subject.txt"))


def account_mail(prefix: str, **context: Any) -> MailText:
    """Return a mail of an account as the adapter writes it."""
    request = RequestFactory().get("/")
    with allauth_context.request_context(request):
        known = {"request": request, "current_site": RequestSite(request)}
        email = get_adapter().render_mail(prefix, "ann@example.com", known | ACCOUNT_CONTEXT | context)
    (html,) = [part.content for part in email.alternatives if part.mimetype == "text/html"]
    return MailText(subject=email.subject, text=email.body, html=html)


def assert_in_order(mail: MailText) -> None:
    assert mail.subject.strip()
    assert "\n" not in mail.subject
    assert mail.text.strip()
    assert mail.html.strip().startswith("<!DOCTYPE html>")
    assert mail.html.count("<h1") == 1
    assert re.search(r"<h1[^>]*>\s*\S", mail.html)
    assert not any(word in mail.html for word in ("<img", "<link", "<script", "src=", "url("))
    for kind in (mail.text, mail.html, mail.subject):
        assert "MISSING" not in kind
        assert "{{" not in kind
        assert "{%" not in kind


@pytest.mark.usefixtures("_strict")
class TestMailsToHolders:
    @pytest.mark.parametrize("template", mails())
    def test_are_in_order(self, template: str) -> None:
        mail = mail_text(template=template, context=SAMPLE_CONTEXT)
        assert_in_order(mail)
        assert "Hello Pat O&#x27;Neil," in mail.html
        assert "<b>Snow</b>" not in mail.html
        assert "Stop e-mails" not in mail.html + mail.text

    @pytest.mark.parametrize("template", mails())
    def test_say_how_to_stop_them(self, template: str) -> None:
        mail = mail_text(template=template, context=SAMPLE_CONTEXT | {"unsubscribe_url": UNSUBSCRIBE, "kind": "sales"})
        assert f'<a href="{UNSUBSCRIBE}"' in mail.html
        assert "Stop e-mails about sales" in mail.html
        assert f"Stop e-mails about sales: {UNSUBSCRIBE}\n" in mail.text


@pytest.mark.usefixtures("_strict")
class TestAccountMails:
    @pytest.mark.parametrize("prefix", sorted(WITH_LINK))
    def test_lead_where_their_text_leads(self, prefix: str) -> None:
        mail = account_mail(prefix)
        assert_in_order(mail)
        assert LINK in mail.text
        assert mail.html.count(f'href="{LINK}"') == 2  # the button, and the address for those without one
        assert "unsubscribe" not in mail.html

    @pytest.mark.parametrize("prefix", sorted(NOTICES))
    def test_say_where_a_change_came_from(self, prefix: str) -> None:
        mail = account_mail(prefix)
        assert_in_order(mail)
        assert "192.0.2.1" in mail.html
        assert "January 1, 2040, 12:00 UTC" in mail.html
        assert "&lt;script&gt;" in mail.html
        assert "unsubscribe" not in mail.html

    def test_have_html_each(self) -> None:
        """Every mail that has a template of ours is in one of the two lists above, and the other way round."""
        found = {
            f"{app}/email/{path.name.removesuffix('_message.html')}"
            for app in ("account", "mfa")
            for path in (TEMPLATE_FOLDER / app / "email").glob("*_message.html")
        }
        assert found - {"account/email/base"} == WITH_LINK | NOTICES
        for prefix in found - {"account/email/base"}:
            assert get_template(f"{prefix}_message.txt")
            assert get_template(f"{prefix}_subject.txt")
