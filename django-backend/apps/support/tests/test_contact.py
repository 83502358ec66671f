"""The contact form: what is stored, who is notified, and what staff do with it."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

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
from apps.users.models import User
from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import staff_group_member

pytestmark = pytest.mark.django_db


NASTY = "<!channel> *bold* & <https://evil.example.com|click> <b>x</b>"


@pytest.fixture
def support(settings: Settings) -> Settings:
    """Settings with an address of support."""
    settings.SUPPORT_EMAIL = "support@example.com"
    return settings


def receive(**given: Any) -> ContactMessage | None:
    fields = {"user_id": None, "name": "Ann", "email": "ann@example.com", "subject": "Parking", "message": "Where?"}
    return contact_message_receive(**fields | {"trap": "", "now": NOW} | given)  # type: ignore[arg-type]


@pytest.mark.usefixtures("support")
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

    def test_is_shown_in_slack_letter_by_letter(self, slack: LocalSlack) -> None:
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


@pytest.mark.usefixtures("support")
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


@pytest.mark.usefixtures("support")
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


PATH = "/api/v1/contact-us/"
GIVEN: dict[str, Any] = {
    "name": "Ann Fan",
    "email": "ann@example.com",
    "subject": "Parking",
    "message": "Where may I park?\n\nAnn",
}


@pytest.fixture
def support_address(settings: Settings) -> Settings:
    """Settings with an address of support."""
    settings.SUPPORT_EMAIL = "support@example.com"
    settings.STT_NOTIFICATIONS_CHANNEL_ID = "C0TRIAGE01"
    return settings


def rows() -> tuple[int, int, int]:
    return ContactMessage.objects.count(), OutboxMessage.objects.count(), SlackMessage.objects.count()


@pytest.mark.usefixtures("support_address")
class TestContact:
    def test_is_open_to_everybody(self) -> None:
        """S3-49: stored, to be mailed and to be shown in Slack."""
        answer = APIClient().post(PATH, GIVEN)
        assert (answer.status_code, answer.json()) == (201, {"detail": "Thank you. We answer by e-mail."})
        contact = ContactMessage.objects.get()
        assert {name: getattr(contact, name) for name in GIVEN} == GIVEN
        assert (contact.user, contact.answered_at) == (None, None)
        assert sorted(OutboxMessage.objects.values_list("topic", flat=True)) == ["slack", "support.contact_message"]

    def test_knows_who_is_signed_in(self) -> None:
        user, client = UserFactory(), APIClient()
        client.force_authenticate(user)
        assert client.post(PATH, GIVEN).status_code == 201
        assert ContactMessage.objects.get().user == user

    def test_costs_few_queries(self, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        client = APIClient()
        with django_assert_num_queries(6):  # four rows, and the transaction around them
            client.post(PATH, GIVEN)

    def test_makes_one_line_of_name_and_subject(self) -> None:
        given = GIVEN | {"name": " Ann \n Fan ", "subject": "Parking\r\nBcc: all@example.com"}
        assert APIClient().post(PATH, given).status_code == 201
        contact = ContactMessage.objects.get()
        assert (contact.name, contact.subject) == ("Ann Fan", "Parking Bcc: all@example.com")

    def test_keeps_nothing_that_turns_our_words(self) -> None:
        """The mail goes on behind the name, `… wrote through the contact form`, and would be read backwards."""
        given = GIVEN | {"name": "Ann \u202eFan\u2066", "subject": "\u202eParking", "message": "שלום, Ann"}
        assert APIClient().post(PATH, given).status_code == 201
        contact = ContactMessage.objects.get()
        assert (contact.name, contact.subject, contact.message) == ("Ann Fan", "Parking", "שלום, Ann")

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "\u202e \u2066"),
            ("name", " \n "),
            ("name", "x" * 101),
            ("name", None),
            ("email", "nobody"),
            ("email", "a@example.com\nBcc: b@example.com"),
            ("email", "x" * 250 + "@example.com"),
            ("subject", "x" * 151),
            ("subject", "\0"),
            ("message", ""),
            ("message", "x" * 4_001),
            ("message", {"a": 1}),
            ("website", ["x"]),
        ],
    )
    def test_names_the_field_that_is_wrong(self, field: str, value: object) -> None:
        answer = APIClient().post(PATH, GIVEN | {field: value})
        assert answer.status_code == 400
        assert [error["attr"] for error in answer.json()["errors"]] == [field]
        assert rows() == (0, 0, 0)

    def test_names_all_that_is_missing(self) -> None:
        answer = APIClient().post(PATH, {})
        assert {error["attr"] for error in answer.json()["errors"]} == {"name", "email", "subject", "message"}

    def test_takes_the_largest(self) -> None:
        given = GIVEN | {"name": "n" * 100, "subject": "<" * 150, "message": "&" * 4_000}
        assert APIClient().post(PATH, given).status_code == 201
        assert rows() == (1, 2, 1)

    @pytest.mark.parametrize("website", ["x", "https://spam.example.com/" + "x" * 500])
    def test_thanks_a_program_and_keeps_nothing(
        self, website: str, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        """S3-49: who fills the hidden field learns nothing from the answer."""
        client = APIClient()
        usual = client.post(PATH, GIVEN).json()
        before = rows()
        answer = client.post(PATH, GIVEN | {"website": website})
        assert (answer.status_code, answer.json()) == (201, usual)
        assert rows() == before
        assert client.post(PATH, GIVEN | {"website": " "}).status_code == 201
        assert rows() != before

    def test_cannot_be_read(self) -> None:
        assert APIClient().get(PATH).status_code == 405


@pytest.mark.usefixtures("support_address")
class TestLimits:
    @pytest.fixture(autouse=True)
    def rates(self, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
        """The rates of production, at a fixed time."""
        settings.CONTACT_THROTTLES = {"anon": (5, 3_600), "user": (20, 86_400)}
        settings.API_THROTTLES = {"anon": (1, 3_600), "user": (1, 3_600)}
        monkeypatch.setattr("apps.common.throttling.time", lambda: 1_800_014_460.0)
        cache.clear()

    def test_are_five_an_hour_for_an_address(self) -> None:
        answers = [APIClient().post(PATH, GIVEN) for _ in range(6)]
        assert [answer.status_code for answer in answers] == [201] * 5 + [429]
        assert int(answers[-1].headers["Retry-After"]) <= 3_600
        assert ContactMessage.objects.count() == 5
        other = APIClient().post(PATH, GIVEN, headers={"X-Forwarded-For": "198.51.100.2"})
        assert other.status_code == 201

    def test_are_twenty_a_day_for_a_user(self) -> None:
        """Wherever they are; another user is not concerned, and the API's own limit counts apart."""
        client, other = APIClient(), APIClient()
        client.force_authenticate(UserFactory())
        other.force_authenticate(UserFactory())
        assert [client.post(PATH, GIVEN).status_code for _ in range(21)] == [201] * 20 + [429]
        assert other.post(PATH, GIVEN).status_code == 201
        assert APIClient().get("/api/v1/timezones/").status_code == 200

    def test_count_what_is_refused(self) -> None:
        assert [APIClient().post(PATH, {}).status_code for _ in range(6)] == [400] * 5 + [429]


