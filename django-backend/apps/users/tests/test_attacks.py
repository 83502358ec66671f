"""Ways into somebody else's account, each tried by real requests."""

import base64
import threading
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from celery import current_app
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import Group, Permission
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.management import call_command
from django.db import connections

from apps.common.testing.html_forms import form_of
from apps.users.models import User
from apps.users.testing.clients import AppClient, BrowserClient
from apps.users.testing.factories import PASSWORD, UserFactory
from apps.users.tests.second_factors import person_with_second_factor

pytestmark = pytest.mark.django_db

ANOTHER = "Another-Row-7"


@pytest.fixture(autouse=True)
def _worker_in_the_process():
    before = current_app.conf.task_always_eager
    current_app.conf.task_always_eager = True
    yield
    current_app.conf.task_always_eager = before


def key_in_mail(to: str) -> str:
    body = next(str(message.body) for message in reversed(mail.outbox) if message.to == [to])
    return next(word for word in body.split() if "://testserver/" in word).rstrip("/").rpartition("/")[2]


def signed_in_twice(email: str) -> AppClient:
    """Return a client with a session that has just repeated the password."""
    client = AppClient()
    client.log_in(email, PASSWORD)
    assert client.accounts("POST", "auth/reauthenticate", {"password": PASSWORD}).status_code == 200
    return client


def status_of_me(access_token: str) -> int:
    client = AppClient()
    client.use_token(access_token)
    return client.get("/api/v1/me/").status_code


def reset_by_mail(user: User) -> None:
    AppClient().accounts("POST", "auth/password/request", {"email": user.email})
    body = {"key": key_in_mail(user.email), "password": ANOTHER}
    assert AppClient().accounts("POST", "auth/password/reset", body).status_code == 401


def reset_by_staff(user: User) -> None:
    browser = BrowserClient()
    browser.force_login(UserFactory(superuser=True))
    data = {"usable_password": "true", "password1": ANOTHER, "password2": ANOTHER}
    assert browser.post(f"/admin/users/user/{user.pk}/password/", data).status_code == 302


def change_by_api(user: User) -> None:
    body = {"current_password": PASSWORD, "new_password": ANOTHER}
    assert signed_in_twice(user.email).accounts("POST", "account/password/change", body).status_code == 200


def change_by_command(user: User) -> None:
    user.set_password(ANOTHER)
    user.save()


class TestChangeOfAddressUnderWay:
    """A thief with the password asks for the account to be moved, the owner throws the thief out, the thief clicks."""

    @pytest.mark.parametrize("throw_out", [reset_by_mail, reset_by_staff, change_by_api, change_by_command])
    def test_ends_with_a_new_password(self, throw_out):
        user = UserFactory(email="owner@example.com")
        thief = signed_in_twice(user.email)
        assert thief.accounts("POST", "account/email", {"email": "thief@example.com"}).status_code == 200
        key = key_in_mail("thief@example.com")
        throw_out(user)
        answer = AppClient().accounts("POST", "auth/email/verify", {"key": key})
        assert answer.status_code == 400
        user.refresh_from_db()
        assert user.email == "owner@example.com"
        assert list(user.emailaddress_set.values_list("email", "verified")) == [("owner@example.com", True)]
        AppClient().log_in("owner@example.com", ANOTHER)

    def test_is_let_be_by_a_login_that_renews_the_hash(self, settings):
        user = UserFactory(email="owner@example.com")
        signed_in_twice(user.email).accounts("POST", "account/email", {"email": "new@example.com"})
        key = key_in_mail("new@example.com")
        settings.PASSWORD_HASHERS = [
            "django.contrib.auth.hashers.PBKDF2PasswordHasher",
            "django.contrib.auth.hashers.MD5PasswordHasher",
        ]
        AppClient().log_in(user.email, PASSWORD)
        user.refresh_from_db()
        assert user.password.startswith("pbkdf2")
        AppClient().accounts("POST", "auth/email/verify", {"key": key})
        user.refresh_from_db()
        assert user.email == "new@example.com"

    def test_of_an_unverified_account_keeps_the_address_itself(self):
        user = UserFactory(verified=False)
        reset_by_mail(user)
        assert EmailAddress.objects.get().email == user.email

    def test_ends_links_for_a_new_password(self):
        """A mailbox that is given up opens nothing any more."""
        user = UserFactory(email="old@example.com")
        AppClient().accounts("POST", "auth/password/request", {"email": "old@example.com"})
        key = key_in_mail("old@example.com")
        signed_in_twice(user.email).accounts("POST", "account/email", {"email": "new@example.com"})
        AppClient().accounts("POST", "auth/email/verify", {"key": key_in_mail("new@example.com")})
        answer = AppClient().accounts("POST", "auth/password/reset", {"key": key, "password": ANOTHER})
        assert answer.status_code == 400

    def test_does_not_reveal_whose_address_it_is(self):
        UserFactory(email="taken@example.com")
        answers = [
            signed_in_twice(UserFactory().email).accounts("POST", "account/email", {"email": email})
            for email in ("taken@example.com", "free@example.com")
        ]
        assert [answer.status_code for answer in answers] == [200, 200]
        shown = [sorted((row["verified"], row["primary"]) for row in answer.json()["data"]) for answer in answers]
        assert shown == [[(False, False), (True, True)]] * 2


