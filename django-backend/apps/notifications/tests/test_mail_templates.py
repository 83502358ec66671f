"""Every mail of the product, rendered: a subject, a text and an HTML part that need nothing from elsewhere."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from allauth.account.adapter import get_adapter
from allauth.core import context as allauth_context
from django.conf import settings
from django.contrib.sites.requests import RequestSite
from django.template.loader import get_template
from django.test import RequestFactory
from pytest_django import Settings

from apps.notifications.messages import MailText, mail_text

TEMPLATES = Path(settings.TEMPLATES[0]["DIRS"][0])
UNSUBSCRIBE = "https://tickets.example.com/mail/unsubscribe/token/"
SEAT = {"place": "section 101, row A, seat 1", "price": "100.00 USD", "commission": "20.00 USD", "payout": "80.00 USD"}
# What all templates ask for; each takes its own.
CONTEXT: dict[str, Any] = {
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


@pytest.fixture(autouse=True)
def _strict(settings: Settings) -> None:
    """Show variables that a template asks for and does not get."""
    engine = settings.TEMPLATES[0]
    settings.TEMPLATES = [engine | {"OPTIONS": engine["OPTIONS"] | {"string_if_invalid": "MISSING(%s)"}}]


def mails() -> list[str]:
    """Return the names of all mails to holders, from their subjects."""
    folder = TEMPLATES / "emails"
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


class TestMailsToHolders:
    @pytest.mark.parametrize("template", mails())
    def test_are_in_order(self, template: str) -> None:
        mail = mail_text(template=template, context=CONTEXT)
        assert_in_order(mail)
        assert "Hello Pat O&#x27;Neil," in mail.html
        assert "<b>Snow</b>" not in mail.html
        assert "Stop e-mails" not in mail.html + mail.text

    @pytest.mark.parametrize("template", mails())
    def test_say_how_to_stop_them(self, template: str) -> None:
        mail = mail_text(template=template, context=CONTEXT | {"unsubscribe_url": UNSUBSCRIBE, "kind": "sales"})
        assert f'<a href="{UNSUBSCRIBE}"' in mail.html
        assert "Stop e-mails about sales" in mail.html
        assert f"Stop e-mails about sales: {UNSUBSCRIBE}\n" in mail.text


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
            for path in (TEMPLATES / app / "email").glob("*_message.html")
        }
        assert found - {"account/email/base"} == WITH_LINK | NOTICES
        for prefix in found - {"account/email/base"}:
            assert get_template(f"{prefix}_message.txt")
            assert get_template(f"{prefix}_subject.txt")
