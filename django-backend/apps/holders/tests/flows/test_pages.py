"""The account pages: sign-up to login in a browser, and who sees what."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail

from apps.holders.models import TicketHolder
from apps.holders.testing.stories import PASSWORD, form_data, link_in_mail
from apps.users.models import User
from apps.users.testing.clients import AppClient, BrowserClient
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db

CREDENTIALS = {"login": "ann@example.com", "password": PASSWORD}


class TestSignupPage:
    def test_leads_by_mail_to_the_first_login(self):
        """S2-25: form, "Verify Your E-mail Address" page, link in the mail; login only afterwards."""
        browser = BrowserClient()
        page = browser.post("/accounts/signup/", form_data(), follow=True)
        assert page.redirect_chain == [("/accounts/confirm-email/", 302)]
        assert "Verify Your E-mail Address" in page.content.decode()
        assert TicketHolder.objects.get().is_season_ticket_interest

        refused = browser.post("/accounts/login/", CREDENTIALS, follow=True)
        assert "Verify Your E-mail Address" in refused.content.decode()
        assert "_auth_user_id" not in browser.session
        assert browser.get("/accounts/").status_code == 302

        link = link_in_mail("ann@example.com")
        assert "Confirm" in browser.get(link).content.decode()
        assert browser.get("/accounts/").status_code == 302, "looking at the link verifies nothing"
        assert browser.post(link).url == "/accounts/login/"
        assert browser.post("/accounts/login/", CREDENTIALS).url == "/accounts/"
        assert "Ann Fan" in browser.get("/accounts/").content.decode()

    def test_shows_labelled_fields(self):
        content = BrowserClient().get("/accounts/signup/").content.decode()
        for field in ("email", "first_name", "phone", "address", "timezone", "password1", "is_card_interest"):
            assert f'<label for="id_{field}">' in content
        assert "America/New_York" in content
        assert 'name="viewport"' in content

    @pytest.mark.parametrize(
        ("field", "value", "sentence"),
        [
            ("phone", "12", "not a valid phone number"),
            ("address", "", "A ticket holder needs this field"),
            ("timezone", "Mars/Olympus", "not an IANA time zone"),
            ("timezone", "EST", "Did you mean America/New_York?"),
            ("password2", "other", "same password"),
            ("is_card_interest", "maybe", "Enter true or false"),
        ],
    )
    def test_says_what_is_wrong_and_writes_nothing(self, field, value, sentence):
        page = BrowserClient().post("/accounts/signup/", form_data(**{field: value}))
        assert page.status_code == 200
        assert sentence in page.content.decode()
        assert not User.objects.exists()
        assert not mail.outbox

    def test_does_not_reveal_who_has_an_account(self):
        UserFactory(email="ann@example.com")
        page = BrowserClient().post("/accounts/signup/", form_data(), follow=True)
        assert "Verify Your E-mail Address" in page.content.decode()
        assert User.objects.count() == 1

    def test_ignores_roles(self):
        BrowserClient().post("/accounts/signup/", form_data(is_staff="on", is_superuser="on"))
        assert not User.objects.get().is_staff
        assert not User.objects.get().is_superuser


class TestTwoBrowsers:
    def test_hold_two_sessions_that_see_different_pages(self):
        """S2-42: an ordinary user and a superuser at the same time."""
        fan, boss = UserFactory(), UserFactory(superuser=True)
        first, second = BrowserClient(), BrowserClient()
        first.post("/accounts/login/", {"login": fan.email, "password": PASSWORD})
        second.post("/accounts/login/", {"login": boss.email, "password": PASSWORD})
        assert "Administration" not in first.get("/accounts/").content.decode()
        assert "Administration" in second.get("/accounts/").content.decode()
        assert first.get("/admin/").status_code == 302
        assert second.get("/admin/").status_code == 200
        assert first.get("/accounts/").context["user"] == fan


class TestAdminLogin:
    def test_is_the_common_login(self):
        page = BrowserClient().get("/admin/login/")
        assert page.status_code == 302
        assert page.url.startswith("/accounts/login/")

    def test_gives_no_session_to_an_unverified_colleague(self):
        """S3-50: the admin's form is no way around verification."""
        user = UserFactory(staff=True, verified=False)
        browser = BrowserClient()
        browser.post("/admin/login/", {"username": user.email, "password": PASSWORD})
        browser.post("/accounts/login/?next=/admin/", {"login": user.email, "password": PASSWORD})
        assert browser.get("/admin/").status_code == 302
        assert link_in_mail(user.email).startswith("/accounts/confirm-email/")

    def test_lets_a_colleague_in_who_was_added_in_the_admin_and_follows_the_mail(self):
        user = UserFactory(staff=True)
        EmailAddress.objects.all().delete()
        browser, credentials = BrowserClient(), {"login": user.email, "password": PASSWORD}
        browser.post("/accounts/login/?next=/admin/", credentials)
        browser.post(link_in_mail(user.email))
        assert browser.post("/accounts/login/?next=/admin/", credentials).url == "/admin/"
        assert browser.get("/admin/").status_code == 200

    def test_is_no_way_around_the_second_factor(self):
        user = UserFactory(superuser=True)
        TOTP.activate(user, generate_totp_secret())
        browser = BrowserClient()
        browser.post("/admin/login/", {"username": user.email, "password": PASSWORD})
        page = browser.post("/accounts/login/?next=/admin/", {"login": user.email, "password": PASSWORD})
        assert page.url.startswith("/accounts/2fa/authenticate/")
        assert browser.get("/admin/").status_code == 302
        api = AppClient().accounts("POST", "auth/login", {"email": user.email, "password": PASSWORD})
        assert api.status_code == 401
        assert "access_token" not in api.json()["meta"]

    def test_refuses_a_signed_in_user_who_is_not_staff(self):
        browser = BrowserClient()
        browser.force_login(UserFactory())
        assert browser.get("/admin/login/").status_code == 403


