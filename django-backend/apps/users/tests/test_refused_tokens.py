"""Invalid tokens and keys: each reason has its own code, wherever a token is accepted."""

import time
from datetime import timedelta
from typing import Any

import pytest
from allauth.headless.tokens.strategies.jwt import internal
from celery import current_app
from django.contrib.sessions.models import Session
from django.core import mail
from django.http import HttpResponse
from django.utils import timezone
from pytest_django import Settings

from apps.users.models import User
from apps.users.testing.clients import AppClient
from apps.users.testing.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

# An API route, and two of accounts: one that asks who is signed in, one that acts.
ROUTES = ["/api/v1/me/", f"{AppClient.ACCOUNTS}auth/session", f"{AppClient.ACCOUNTS}account/authenticators"]


@pytest.fixture
def user() -> User:
    return UserFactory()


@pytest.fixture
def tokens(user: User) -> dict[str, str]:
    return AppClient().log_in(user.email, PASSWORD)


@pytest.fixture
def worker() -> Any:
    """Send mails within the process."""
    before = current_app.conf.task_always_eager
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = before


def expired(token: str) -> str:
    """Return the same token as it is after its time."""
    payload = internal.decode_token(token, "access") or internal.decode_token(token, "refresh")
    assert payload is not None
    return internal.create_token(payload["token_use"], sub=payload["sub"], sid=payload["sid"], expires_in=-10)[0]


def damaged(token: str) -> str:
    """Return the token with one letter of its payload changed."""
    place = len(token) // 2
    return token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]


def code_of(answer: HttpResponse, attr: str | None = None) -> tuple[int, str]:
    """Return status and code of a refusal in the standard form."""
    body = answer.json()
    [error] = body["errors"]
    assert set(error) == {"code", "detail", "attr"}
    assert error["attr"] == attr
    assert body["type"] in {"client_error", "validation_error"}
    return answer.status_code, error["code"]


def ask(route: str, authorization: str | None = None, **headers: str) -> HttpResponse:
    sent = headers if authorization is None else {"Authorization": authorization, **headers}
    return AppClient().get(route, headers=sent)


@pytest.mark.parametrize("route", ROUTES)
class TestAccessToken:
    def test_that_is_missing(self, route: str) -> None:
        assert code_of(ask(route)) == (401, "not_authenticated")

    def test_that_has_expired(self, route: str, tokens: dict[str, str]) -> None:
        assert code_of(ask(route, f"Bearer {expired(tokens['access_token'])}")) == (401, "token_expired")

    def test_that_is_damaged(self, route: str, tokens: dict[str, str]) -> None:
        token = tokens["access_token"]
        for text in (damaged(token), token[:-4], token.replace(".", ""), "x", "\xff"):
            assert code_of(ask(route, f"Bearer {text}")) == (401, "token_invalid"), text

    def test_that_is_a_refresh_token(self, route: str, tokens: dict[str, str]) -> None:
        assert code_of(ask(route, f"Bearer {tokens['refresh_token']}")) == (401, "token_invalid")

    def test_whose_session_has_ended(self, route: str, tokens: dict[str, str]) -> None:
        client = AppClient()
        client.use_token(tokens["access_token"])
        client.accounts("DELETE", "auth/session")
        assert code_of(ask(route, f"Bearer {tokens['access_token']}")) == (401, "session_ended")

    def test_that_is_damaged_and_expired_is_damaged(self, route: str, tokens: dict[str, str]) -> None:
        """What nobody here has signed says nothing about its time."""
        token = damaged(expired(tokens["access_token"]))
        assert code_of(ask(route, f"Bearer {token}")) == (401, "token_invalid")


class TestAccessTokenOfTheApi:
    @pytest.mark.parametrize("header", ["Bearer", "Bearer a b"])
    def test_in_a_header_without_one_token(self, header: str) -> None:
        assert code_of(ask("/api/v1/me/", header)) == (401, "token_invalid")

    def test_that_has_expired_is_no_hindrance_to_a_new_one(self, user: User, tokens: dict[str, str]) -> None:
        client = AppClient()
        client.use_token(expired(tokens["access_token"]))
        body = {"refresh_token": tokens["refresh_token"]}
        assert client.accounts("POST", "tokens/refresh", body).status_code == 200
        assert client.accounts("POST", "auth/login", {"email": user.email, "password": PASSWORD}).status_code == 200