LIST = "admin:support_contactmessage_changelist"


@pytest.fixture
def staff(client: Client) -> User:
    """A member of staff, signed in."""
    user = staff_group_member()
    client.force_login(user)
    return user


class TestPages:
    def test_show_messages(self, client: Client, staff: User) -> None:
        contact = ContactMessageFactory(message="<script>alert(1)</script>")
        page = client.get(reverse(LIST))
        assert "Parking" in page.content.decode()
        detail = reverse("admin:support_contactmessage_change", args=[contact.id])
        text = client.get(detail).content.decode()
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert(1)" not in text

    def test_list_costs_the_same_for_many(self, client: Client, staff: User) -> None:
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        counts = []
        for _ in range(2):
            for _ in range(4):
                ContactMessageFactory(answered_by=UserFactory(), answered_at="2026-11-21T12:00Z")
            with CaptureQueriesContext(connection) as queries:
                assert client.get(reverse(LIST)).status_code == 200
            counts.append(len(queries))
        assert counts[0] == counts[1]

    def test_marks_messages_as_answered(self, client: Client, staff: User) -> None:
        contact = ContactMessageFactory()
        data = {"action": "mark_answered", "_selected_action": [str(contact.id)]}
        for words in ("1 message marked as answered.", "1 message had been answered before."):
            page = client.post(reverse(LIST), data, follow=True)
            assert words in page.content.decode()
        contact.refresh_from_db()
        assert contact.answered_by == staff
        assert contact.answered_at
