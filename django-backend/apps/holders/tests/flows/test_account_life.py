"""The life of an account through the API, on the real routes."""

import pytest
from django.core import mail

from apps.holders.testing.stories import PASSWORD, key_in_mail, link_in_mail, signup_data
from apps.users.models import User
from apps.users.testing.clients import AppClient
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db


def status_of_me(access_token: str) -> int:
    client = AppClient()
    client.use_token(access_token)
    return client.get("/api/v1/me/").status_code


def signed_in_twice(email: str) -> AppClient:
    """Return a client that has just repeated its password, as a change of address or password demands."""
    client = AppClient()
    client.log_in(email, PASSWORD)
    assert client.accounts("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    return client


class TestAccountLife:
    def test_goes_from_sign_up_to_logout(self):
        """S3-50: no token before the address is verified; afterwards login, refresh and logout do what they say."""
        client = AppClient()
        assert client.accounts("POST", "auth/signup", signup_data()).status_code == 401
        credentials = {"email": "ann@example.com", "password": PASSWORD}

        refused = client.accounts("POST", "auth/login", credentials)
        assert refused.status_code == 401
        assert "verify_email" in [flow["id"] for flow in refused.json()["data"]["flows"]]
        assert "access_token" not in refused.json()["meta"]
        session_token = refused.json()["meta"]["session_token"]
        assert client.get("/api/v1/me/", headers={"X-Session-Token": session_token}).status_code == 401
        browser_with_that_session = AppClient()
        browser_with_that_session.cookies["sessionid"] = session_token
        assert browser_with_that_session.get("/api/v1/me/").status_code == 401

        verified = client.accounts("POST", "auth/email/verify", {"key": key_in_mail("ann@example.com")})
        assert verified.status_code == 401, "verified, and still to log in"
        assert "access_token" not in verified.json()["meta"]

        tokens = client.log_in(**credentials)
        me = client.get("/api/v1/me/").json()
        assert (me["email"], me["email_verified"]) == ("ann@example.com", True)

        old = {"refresh_token": tokens["refresh_token"]}
        fresh = client.accounts("POST", "tokens/refresh", old).json()["data"]
        assert status_of_me(fresh["access_token"]) == 200
        assert client.accounts("POST", "tokens/refresh", old).status_code == 400, "rotated"

        client.use_token(fresh["access_token"])
        assert client.accounts("DELETE", "auth/session").status_code == 401
        assert status_of_me(fresh["access_token"]) == 401
        assert status_of_me(tokens["access_token"]) == 401
        assert client.accounts("POST", "tokens/refresh", {"refresh_token": fresh["refresh_token"]}).status_code == 400

    def test_does_not_reuse_a_verification_key(self):
        client = AppClient()
        client.accounts("POST", "auth/signup", signup_data())
        key = {"key": key_in_mail("ann@example.com")}
        client.accounts("POST", "auth/email/verify", key)
        again = client.accounts("POST", "auth/email/verify", key)
        assert again.status_code == 400
        assert again.json()["errors"][0]["attr"] == "key"

    @pytest.mark.parametrize("key", ["", "nonsense", "MQ:1abcde:forged", 5, None])
    def test_refuses_a_key_that_we_did_not_sign(self, key):
        answer = AppClient().accounts("POST", "auth/email/verify", {"key": key})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["attr"] == "key"


class TestDeactivation:
    def test_ends_every_access_at_once(self):
        user = UserFactory()
        client = AppClient()
        tokens = client.log_in(user.email, PASSWORD)
        assert status_of_me(tokens["access_token"]) == 200
        User.objects.filter(pk=user.pk).update(is_active=False)
        assert status_of_me(tokens["access_token"]) == 401
        refreshed = AppClient().accounts("POST", "tokens/refresh", {"refresh_token": tokens["refresh_token"]})
        assert refreshed.status_code == 400
        login = AppClient().accounts("POST", "auth/login", {"email": user.email, "password": PASSWORD})
        assert login.status_code == 401
        assert "access_token" not in login.json()["meta"]


class TestAccessToken:
    @pytest.mark.parametrize("header", ["", "Bearer", "Bearer x", "Bearer a b", "Basic cGF0Og==", "Bearer \xff"])
    def test_must_be_one_of_ours(self, header):
        answer = AppClient().get("/api/v1/me/", headers={"Authorization": header} if header else {})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"

    def test_is_not_replaced_by_a_refresh_token(self):
        user = UserFactory()
        assert status_of_me(AppClient().log_in(user.email, PASSWORD)["refresh_token"]) == 401

    def test_does_not_refresh(self):
        user = UserFactory()
        token = AppClient().log_in(user.email, PASSWORD)["access_token"]
        assert AppClient().accounts("POST", "tokens/refresh", {"refresh_token": token}).status_code == 400


class TestTextWithoutAnEncoding:
    """JSON can spell half a surrogate pair, which nothing can store, hash or sign."""

    @pytest.mark.parametrize(
        ("route", "body"),
        [
            ("tokens/refresh", {"refresh_token": "\ud800"}),
            ("auth/reauthenticate", {"password": "\ud800"}),
            ("account/password/change", {"current_password": "\ud800", "new_password": "Another-Row-7"}),
            ("account/password/change", {"current_password": PASSWORD, "new_password": "Another-Row-\ud800"}),
            ("account/email", {"email": "a@\ud800.com"}),
            ("auth/email/verify", {"key": "\ud800"}),
            ("auth/password/reset", {"key": "\ud800", "password": "\ud800"}),
        ],
    )
    def test_is_a_mistake_of_the_client(self, route, body):
        client = signed_in_twice(UserFactory().email)
        assert client.accounts("POST", route, body).status_code == 400


class TestPasswordReset:
    def test_sets_a_new_password_and_ends_old_sessions(self):
        user = UserFactory()
        old = AppClient().log_in(user.email, PASSWORD)
        client = AppClient()
        assert client.accounts("POST", "auth/password/request", {"email": user.email.upper()}).status_code == 200
        body = {"key": key_in_mail(user.email), "password": "Another-Row-7"}
        assert client.accounts("POST", "auth/password/reset", body).status_code == 401, "done, and still to log in"
        assert status_of_me(old["access_token"]) == 401
        credentials = {"email": user.email, "password": PASSWORD}
        assert client.accounts("POST", "auth/login", credentials).status_code == 400
        client.log_in(user.email, "Another-Row-7")
        assert client.accounts("POST", "auth/password/reset", body).status_code == 400, "the key worked once"

    def test_has_a_page_behind_its_link(self):
        user = UserFactory()
        AppClient().accounts("POST", "auth/password/request", {"email": user.email})
        page = AppClient().get(link_in_mail(user.email), follow=True)
        assert page.status_code == 200
        assert "New Password" in page.content.decode()

    @pytest.mark.parametrize("email", ["nobody@example.com", "person@example.com"])
    def test_does_not_reveal_who_has_an_account(self, email):
        UserFactory(email="person@example.com")
        answer = AppClient().accounts("POST", "auth/password/request", {"email": email})
        assert answer.json() == {"status": 200}
        assert [message.to for message in mail.outbox] == [[email]]

    def test_does_not_verify_around_the_login(self):
        """S3-50: a reset for an unverified account still gives no token."""
        user = UserFactory(verified=False)
        AppClient().accounts("POST", "auth/password/request", {"email": user.email})
        body = {"key": key_in_mail(user.email), "password": "Another-Row-7"}
        answer = AppClient().accounts("POST", "auth/password/reset", body)
        assert answer.status_code == 401
        assert "access_token" not in answer.json()["meta"]

    @pytest.mark.parametrize("email", ["", "x", 5, "a@\ud800.com"])
    def test_refuses_a_bad_address(self, email):
        answer = AppClient().accounts("POST", "auth/password/request", {"email": email})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["attr"] == "email"


class TestEmailChange:
    def test_counts_once_the_new_address_is_verified(self):
        user = UserFactory(email="old@example.com")
        client = signed_in_twice(user.email)
        assert client.accounts("POST", "account/email", {"email": "New@Example.com"}).status_code == 200
        assert client.get("/api/v1/me/").json()["email"] == "old@example.com"
        new = {"email": "new@example.com", "password": PASSWORD}
        assert AppClient().accounts("POST", "auth/login", new).status_code == 401

        client.accounts("POST", "auth/email/verify", {"key": key_in_mail("new@example.com")})
        me = client.get("/api/v1/me/").json()
        assert (me["email"], me["email_verified"]) == ("new@example.com", True)
        AppClient().log_in(**new)
        old = {"email": "old@example.com", "password": PASSWORD}
        assert AppClient().accounts("POST", "auth/login", old).status_code == 400
        assert ["old@example.com"] in [message.to for message in mail.outbox], "the old address is notified"

    @pytest.mark.parametrize("verified", [True, False])
    def test_cannot_take_an_address_of_somebody_else(self, verified):
        user, other = UserFactory(), UserFactory(email="other@example.com", verified=verified)
        client = signed_in_twice(user.email)
        client.accounts("POST", "account/email", {"email": other.email})
        answer = client.accounts("POST", "auth/email/verify", {"key": key_in_mail(other.email)})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["code"] == "email_taken"
        me = client.get("/api/v1/me/").json()
        assert (me["email"], me["email_verified"]) == (user.email, True)
        AppClient().log_in(user.email, PASSWORD)

    def test_takes_more_than_an_access_token(self):
        client = AppClient()
        client.log_in(UserFactory().email, PASSWORD)
        answer = client.accounts("POST", "account/email", {"email": "new@example.com"})
        assert answer.status_code == 401
        assert "reauthenticate" in [flow["id"] for flow in answer.json()["data"]["flows"]]
