"""Allauth's API under the rules of ours; config/tests/test_sweep.py asks every route for what it must refuse."""

import json
from typing import Any

import pytest
from django.http import HttpResponse
from pytest_django import Settings

from apps.users.testing.clients import AppClient
from apps.users.testing.factories import PASSWORD, UserFactory
from apps.users.tests.second_factors import person_with_second_factor

NEW = "new@example.com"
pytestmark = pytest.mark.django_db


def errors(answer: HttpResponse) -> list[dict[str, Any]]:
    body: dict[str, Any] = answer.json()
    return list(body["errors"])


class TestFields:
    def test_that_are_unknown_are_refused_with_the_nearest_one(self) -> None:
        sent = {"emial": "ann@example.com", "Password": PASSWORD, "remember": True}
        answer = AppClient().accounts("POST", "auth/login", sent)
        assert answer.status_code == 400
        assert errors(answer) == [
            {"code": "unknown", "detail": "Unknown field. Did you mean 'email'?", "attr": "emial"},
            {"code": "unknown", "detail": "Unknown field. Did you mean 'password'?", "attr": "Password"},
            {"code": "unknown", "detail": "Unknown field. Choose from: email, password.", "attr": "remember"},
        ]

    def test_are_none_where_nothing_is_read(self) -> None:
        client = AppClient()
        client.log_in(UserFactory().email, PASSWORD)
        answer = client.accounts("DELETE", "auth/session", {"all": True})
        assert (answer.status_code, errors(answer)[0]["detail"]) == (400, "Unknown field. This request takes none.")
        assert client.get("/api/v1/me/").status_code != 401, "nothing is done beside a refusal"

    def test_that_are_unknown_by_the_thousand_are_reported_in_part(self) -> None:
        sent = {f"field{number}": 1 for number in range(5_000)}
        assert len(errors(AppClient().accounts("POST", "auth/login", sent))) == 20

    def test_that_are_unknown_cost_no_attempt(self) -> None:
        """A form that is refused for a name is no guess at a password."""
        user = UserFactory()
        for _ in range(12):
            AppClient().accounts("POST", "auth/login", {"email": user.email, "password": "wrong", "x": 1})
        AppClient().log_in(user.email, PASSWORD)

    @pytest.mark.parametrize("value", [123, 1.5, True, ["x"], {"a": "x"}])
    def test_are_text_where_text_is_read(self, value: object) -> None:
        """A form would make text of it: `["secret"]` would be a password."""
        answer = AppClient().accounts("POST", "auth/login", {"email": "ann@example.com", "password": value})
        assert errors(answer) == [{"code": "invalid", "detail": "Not a valid string.", "attr": "password"}]

    @pytest.mark.parametrize("value", ["true", 1, [], "no"])
    def test_are_true_or_false_where_that_is_read(self, value: object) -> None:
        user, client = UserFactory(), AppClient()
        client.log_in(user.email, PASSWORD)
        client.accounts("POST", "auth/reauthenticate", {"password": PASSWORD})
        answer = client.accounts("PATCH", "account/email", {"email": user.email, "primary": value})
        assert errors(answer) == [{"code": "invalid", "detail": "Must be a valid boolean.", "attr": "primary"}]


class TestRefusals:
    def test_have_the_form_of_all_others(self) -> None:
        answer = AppClient().accounts("POST", "auth/login", {"email": "ann@example.com", "password": "wrong"})
        assert answer.json() == {
            "type": "validation_error",
            "errors": [
                {
                    "code": "email_password_mismatch",
                    "detail": "The email address and/or password you specified are not correct.",
                    "attr": "password",
                }
            ],
        }

    @pytest.mark.parametrize(
        ("method", "route", "status", "code"),
        [
            ("PUT", "auth/login", 405, "method_not_allowed"),
            ("GET", "auth/code/confirm", 404, "not_found"),
            ("POST", "auth/login", 409, "conflict"),
            ("GET", "account/authenticators/recovery-codes", 404, "not_found"),
            ("POST", "account/email", 401, "reauthentication_required"),
        ],
    )
    def test_that_allauth_gives_without_a_word_say_what_is_wrong(
        self, method: str, route: str, status: int, code: str, settings: Settings
    ) -> None:
        user, client = UserFactory(), AppClient()
        client.log_in(user.email, PASSWORD)
        settings.ACCOUNT_REAUTHENTICATION_TIMEOUT = -1
        body = {"POST auth/login": {"email": user.email, "password": PASSWORD}, "POST account/email": {"email": NEW}}
        answer = client.accounts(method, route, body.get(f"{method} {route}"))
        assert (answer.status_code, [error["code"] for error in errors(answer)]) == (status, [code])

    def test_of_an_incomplete_login_name_the_step_next_to_the_flows(self) -> None:
        user = UserFactory(verified=False)
        answer = AppClient().accounts("POST", "auth/login", {"email": user.email, "password": PASSWORD})
        assert (answer.status_code, errors(answer)[0]["code"]) == (401, "email_not_verified")
        assert {"id": "verify_email", "is_pending": True} in answer.json()["data"]["flows"]
        person = person_with_second_factor()
        answer = AppClient().accounts("POST", "auth/login", {"email": person.user.email, "password": PASSWORD})
        assert (answer.status_code, errors(answer)[0]["code"]) == (401, "second_factor_required")
        assert answer.json()["meta"]["session_token"]

    def test_of_too_many_attempts(self) -> None:
        user = UserFactory()
        sent = {"email": user.email, "password": "wrong"}
        answers = [AppClient().accounts("POST", "auth/login", sent) for _ in range(8)]
        assert answers[-1].status_code == 429
        assert answers[-1].json()["type"] == "client_error"
        assert errors(answers[-1])[0]["code"] == "too_many_login_attempts"

    def test_of_an_offered_secret_keep_it(self) -> None:
        """The answer to `no authenticator app yet` is how to set one up."""
        user, client = UserFactory(), AppClient()
        client.log_in(user.email, PASSWORD)
        client.accounts("POST", "auth/reauthenticate", {"password": PASSWORD})
        answer = client.accounts("GET", "account/authenticators/totp")
        assert (answer.status_code, errors(answer)[0]["code"]) == (404, "not_found")
        assert answer.json()["meta"]["secret"]


class TestBodies:
    @pytest.mark.parametrize("body", [b"[" * 100_000, b'{"email": %s}' % (b"9" * 5_000), b"{", b"\xff", b'{"a": NaN}'])
    def test_that_are_no_json_within_our_limits_are_refused(self, body: bytes) -> None:
        route = f"{AppClient.ACCOUNTS}auth/login"
        answer = AppClient().generic("POST", route, body, content_type="application/json")
        assert (answer.status_code, errors(answer)[0]["code"]) == (400, "parse_error")

    def test_are_read_as_allauth_would(self) -> None:
        body = json.dumps({"email": UserFactory().email, "password": PASSWORD})
        answer = AppClient().generic(
            "POST", f"{AppClient.ACCOUNTS}auth/login", body, content_type="application/json; charset=utf-8"
        )
        assert answer.status_code == 200
