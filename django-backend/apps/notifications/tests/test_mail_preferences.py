"""Which mails people get: by the API, by the link in a mail, and what a mail does that is not wanted."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.base_user import AbstractBaseUser
from django.core import mail
from django.core.signing import Signer, b64_decode
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings
from rest_framework.test import APIClient

from apps.common.testing.clients import browser_of
from apps.notifications.enums import NoticeKind
from apps.notifications.models import MailOptOut, OutboxMessage
from apps.notifications.services.delivery import outbox_deliver
from apps.notifications.services.mail import mail_put_many
from apps.notifications.services.mail_preferences import (
    mail_preferences_update,
    mail_token,
    mail_token_use,
    unsubscribe_url,
)
from apps.notifications.testing.factories import NOW
from apps.notifications.testing.stories import staff_member
from apps.notifications.topics import NewMail

User = get_user_model()
URL = "/api/v1/notifications/preferences/"
ALL_ON = {"season_tickets": True, "listings": True, "sales": True, "events": True, "statements": True}
CONTEXT = {"event": "Team A at Team B", "note": "Snow", "listed": ["section 101, row A, seat 1"]}
pytestmark = pytest.mark.django_db


@pytest.fixture
def pat() -> AbstractBaseUser:
    return User.objects.create_user("pat@example.com", first_name="Pat")


@pytest.fixture
def api(pat: AbstractBaseUser) -> APIClient:
    client = APIClient()
    client.force_authenticate(pat)
    return client


def switch_off(user: AbstractBaseUser, *kinds: NoticeKind) -> None:
    mail_preferences_update(user_id=user.pk, wanted=dict.fromkeys(kinds, False), now=NOW)


def off(user: AbstractBaseUser) -> set[str]:
    return set(MailOptOut.objects.filter(user=user.pk).values_list("kind", flat=True))


class TestApi:
    def test_begins_with_everything_on(self, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        """S3-53."""
        with django_assert_num_queries(1):
            assert api.get(URL).json() == ALL_ON

    def test_changes_what_is_sent(self, api: APIClient, pat: AbstractBaseUser) -> None:
        """S3-53: per-holder preferences."""
        answer = api.patch(URL, {"sales": False, "events": False})
        assert (answer.status_code, answer.json()) == (200, ALL_ON | {"sales": False, "events": False})
        answer = api.patch(URL, {"sales": True, "listings": False})
        assert answer.json() == ALL_ON | {"listings": False, "events": False} == api.get(URL).json()
        assert off(pat) == {"listings", "events"}

    def test_writes_with_one_delete_and_one_insert(
        self, api: APIClient, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        with django_assert_num_queries(5):  # savepoint, DELETE, INSERT, its end, the answer
            api.patch(URL, {"season_tickets": True, "listings": True, "sales": False, "events": False})

    def test_bears_being_repeated(self, api: APIClient, pat: AbstractBaseUser) -> None:
        for _ in range(2):
            assert api.patch(URL, {"sales": False}).status_code == 200
        assert off(pat) == {"sales"}
        assert api.patch(URL, {}).json() == ALL_ON | {"sales": False}

    @pytest.mark.parametrize("value", ["true", "yes", 1, 0, None, [], {}, 1.0])
    def test_takes_nothing_but_true_and_false(self, api: APIClient, pat: AbstractBaseUser, value: Any) -> None:
        answer = api.patch(URL, {"listings": False, "sales": value})
        assert answer.status_code == 400
        assert [error["attr"] for error in answer.json()["errors"]] == ["sales"]
        assert off(pat) == set()

    def test_names_kinds_that_do_not_exist(self, api: APIClient, pat: AbstractBaseUser) -> None:
        answer = api.patch(URL, {"listings": False, "sale": False, "payouts": False})
        assert answer.status_code == 400
        assert {(e["attr"], e["code"]) for e in answer.json()["errors"]} == {
            ("sale", "unknown"),
            ("payouts", "unknown"),
        }
        assert off(pat) == set()

    def test_is_for_oneself_alone(self, api: APIClient) -> None:
        other = User.objects.create_user("other@example.com")
        switch_off(other, NoticeKind.SALES)
        assert api.get(URL).json() == ALL_ON
        api.patch(URL, {"sales": True, "events": False})
        assert off(other) == {"sales"}


class TestDelivery:
    def put(self, user: AbstractBaseUser, kind: NoticeKind | None = NoticeKind.EVENTS) -> OutboxMessage:
        new = NewMail(user_id=user.pk, template="event_postponed", context=CONTEXT, kind=kind)
        return mail_put_many(mails=[new], now=NOW)[0]

    def test_sends_no_mail_that_was_switched_off_meanwhile(self, pat: AbstractBaseUser) -> None:
        """S3-53: what counts is the moment of sending."""
        message = self.put(pat)
        switch_off(pat, NoticeKind.EVENTS)
        assert outbox_deliver(now=NOW, limit=10).delivered == 1
        message.refresh_from_db()
        assert message.delivered_at is not None
        assert message.last_error == ""
        assert mail.outbox == []

    def test_sends_the_other_kinds(self, pat: AbstractBaseUser) -> None:
        switch_off(pat, NoticeKind.SALES)
        switch_off(User.objects.create_user("other@example.com"), NoticeKind.EVENTS)
        self.put(pat)
        outbox_deliver(now=NOW, limit=10)
        assert len(mail.outbox) == 1

    def test_sends_rows_from_before_there_were_kinds(self, pat: AbstractBaseUser) -> None:
        message = self.put(pat, kind=None)
        assert set(message.payload) == {"user_id", "template", "context"}
        switch_off(pat, *NoticeKind)
        assert outbox_deliver(now=NOW, limit=10).delivered == 1
        (sent,) = mail.outbox
        assert "List-Unsubscribe" not in sent.extra_headers
        assert "Stop e-mails" not in sent.body

    def test_names_a_link_that_works(self, pat: AbstractBaseUser, settings: Settings) -> None:
        settings.SITE_URL = "http://testserver"
        self.put(pat)
        outbox_deliver(now=NOW, limit=10)
        link = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>")
        assert Client().post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert off(pat) == {"events"}


class TestLinks:
    @pytest.fixture
    def link(self, pat: AbstractBaseUser) -> str:
        return reverse("mail_unsubscribe", args=[mail_token(user_id=pat.pk, kind=NoticeKind.SALES)])

    def test_change_nothing_when_they_are_only_followed(self, link: str, pat: AbstractBaseUser) -> None:
        """Mail scanners follow links."""
        page = Client().get(link)
        assert page.status_code == 200
        assert page["Cache-Control"].startswith("max-age=0")
        assert "Stop these e-mails" in page.content.decode()
        assert off(pat) == set()

    def test_switch_off_with_one_click_and_no_cookie(self, link: str, pat: AbstractBaseUser) -> None:
        """RFC 8058: the post comes from the mail server, with no page of ours before it; twice does no harm."""
        client = Client(enforce_csrf_checks=True)
        for _ in range(2):
            page = client.post(link, {"List-Unsubscribe": "One-Click"})
            assert page.status_code == 200
            assert "You will get no more e-mails about sales" in page.content.decode()
        assert off(pat) == {"sales"}

    def test_offer_the_way_back(self, link: str, pat: AbstractBaseUser) -> None:
        client = Client(enforce_csrf_checks=True)
        back = link.replace("/unsubscribe/", "/resubscribe/")
        assert f'action="{back}"' in client.post(link).content.decode()
        assert "Do you want e-mails about sales again" in client.get(back).content.decode()
        assert off(pat) == {"sales"}
        assert "You will get e-mails about sales again" in client.post(back).content.decode()
        assert off(pat) == set()

    def test_hold_neither_address_nor_name(self, link: str, pat: AbstractBaseUser) -> None:
        """What is signed can be read by everybody who sees the address."""
        signed = link.split("/")[-2].partition(":")[0]
        assert json.loads(b64_decode(signed.encode())) == [str(pat.pk), "sales"]

    @pytest.mark.parametrize("method", ["get", "post"])
    @pytest.mark.parametrize("page", ["mail_unsubscribe", "mail_resubscribe"])
    def test_that_are_not_ours_lead_nowhere(self, pat: AbstractBaseUser, page: str, method: str) -> None:
        good = mail_token(user_id=pat.pk, kind=NoticeKind.SALES)
        for token in ("x", "a:b", good[:-1], f"{good}x", good.replace(":", "."), "é"):
            assert getattr(Client(), method)(reverse(page, args=[token])).status_code == 404, token
        assert off(pat) == set()

    def test_of_people_who_are_gone_lead_nowhere(self) -> None:
        token = mail_token(user_id=uuid4(), kind=NoticeKind.SALES)
        assert Client().post(reverse("mail_unsubscribe", args=[token])).status_code == 404

    def test_are_not_taken_from_other_signatures(self, pat: AbstractBaseUser) -> None:
        token = Signer(salt="another").sign_object([str(pat.pk), "sales"])
        assert Client().post(reverse("mail_unsubscribe", args=[token])).status_code == 404

    def test_stand_below_the_address_of_the_site(self, pat: AbstractBaseUser, settings: Settings) -> None:
        settings.SITE_URL = "https://tickets.example.com"
        url = unsubscribe_url(user_id=pat.pk, kind=NoticeKind.EVENTS)
        assert url.startswith("https://tickets.example.com/mail/unsubscribe/")

    def test_are_used_by_services_with_one_write(
        self, pat: AbstractBaseUser, django_assert_num_queries: DjangoAssertNumQueries
    ) -> None:
        token = mail_token(user_id=pat.pk, kind=NoticeKind.SALES)
        with django_assert_num_queries(6):  # two savepoints and their ends, the user, the write
            mail_token_use(token=token, is_wanted=False, now=NOW)


class TestAdmin:
    def test_shows_who_switched_what_off(self, pat: AbstractBaseUser) -> None:
        switch_off(pat, NoticeKind.SALES)
        page = browser_of(staff_member("view_mailoptout")).get(reverse("admin:notifications_mailoptout_changelist"))
        assert "pat@example.com" in page.content.decode()
