"""How sessions and tokens end: a refresh token that comes twice, an account that is switched off, a new password."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.http import HttpResponse
from django.utils import timezone

from apps.common.testing.html_forms import save
from apps.common.testing.threads import at_once
from apps.users.models import RefreshToken, User
from apps.users.services import refresh_token_reused
from apps.users.testing.clients import AppClient, BrowserClient
from apps.users.testing.factories import PASSWORD, UserFactory
from apps.users.tests.second_factors import person_with_second_factor

pytestmark = pytest.mark.django_db
ANOTHER = "Another-Row-7"
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def refresh(token: str) -> HttpResponse:
    return AppClient().accounts("POST", "tokens/refresh", {"refresh_token": token})


def code_of(answer: HttpResponse) -> str:
    [error] = answer.json()["errors"]
    return str(error["code"])


def status_of_me(access_token: str) -> int:
    client = AppClient()
    client.use_token(access_token)
    return int(client.get("/api/v1/me/").status_code)


def time_passes(seconds: int) -> None:
    """Let the last exchange be so much older."""
    for row in RefreshToken.objects.exclude(exchanged_at=None):
        RefreshToken.objects.filter(pk=row.pk).update(exchanged_at=row.exchanged_at - timedelta(seconds=seconds))


class TestRefreshToken:
    def test_is_exchanged_any_number_of_times_in_a_row(self) -> None:
        tokens = AppClient().log_in(UserFactory().email, PASSWORD)
        for _ in range(5):
            tokens = refresh(tokens["refresh_token"]).json()["data"]
            time_passes(3_600)
            assert status_of_me(tokens["access_token"]) == 200
        assert RefreshToken.objects.count() == Session.objects.count() == 1

    def test_keeps_its_session_open(self) -> None:
        tokens = AppClient().log_in(UserFactory().email, PASSWORD)
        Session.objects.update(expire_date=timezone.now() + timedelta(minutes=1))
        refresh(tokens["refresh_token"])
        left = Session.objects.get().expire_date - timezone.now()
        assert timedelta(days=13, hours=23) < left <= timedelta(days=14)

    def test_that_comes_again_at_once_is_refused_and_ends_nothing(self) -> None:
        """A program that sends two requests at once, or repeats one, is not signed out."""
        first = AppClient().log_in(UserFactory().email, PASSWORD)
        second = refresh(first["refresh_token"]).json()["data"]
        time_passes(-60)  # so that a slow machine does not end the grace
        assert code_of(refresh(first["refresh_token"])) == "token_spent"
        assert status_of_me(second["access_token"]) == 200
        assert refresh(second["refresh_token"]).status_code == 200

    def test_that_comes_again_later_ends_the_session(self, caplog: pytest.LogCaptureFixture) -> None:
        first = AppClient().log_in(UserFactory().email, PASSWORD)
        second = refresh(first["refresh_token"]).json()["data"]
        time_passes(10)
        answer = refresh(first["refresh_token"])
        assert (answer.status_code, code_of(answer)) == (400, "session_ended")
        assert [status_of_me(one["access_token"]) for one in (first, second)] == [401, 401]
        assert code_of(refresh(second["refresh_token"])) == "session_ended"
        assert "was used again" in caplog.text
        assert not Session.objects.exists()
        assert not RefreshToken.objects.exists()

    def test_of_long_ago_ends_the_session_too(self) -> None:
        first = AppClient().log_in(UserFactory().email, PASSWORD)
        last = first
        for _ in range(3):
            last = refresh(last["refresh_token"]).json()["data"]
        time_passes(60)
        assert code_of(refresh(first["refresh_token"])) == "session_ended"
        assert status_of_me(last["access_token"]) == 401

    def test_that_comes_again_ends_no_other_session(self) -> None:
        user = UserFactory()
        other, first = AppClient().log_in(user.email, PASSWORD), AppClient().log_in(user.email, PASSWORD)
        refresh(first["refresh_token"])
        time_passes(60)
        refresh(first["refresh_token"])
        assert status_of_me(other["access_token"]) == 200
        assert refresh(other["refresh_token"]).status_code == 200

    def test_does_not_come_back_by_a_session_that_is_saved_meanwhile(self) -> None:
        """A request that had read the session before the exchange writes all of it afterwards."""
        from django.contrib.sessions.backends.db import SessionStore

        first = AppClient().log_in(UserFactory().email, PASSWORD)
        session = SessionStore(Session.objects.get().session_key)
        session["seen"] = "before"
        second = refresh(first["refresh_token"]).json()["data"]
        session.save()
        time_passes(-60)
        assert code_of(refresh(first["refresh_token"])) == "token_spent"
        assert refresh(second["refresh_token"]).status_code == 200

    @pytest.mark.parametrize("end", ["logout", "clearsessions", "sql"])
    def test_is_deleted_with_its_session(self, end: str) -> None:
        client = AppClient()
        client.log_in(UserFactory().email, PASSWORD)
        assert RefreshToken.objects.count() == 1
        if end == "logout":
            client.accounts("DELETE", "auth/session")
        elif end == "clearsessions":
            Session.objects.update(expire_date=timezone.now() - timedelta(days=1))
            call_command("clearsessions")
        else:
            with connection.cursor() as cursor:
                cursor.execute("DELETE FROM django_session")
        assert not RefreshToken.objects.exists()


def refreshed_at_once(token: str, number: int) -> Counter[int]:
    """Exchange one token so often in the same moment; return the statuses."""
    return Counter(at_once(*[lambda: refresh(token).status_code] * number))


@pytest.mark.django_db(transaction=True)
class TestRefreshRace:
    def test_gives_one_new_pair(self) -> None:
        tokens = AppClient().log_in(UserFactory().email, PASSWORD)
        assert refreshed_at_once(tokens["refresh_token"], 8) == {200: 1, 400: 7}
        assert status_of_me(tokens["access_token"]) == 200, "and ends nothing"

    def test_would_give_eight_by_reading_and_writing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Twin: why the exchange is one statement."""
        barrier = threading.Barrier(8)

        def read_then_write(*, session_key: str, spent: UUID, fresh: UUID, now: datetime, lifetime: timedelta) -> bool:
            row = RefreshToken.objects.get(session_id=session_key)
            barrier.wait(20)
            RefreshToken.objects.filter(session_id=session_key).update(token_id=fresh, exchanged_at=now)
            return row.token_id == spent

        monkeypatch.setattr("apps.users.authentication.tokens.refresh_token_exchange", read_then_write)
        tokens = AppClient().log_in(UserFactory().email, PASSWORD)
        assert refreshed_at_once(tokens["refresh_token"], 8) == {200: 8}


