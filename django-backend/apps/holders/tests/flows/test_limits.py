"""Rate limits, behind a proxy and without one; and the addresses of allauth that we do not offer."""

import pytest

from apps.users.testing.clients import AppClient, BrowserClient
from apps.users.testing.factories import PASSWORD, UserFactory
from apps.users.urls import NOT_OFFERED

pytestmark = pytest.mark.django_db


def fail_to_log_in(client: AppClient, email: str, forwarded_for: str = "198.51.100.1") -> int:
    body = {"email": email, "password": "wrong"}
    return client.accounts("POST", "auth/login", body, **{"X-Forwarded-For": forwarded_for}).status_code


class TestFailedLogins:
    def test_are_limited_by_account_from_any_address(self):
        user = UserFactory()
        statuses = [fail_to_log_in(AppClient(), user.email, f"198.51.100.{number}") for number in range(6)]
        assert statuses == [400] * 5 + [429]
        answer = AppClient().accounts("POST", "auth/login", {"email": user.email, "password": PASSWORD})
        assert answer.status_code == 429, "not even the right password"
        assert answer.json()["errors"][0]["code"] == "too_many_login_attempts"

    def test_are_limited_for_unknown_accounts_alike(self):
        statuses = [fail_to_log_in(AppClient(), "nobody@example.com", f"198.51.100.{number}") for number in range(6)]
        assert statuses == [400] * 5 + [429]

    def test_are_limited_by_address_for_any_account(self):
        statuses = [fail_to_log_in(AppClient(), f"person{number}@example.com") for number in range(11)]
        assert statuses == [400] * 10 + [429]
        assert fail_to_log_in(AppClient(), "person@example.com", "198.51.100.2") == 400

    def test_count_the_address_that_the_proxy_saw(self):
        """A client can write any X-Forwarded-For; the proxy appends the address that it really talks to."""
        spoofed = [f"203.0.113.{number}, 198.51.100.1" for number in range(11)]
        statuses = [fail_to_log_in(AppClient(), f"person{i}@example.com", text) for i, text in enumerate(spoofed)]
        assert statuses == [400] * 10 + [429]

    def test_are_explained_on_the_page(self):
        user = UserFactory()
        for _ in range(5):
            BrowserClient().post("/accounts/login/", {"login": user.email, "password": "wrong"})
        page = BrowserClient().post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        assert "Too many failed login attempts" in page.content.decode()

    @pytest.mark.parametrize("password", ["\ud800", "x\ud800"])
    def test_may_contain_what_cannot_be_encoded(self, password):
        answer = AppClient().accounts("POST", "auth/login", {"email": "nobody@example.com", "password": password})
        assert answer.status_code == 400


class TestSignups:
    def test_are_limited_by_address(self):
        statuses = [AppClient().accounts("POST", "auth/signup", {}).status_code for _ in range(21)]
        assert statuses == [400] * 20 + [429]


class TestPasswordResets:
    def test_are_limited_by_account(self):
        body = {"email": "nobody@example.com"}
        statuses = [AppClient().accounts("POST", "auth/password/request", body).status_code for _ in range(6)]
        assert statuses == [200] * 5 + [429]


class TestAddressesOfAllauth:
    @pytest.mark.parametrize("route", NOT_OFFERED)
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_do_not_exist_where_they_could_only_fail(self, method, route):
        client = AppClient()
        client.log_in(UserFactory().email, PASSWORD)
        assert getattr(client, method)(f"/api/v1/accounts/{route}").status_code == 404

    def test_have_no_browser_client(self):
        assert AppClient().get("/api/v1/accounts/browser/v1/config").status_code == 404