class TestNewPassword:
    def test_ends_every_session_and_token(self):
        user = UserFactory()
        other, browser = AppClient().log_in(user.email, PASSWORD), BrowserClient()
        browser.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        assert browser.get("/api/v1/me/").status_code == status_of_me(other["access_token"]) == 200
        client = signed_in_twice(user.email)
        body = {"current_password": PASSWORD, "new_password": ANOTHER}
        answer = client.accounts("POST", "account/password/change", body)
        assert answer.json() == {"status": 200}
        assert [browser.get("/api/v1/me/").status_code, status_of_me(other["access_token"])] == [401, 401]
        assert client.get("/api/v1/me/").status_code == 401, "and whoever set it signs in again"
        assert client.accounts("POST", "account/password/change", body).status_code == 401, "not what a success says"
        refresh = {"refresh_token": other["refresh_token"]}
        assert AppClient().accounts("POST", "tokens/refresh", refresh).status_code == 400

    def test_is_not_set_in_the_admin_behind_the_limits(self):
        user = UserFactory(superuser=True)
        browser = BrowserClient()
        browser.force_login(user)
        data = {"old_password": PASSWORD, "new_password1": ANOTHER, "new_password2": ANOTHER}
        assert browser.post("/admin/password_change/", data).url == "/accounts/password/change/"
        user.refresh_from_db()
        assert user.check_password(PASSWORD)
        guesses = [
            browser.post("/accounts/password/change/", {"oldpassword": "x", "password1": ANOTHER, "password2": ANOTHER})
            for _ in range(6)
        ]
        assert [answer.status_code for answer in guesses] == [200] * 5 + [429]


class TestTokens:
    def test_are_not_forged_without_a_signature(self):
        header, body, signature = AppClient().log_in(UserFactory().email, PASSWORD)["access_token"].split(".")
        none = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("=")
        for forged in (f"{none}.{body}.", f"{none}.{body}.{signature}", f"{header}.{body}."):
            assert status_of_me(forged) == 401

    def test_do_not_carry_a_session_that_a_browser_could_use(self):
        token = AppClient().log_in(UserFactory().email, PASSWORD)["access_token"]
        key = Session.objects.get().session_key
        assert key not in base64.urlsafe_b64decode(token.split(".")[1] + "==").decode()

    def test_do_not_come_back_after_their_session_is_gone(self):
        tokens = AppClient().log_in(UserFactory().email, PASSWORD)
        Session.objects.all().delete()
        body = {"refresh_token": tokens["refresh_token"]}
        assert AppClient().accounts("POST", "tokens/refresh", body).status_code == 400
        assert not Session.objects.exists()


class TestWhoHasAnAccount:
    """The answers are alike (holders/tests/flows); a password hash takes so long that its absence would show."""

    @pytest.fixture
    def hashes(self, monkeypatch):
        calls: list[str] = []
        encode = MD5PasswordHasher.encode
        monkeypatch.setattr(
            MD5PasswordHasher, "encode", lambda self, password, salt: calls.append("") or encode(self, password, salt)
        )
        return calls

    def test_is_not_revealed_by_the_time_of_a_login(self, hashes):
        UserFactory(email="known@example.com")
        UserFactory(email="off@example.com", is_active=False)
        UserFactory(email="unverified@example.com", verified=False)
        numbers = set()
        for name in ("known", "off", "unverified", "nobody"):
            hashes.clear()
            body = {"email": f"{name}@example.com", "password": "wrong"}
            assert AppClient().accounts("POST", "auth/login", body).status_code == 400
            numbers.add(len(hashes))
        assert len(numbers) == 1
        assert numbers != {0}

    @pytest.mark.parametrize("door", ["api", "page"])
    def test_is_not_revealed_by_the_time_of_a_sign_up(self, hashes, door):
        UserFactory(email="known@example.com")
        form = {
            "first_name": "Ann",
            "last_name": "Fan",
            "phone": "+12155550123",
            "address": "1 Pattison Avenue",
            "password": PASSWORD,
        }
        numbers = []
        for name in ("known", "nobody"):
            hashes.clear()
            data = {**form, "email": f"{name}@example.com"}
            if door == "api":
                assert AppClient().accounts("POST", "auth/signup", data).status_code == 401
            else:
                page = {**data, "password1": PASSWORD, "password2": PASSWORD}
                assert BrowserClient().post("/accounts/signup/", page).status_code == 302
            numbers.append(len(hashes))
        assert numbers == [1, 1]