def by_queryset(user: User, *, active: bool) -> None:
    User.objects.filter(pk=user.pk).update(is_active=active)


def by_save(user: User, *, active: bool) -> None:
    row = User.objects.get(pk=user.pk)
    row.is_active = active
    row.save()


def by_sql(user: User, *, active: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE users_user SET is_active = %s WHERE id = %s", [active, user.pk])


def by_admin(user: User, *, active: bool) -> None:
    browser = BrowserClient()
    browser.force_login(UserFactory(superuser=True))
    change = {"is_active": "on" if active else None}
    answer = save(browser, f"/admin/users/user/{user.pk}/change/", change)
    assert answer.status_code == 302, answer.content.decode()


@pytest.mark.parametrize("switch", [by_queryset, by_save, by_sql, by_admin])
class TestDeactivation:
    def test_ends_what_was_open_for_good(self, switch: Callable[..., None]) -> None:
        user = UserFactory()
        tokens, browser = AppClient().log_in(user.email, PASSWORD), BrowserClient()
        browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        session_token = AppClient()
        session_token.credentials(HTTP_X_SESSION_TOKEN=browser.cookies["sessionid"].value)
        assert browser.get("/api/v1/me/").status_code == status_of_me(tokens["access_token"]) == 200
        assert session_token.accounts("GET", "auth/session").status_code == 200

        def all_dead() -> bool:
            assert status_of_me(tokens["access_token"]) == browser.get("/api/v1/me/").status_code == 401
            assert session_token.accounts("GET", "auth/session").status_code in {401, 410}
            return code_of(refresh(tokens["refresh_token"])) == "session_ended"

        switch(user, active=False)
        # Not asked in between: Django deletes the session of whom it finds switched off.
        switch(user, active=True)
        assert all_dead()
        again = AppClient().log_in(user.email, PASSWORD)
        assert status_of_me(again["access_token"]) == refresh(again["refresh_token"]).status_code == 200
        assert all_dead()

    def test_refuses_while_it_lasts(self, switch: Callable[..., None]) -> None:
        user = UserFactory()
        tokens = AppClient().log_in(user.email, PASSWORD)
        switch(user, active=False)
        assert status_of_me(tokens["access_token"]) == 401
        body = {"email": user.email, "password": PASSWORD}
        assert "access_token" not in AppClient().accounts("POST", "auth/login", body).json().get("meta", {})

    def test_of_another_ends_nothing(self, switch: Callable[..., None]) -> None:
        tokens = AppClient().log_in(UserFactory().email, PASSWORD)
        other = UserFactory()
        switch(other, active=False)
        assert status_of_me(tokens["access_token"]) == refresh(tokens["refresh_token"]).status_code == 200


class TestStaleRow:
    def test_that_is_saved_after_a_deactivation_revives_no_session(self) -> None:
        """Somebody had the form of the account open; all of its columns are written, older than those in the table."""
        user = UserFactory()
        tokens, stale = AppClient().log_in(user.email, PASSWORD), User.objects.get(pk=user.pk)
        by_queryset(user, active=False)
        stale.save()
        user.refresh_from_db()
        assert (user.is_active, user.deactivations) == (True, 1)
        assert status_of_me(tokens["access_token"]) == 401

    def test_of_an_account_that_was_never_switched_off_has_djangos_own_hash(self) -> None:
        """So a deployment signs nobody out."""
        from django.contrib.auth.base_user import AbstractBaseUser

        user = UserFactory()
        assert user.get_session_auth_hash() == AbstractBaseUser.get_session_auth_hash(user)
        assert user._get_session_auth_hash() == AbstractBaseUser._get_session_auth_hash(user)


def new_password(user: User) -> None:
    user.set_password(ANOTHER)
    user.save()


def off_and_on(user: User) -> None:
    by_queryset(user, active=False)
    by_queryset(user, active=True)


@pytest.mark.parametrize("end", [new_password, off_and_on])
class TestLoginUnderWay:
    """Somebody has given the password and not yet the code; then the owner changes it, or staff switch off."""

    def test_is_not_completed(self, end: Callable[[User], None]) -> None:
        person = person_with_second_factor()
        client = person.at_the_second_step()
        end(person.user)
        answer = client.accounts("POST", "auth/2fa/authenticate", {"code": person.code()})
        assert answer.status_code == 401
        assert "access_token" not in answer.json()["meta"]

    def test_is_not_completed_on_the_page(self, end: Callable[[User], None]) -> None:
        person, browser = person_with_second_factor(), BrowserClient()
        begun = browser.post("/accounts/login/", {"login": person.user.email, "password": PASSWORD})
        assert begun.url == "/accounts/2fa/authenticate/"
        end(person.user)
        assert browser.post(begun.url, {"code": person.code()}).url == "/accounts/login/"
        assert browser.get("/api/v1/me/").status_code == 401


def test_grace_is_as_documented() -> None:
    AppClient().log_in(UserFactory().email, PASSWORD)
    RefreshToken.objects.update(exchanged_at=NOW)
    key = Session.objects.get().session_key
    assert not refresh_token_reused(session_key=key, now=NOW + timedelta(seconds=9.999))
    assert refresh_token_reused(session_key=key, now=NOW + timedelta(seconds=10))
