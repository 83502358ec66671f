"""Mails through the outbox: who gets them, what they say, and that nothing in them is markup of somebody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core import mail

from apps.notifications.messages import mail_text
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
