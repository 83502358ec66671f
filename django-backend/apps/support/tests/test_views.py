"""The contact form over HTTP."""

from typing import Any

import pytest
from django.core.cache import cache
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from apps.notifications.models import OutboxMessage, SlackMessage
from apps.support.models import ContactMessage
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db
PATH = "/api/v1/contact-us/"
GIVEN: dict[str, Any] = {
    "name": "Ann Fan",
    "email": "ann@example.com",
    "subject": "Parking",
    "message": "Where may I park?\n\nAnn",
}


@pytest.fixture(autouse=True)
def support(settings: Settings) -> Settings:
    """Settings with an address of support."""
    settings.SUPPORT_EMAIL = "support@example.com"
    settings.STT_NOTIFICATIONS_CHANNEL_ID = "C0TRIAGE01"
    return settings


def rows() -> tuple[int, int, int]:
    return ContactMessage.objects.count(), OutboxMessage.objects.count(), SlackMessage.objects.count()


class TestContact:
    def test_is_open_to_everybody(self) -> None:
        """S3-49: stored, to be mailed and to be told in Slack."""
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
