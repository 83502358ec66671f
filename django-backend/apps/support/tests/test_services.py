"""What becomes of a message: mail, Slack, answer, deletion."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from pytest_django import Settings

from apps.common.testing.acts import act_of
from apps.common.testing.local_slack import LocalSlack
from apps.common.testing.queries import queries_of
from apps.notifications.models import OutboxMessage, SlackMessage
from apps.notifications.services.delivery import outbox_deliver
from apps.support import services
from apps.support.messages import contact_words
from apps.support.models import ContactMessage
from apps.support.services import (
    contact_message_receive,
    contact_messages_answer,
    contact_messages_purge,
)
from apps.support.tasks import purge_contact_messages
from apps.support.testing.factories import NOW, ContactMessageFactory
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db
NASTY = "<!channel> *bold* & <https://evil.example.com|click> <b>x</b>"


@pytest.fixture(autouse=True)
def support(settings: Settings) -> Settings:
    """Settings with an address of support."""
    settings.SUPPORT_EMAIL = "support@example.com"
    return settings


def receive(**given: Any) -> ContactMessage | None:
    fields = {"user_id": None, "name": "Ann", "email": "ann@example.com", "subject": "Parking", "message": "Where?"}
    return contact_message_receive(**fields | {"trap": "", "now": NOW} | given)  # type: ignore[arg-type]


class TestReceive:
    def test_is_mailed_to_support_with_the_address_to_answer(
        self, mailoutbox: list[EmailMultiAlternatives], slack: LocalSlack
    ) -> None:
        """S3-49: escaped in HTML, the subject in one line, nothing twice."""
        receive(subject=NASTY, message=f"{NASTY}\n\nAnn", name="Ann <Fan>")
        assert outbox_deliver(now=NOW, limit=10).delivered == 2
        assert outbox_deliver(now=NOW + timedelta(days=1), limit=10).claimed == 0
        [mail] = mailoutbox
        assert (mail.to, mail.reply_to) == (["support@example.com"], ["ann@example.com"])
        assert mail.subject == f"Contact: {NASTY}"
        assert NASTY in str(mail.body)
        html = str(mail.alternatives[0][0])
        assert "<b>x</b>" not in html
        assert "&lt;b&gt;x&lt;/b&gt;" in html
        assert f"{ContactMessage.objects.get().id}" in html

    def test_is_told_in_slack_letter_by_letter(self, slack: LocalSlack) -> None:
        receive(subject=NASTY, message="m" * 2_000, name=NASTY)
        outbox_deliver(now=NOW, limit=10)
        message = SlackMessage.objects.get()
        assert message.posted_at
        text = str(message.blocks)
        assert "<!channel>" not in text
        assert "<https" not in text
        assert "mmm…" in text
        assert "m" * 1_500 not in text
        assert "ann@example.com" not in text

    def test_names_nobody_in_the_text_that_may_go_to_the_log(self) -> None:
        """S0-15."""
        words = contact_words(ContactMessageFactory.build(name="Ann", subject="Parking"))
        assert "contact" in words.text.lower(), words.text
        assert "Ann" not in words.text
        assert "Parking" not in words.text

    def test_without_an_address_of_support_sends_no_mail(self, support: Settings) -> None:
        support.SUPPORT_EMAIL = ""
        receive()
        assert list(OutboxMessage.objects.values_list("topic", flat=True)) == ["slack"]

    def test_keeps_only_the_id_in_the_outbox(self) -> None:
        contact = receive()
        assert contact
        message = OutboxMessage.objects.get(topic="support.contact_message")
        assert message.payload == {"contact_message_id": str(contact.id)}

    def test_is_not_mailed_when_it_is_gone_or_support_is(
        self, support: Settings, mailoutbox: list[Any], slack: LocalSlack
    ) -> None:
        receive()
        ContactMessage.objects.all().delete()
        assert outbox_deliver(now=NOW, limit=10).delivered == 2
        receive()
        support.SUPPORT_EMAIL = ""
        assert outbox_deliver(now=NOW, limit=10).delivered == 2
        assert mailoutbox == []

    def test_is_all_or_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(**_: Any) -> None:
            raise LookupError

        monkeypatch.setattr(services, "slack_put", fail)
        with pytest.raises(LookupError):
            receive()
        assert not ContactMessage.objects.exists()
        assert not OutboxMessage.objects.exists()


class TestAnswer:
    def test_notes_who_and_when_once(self) -> None:
        sam, kim = UserFactory(), UserFactory()
        contact, other = ContactMessageFactory(), ContactMessageFactory()
        assert contact_messages_answer(message_ids=[contact.id], act=act_of(sam, now=NOW)) == 1
        later = NOW + timedelta(hours=1)
        assert contact_messages_answer(message_ids=[contact.id, other.id], act=act_of(kim, now=later)) == 1
        contact.refresh_from_db()
        other.refresh_from_db()
        assert (contact.answered_by, contact.answered_at) == (sam, NOW)
        assert (other.answered_by, other.answered_at) == (kim, later)

    def test_stays_when_the_colleague_leaves(self) -> None:
        sam, contact = UserFactory(), ContactMessageFactory()
        contact_messages_answer(message_ids=[contact.id], act=act_of(sam, now=NOW))
        sam.delete()
        contact.refresh_from_db()
        assert (contact.answered_by, contact.answered_at) == (None, NOW)

    def test_costs_the_same_for_many(self) -> None:
        sam, counts = UserFactory(), []
        for number in (1, 5):
            ids = [ContactMessageFactory().id for _ in range(number)]
            counts.append(queries_of(partial(contact_messages_answer, message_ids=ids, act=act_of(sam, now=NOW))))
        assert counts[0] == counts[1]


class TestPurge:
    def test_deletes_after_a_year(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(services, "PURGE_BATCH", 2)
        year = timedelta(days=365)
        for _ in range(5):
            ContactMessageFactory(received_at=NOW - year)
        kept = ContactMessageFactory(received_at=NOW - year + timedelta(seconds=1))
        assert contact_messages_purge(now=NOW) == 5
        assert list(ContactMessage.objects.all()) == [kept]

    def test_is_a_task(self) -> None:
        ContactMessageFactory(received_at=timezone.now() - timedelta(days=366))
        assert purge_contact_messages() == 1