class TestSecondFactor:
    def test_is_asked_for_after_a_reset(self):
        person = person_with_second_factor()
        reset_by_mail(person.user)
        answer = AppClient().accounts("POST", "auth/login", {"email": person.user.email, "password": ANOTHER})
        assert answer.status_code == 401
        assert "access_token" not in answer.json()["meta"]

    def test_opens_nothing_before_it_is_given(self):
        person = person_with_second_factor(superuser=True)
        client = person.at_the_second_step()
        browser = BrowserClient()
        browser.cookies["sessionid"] = client._credentials["HTTP_X_SESSION_TOKEN"]
        assert browser.get("/api/v1/me/").status_code == 401
        assert browser.get("/admin/").url.startswith("/admin/login/")
        change = {"current_password": PASSWORD, "new_password": ANOTHER}
        for method, route, body in (
            ("GET", "account/authenticators", None),
            ("DELETE", "account/authenticators/totp", None),
            ("GET", "account/authenticators/recovery-codes", None),
            ("POST", "account/password/change", change),
            ("POST", "auth/reauthenticate", {"password": PASSWORD}),
        ):
            assert client.accounts(method, route, body).status_code == 401, route
        assert Authenticator.objects.count() == 2

    def test_is_not_guessed(self):
        """Five tries for an account, in however many sessions; then not even the right code."""
        person = person_with_second_factor()
        codes = [person.log_in(f"00000{number}").json()["errors"][0]["code"] for number in range(5)]
        assert codes == ["incorrect_code"] * 5
        assert person.log_in(person.code()).json()["errors"][0]["code"] == "too_many_login_attempts"

    def test_works_once(self):
        person = person_with_second_factor()
        for code in (person.code(), person.recovery_codes[0]):
            assert [person.log_in(code).status_code for _ in range(2)] == [200, 400]

    def test_is_not_removed_by_an_access_token_alone(self):
        person = person_with_second_factor()
        client = AppClient()
        client.use_token(person.log_in(person.code()).json()["meta"]["access_token"])
        for method, route in (("DELETE", "totp"), ("GET", "recovery-codes"), ("POST", "recovery-codes")):
            assert client.accounts(method, f"account/authenticators/{route}").status_code == 401
        assert Authenticator.objects.count() == 2


class TestSecondFactorInTheAdmin:
    def test_shows_no_secret_and_changes_nothing(self):
        person = person_with_second_factor()
        browser = BrowserClient()
        browser.force_login(UserFactory(superuser=True))
        row = Authenticator.objects.get(type="totp")
        page = browser.get(f"/admin/mfa/authenticator/{row.pk}/change/")
        assert page.status_code == 200
        assert person.user.email in page.content.decode()
        assert row.data["secret"] not in page.content.decode()
        assert browser.post(f"/admin/mfa/authenticator/{row.pk}/change/", {"data": "{}"}).status_code == 403
        assert browser.get("/admin/mfa/authenticator/add/").status_code == 403

    def test_is_deleted_by_superusers_only(self):
        person = person_with_second_factor()
        call_command("setup_staff_group", stdout=StringIO())
        staff = UserFactory(staff=True)
        staff.groups.add(Group.objects.get())
        staff.user_permissions.set(Permission.objects.filter(content_type__app_label="mfa"))
        chosen, url = {"action": "delete_selected", "_selected_action": list(ids())}, "/admin/mfa/authenticator/"
        for user, left in ((staff, 2), (UserFactory(superuser=True), 0)):
            browser = BrowserClient()
            browser.force_login(user)
            asked = browser.post(url, chosen)
            browser.post(url, form_of(asked) if user.is_superuser else {**chosen, "post": "yes"})
            assert Authenticator.objects.count() == left
        AppClient().log_in(person.user.email, PASSWORD)

    def test_lists_any_number_in_as_many_queries(self, django_assert_num_queries):
        browser = BrowserClient()
        browser.force_login(UserFactory(superuser=True))
        for size in (2, 10):
            Authenticator.objects.bulk_create(
                Authenticator(user=user, type="totp", data={}) for user in UserFactory.create_batch(size)
            )
            with django_assert_num_queries(5):
                assert browser.get("/admin/mfa/authenticator/").status_code == 200


def ids():
    return Authenticator.objects.values_list("pk", flat=True)


class TestLogin:
    @pytest.mark.parametrize(
        "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
    )
    def test_leads_to_no_foreign_page(self, target):
        data = {"login": UserFactory().email, "password": PASSWORD, "next": target}
        assert BrowserClient().post("/accounts/login/", data).url == "/accounts/"


@pytest.mark.django_db(transaction=True)
class TestRecoveryCodeRace:
    def test_is_used_once_by_two_at_once(self):
        person = person_with_second_factor()
        clients = [person.at_the_second_step() for _ in range(2)]
        barrier, statuses = threading.Barrier(2), []

        def use(client: AppClient) -> None:
            barrier.wait(20)
            body = {"code": person.recovery_codes[0]}
            statuses.append(client.accounts("POST", "auth/2fa/authenticate", body).status_code)
            connections.close_all()

        threads = [threading.Thread(target=use, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(statuses) == [200, 400]