def signed_in_twice(email: str) -> BrowserClient:
    """Return a browser that has just repeated its password, as sensitive pages demand."""
    browser = BrowserClient()
    browser.post("/accounts/login/", {"login": email, "password": PASSWORD})
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    return browser


class TestAccountPages:
    @pytest.mark.parametrize("path", ["", "email/", "password/change/", "2fa/", "2fa/totp/activate/", "logout/"])
    def test_open_for_the_signed_in(self, path):
        assert signed_in_twice(UserFactory().email).get(f"/accounts/{path}").status_code == 200

    @pytest.mark.parametrize("path", ["", "email/", "password/change/", "2fa/"])
    def test_send_strangers_to_the_login(self, path):
        assert BrowserClient().get(f"/accounts/{path}").url.startswith("/accounts/login/")

    @pytest.mark.parametrize("path", ["login/", "signup/", "password/reset/", "confirm-email/", "confirm-email/x:y:z/"])
    def test_open_for_strangers(self, path):
        assert BrowserClient().get(f"/accounts/{path}").status_code == 200

    def test_end_the_session_at_logout(self):
        browser = BrowserClient()
        browser.post("/accounts/login/", {"login": UserFactory().email, "password": PASSWORD})
        assert browser.post("/accounts/logout/").url == "/accounts/login/"
        assert browser.get("/accounts/").status_code == 302

    def test_change_the_address_by_mail(self):
        user = UserFactory()
        browser = signed_in_twice(user.email)
        browser.post("/accounts/email/", {"email": "New@Example.com", "action_add": ""})
        browser.post(link_in_mail("new@example.com"))
        user.refresh_from_db()
        assert user.email == "new@example.com"

    def test_refuse_an_address_that_an_unverified_account_holds(self):
        user, other = UserFactory(), UserFactory(verified=False)
        browser = signed_in_twice(user.email)
        browser.post("/accounts/email/", {"email": other.email, "action_add": ""})
        page = browser.post(link_in_mail(other.email), follow=True)
        assert "Unable to confirm" in page.content.decode()
        assert User.objects.get(pk=user.pk).email == user.email
