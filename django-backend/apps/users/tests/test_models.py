"""Users and `createsuperuser`."""

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from apps.users.models import User
from apps.users.testing.clients import BrowserClient

pytestmark = pytest.mark.django_db


class TestUser:
    @pytest.mark.parametrize("email", ["Fan@Example.com", " FAN@example.com "])
    def test_stores_the_address_in_lower_case(self, email):
        assert User.objects.create_user(email).email == "fan@example.com"

    def test_refuses_to_be_made_without_an_address(self):
        with pytest.raises(ValueError, match="address"):
            User.objects.create_user("")

    def test_cannot_be_stored_with_a_second_spelling(self):
        with pytest.raises(IntegrityError, match="user_email_lower_case"), transaction.atomic():
            User.objects.create(email="Fan@example.com")

    def test_is_found_by_any_spelling(self):
        user = User.objects.create_user("fan@example.com")
        assert User.objects.get_by_natural_key("FAN@Example.com") == user

    def test_is_called_by_its_name_or_else_by_its_address(self):
        assert User(email="fan@example.com", first_name="Ann", last_name="Fan").get_full_name() == "Ann Fan"
        assert User(email="fan@example.com").get_full_name() == "fan@example.com"


class TestCreateSuperuser:
    @pytest.fixture(autouse=True)
    def _environment(self, monkeypatch):
        monkeypatch.setenv("DJANGO_SUPERUSER_EMAIL", "Boss@Example.com")
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "Front-Office-2025")

    def test_works_without_questions_and_opens_the_admin(self):
        """S2-26: `createsuperuser --noinput` makes a user who gets from the login page into the admin."""
        call_command("createsuperuser", "--noinput", verbosity=0)
        user = User.objects.get(email="boss@example.com")
        assert user.is_staff
        assert user.is_superuser
        browser = BrowserClient()
        assert browser.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/?next=")
        answer = browser.post(
            "/accounts/login/?next=/admin/", {"login": "boss@example.com", "password": "Front-Office-2025"}
        )
        assert answer.url == "/admin/"
        assert browser.get("/admin/").status_code == 200

    def test_vouches_for_the_address(self):
        call_command("createsuperuser", "--noinput", verbosity=0)
        address = EmailAddress.objects.get()
        assert (address.email, address.verified, address.primary) == ("boss@example.com", True, True)

    def test_writes_nothing_the_second_time(self):
        call_command("createsuperuser", "--noinput", verbosity=0)
        with pytest.raises(CommandError):
            call_command("createsuperuser", "--noinput", verbosity=0)
        assert User.objects.count() == 1
        assert EmailAddress.objects.count() == 1