class TestRefreshToken:
    def refusal(self, body: dict[str, Any]) -> tuple[int, str]:
        return code_of(AppClient().accounts("POST", "tokens/refresh", body), "refresh_token")

    def test_that_is_missing(self) -> None:
        assert self.refusal({}) == self.refusal({"refresh_token": ""}) == (400, "required")

    def test_that_has_expired(self, tokens: dict[str, str]) -> None:
        assert self.refusal({"refresh_token": expired(tokens["refresh_token"])}) == (400, "token_expired")

    def test_that_is_damaged_or_of_another_kind(self, tokens: dict[str, str]) -> None:
        for text in (damaged(tokens["refresh_token"]), "x", tokens["access_token"]):
            assert self.refusal({"refresh_token": text}) == (400, "token_invalid")

    def test_that_was_used(self, tokens: dict[str, str]) -> None:
        body = {"refresh_token": tokens["refresh_token"]}
        assert AppClient().accounts("POST", "tokens/refresh", body).status_code == 200
        assert self.refusal(body) == (400, "token_spent")

    def test_whose_session_has_ended(self, tokens: dict[str, str]) -> None:
        Session.objects.all().delete()
        assert self.refusal({"refresh_token": tokens["refresh_token"]}) == (400, "session_ended")

    def test_of_a_user_who_was_deactivated(self, user: User, tokens: dict[str, str]) -> None:
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert self.refusal({"refresh_token": tokens["refresh_token"]}) == (400, "session_ended")


class TestSessionToken:
    def refusal(self, key: str) -> tuple[int, str]:
        answer = AppClient().accounts("GET", "auth/session", **{"X-Session-Token": key})
        assert answer.json()["data"]["flows"], "what to do next stays"
        return code_of(answer)

    def test_that_is_damaged(self) -> None:
        for text in ("x", "A" * 32, "x" * 33, "\xff" * 32):
            assert self.refusal(text) == (410, "token_invalid")

    def test_whose_session_has_ended(self) -> None:
        assert self.refusal("a" * 32) == (410, "session_ended")

    @pytest.mark.usefixtures("tokens")
    def test_that_has_expired(self) -> None:
        session = Session.objects.get()
        Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
        assert self.refusal(session.session_key) == (410, "token_expired")


@pytest.mark.usefixtures("worker")
class TestKeysInMails:
    """The same answer to a look at the key and to its use."""

    def key(self, user: User) -> str:
        words = next(str(message.body) for message in reversed(mail.outbox) if message.to == [user.email]).split()
        return next(word for word in words if "://testserver/" in word).rstrip("/").rpartition("/")[2]

    def refusals(self, route: str, header: str, key: str, **body: str) -> set[tuple[int, str]]:
        look = AppClient().accounts("GET", route, **({header: key} if key else {}))
        use = AppClient().accounts("POST", route, ({"key": key} if key else {}) | body)
        return {code_of(look, "key"), code_of(use, "key")}

    def verification(self, key: str) -> set[tuple[int, str]]:
        return self.refusals("auth/email/verify", "X-Email-Verification-Key", key)

    def reset(self, key: str) -> set[tuple[int, str]]:
        return self.refusals("auth/password/reset", "X-Password-Reset-Key", key, password="Another-Row-7")

    def test_verify_no_address(self, settings: Settings) -> None:
        user = UserFactory(verified=False)
        AppClient().accounts("POST", "auth/login", {"email": user.email, "password": PASSWORD})
        key = self.key(user)
        assert self.verification("") == {(400, "required")}
        assert self.verification(damaged(key)) == self.verification("x") == {(400, "key_invalid")}
        settings.ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = -1
        assert self.verification(key) == {(400, "key_expired")}
        settings.ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 3
        AppClient().accounts("POST", "auth/email/verify", {"key": key})
        assert self.verification(key) == {(400, "key_used")}

    def test_reset_no_password(self, user: User, settings: Settings) -> None:
        AppClient().accounts("POST", "auth/password/request", {"email": user.email})
        key, before = self.key(user), time.time()
        assert self.reset("") == {(400, "required")}
        assert self.reset("x") == self.reset("zz-zz") == self.reset("z" * 80 + key) == {(400, "key_invalid")}
        settings.PASSWORD_RESET_TIMEOUT = -1
        assert self.reset(key) == {(400, "key_expired")}
        settings.PASSWORD_RESET_TIMEOUT = 60 + time.time() - before
        answer = AppClient().accounts("POST", "auth/password/reset", {"key": key, "password": "Another-Row-7"})
        assert answer.status_code == 401, "done, and nobody is signed in"
        assert self.reset(key) == {(400, "key_used")}
