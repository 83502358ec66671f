"""Accounts: the model, the staff group, the admin and the pages of refusals."""

from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from apps.common.testing.clients import browser_of
from apps.common.testing.html_forms import save
from apps.users.models import User
from apps.users.testing.clients import BrowserClient
from apps.users.testing.factories import PASSWORD, UserFactory
from apps.users.testing.stories import staff_group_member, superuser

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


def run() -> str:
    out = StringIO()
    call_command("setup_staff_group", stdout=out)
    return out.getvalue()


class TestSetupStaffGroup:
    def test_gives_staff_what_they_need(self):
        output = run()
        user = UserFactory(staff=True)
        user.groups.add(Group.objects.get(name="STT Staff"))
        assert user.has_perms(["catalog.change_event", "catalog.add_team", "season_tickets.change_seasonticket"])
        assert user.has_perms(["listings.view_listing", "holders.view_ticketholder", "users.view_user"])
        assert user.has_perms(
            ["orders.add_sale", "orders.change_sale", "orders.change_marketplace", "listings.add_listing"]
        )
        assert "+ catalog.change_event" in output
        assert "'STT Staff' created" in output

    @pytest.mark.parametrize(
        "permission",
        [
            "users.change_user",
            "users.add_user",
            "users.delete_user",
            "auth.change_group",
            "holders.change_ticketholder",
            "listings.change_ticket",
            "catalog.delete_event",
            "account.change_emailaddress",
            "payouts.change_statement",
            "orders.delete_sale",
        ],
    )
    def test_gives_nothing_beyond_that(self, permission):
        assert superuser().get_all_permissions() >= {permission}
        assert not staff_group_member().has_perm(permission)

    def test_changes_nothing_the_second_time(self, settings):
        run()
        before = set(Group.objects.get().permissions.values_list("pk", flat=True))
        assert run() == f"Group 'STT Staff' unchanged: {len(settings.STAFF_GROUP_PERMISSIONS)} permissions.\n"
        assert set(Group.objects.get().permissions.values_list("pk", flat=True)) == before

    def test_takes_away_what_is_not_on_the_list(self):
        run()
        Group.objects.get().permissions.add(Permission.objects.get(codename="delete_event"))
        assert "- catalog.delete_event" in run()
        assert not Group.objects.get().permissions.filter(codename="delete_event").exists()

    def test_names_every_unknown_permission_and_changes_nothing(self, settings):
        settings.STAFF_GROUP_PERMISSIONS = ["catalog.view_event", "catalog.juggle_event", "nowhere.view_thing"]
        with pytest.raises(CommandError) as caught:
            run()
        assert "'catalog.juggle_event'" in str(caught.value)
        assert "'nowhere.view_thing'" in str(caught.value)
        assert not Group.objects.exists()


LIST = "/admin/users/user/"


def page(user: User, action: str = "change") -> str:
    return f"{LIST}{user.pk}/{action}/"


@pytest.fixture
def editor() -> User:
    """A staff member who may add and change users but is no superuser."""
    user = UserFactory(staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="users"))
    return user


@pytest.fixture
def chief() -> User:
    return UserFactory(superuser=True)


class TestRoles:
    @pytest.mark.parametrize("field", ["is_staff", "is_superuser", "groups", "user_permissions"])
    def test_cannot_be_given_by_staff(self, editor, field):
        target = UserFactory()
        group = Group.objects.create(name="STT Staff")
        value = {"groups": group.pk, "user_permissions": Permission.objects.first().pk}.get(field, "on")
        assert save(browser_of(editor), page(target), first_name="Changed", **{field: value}).status_code == 302
        target.refresh_from_db()
        assert target.first_name == "Changed"
        assert not target.is_staff
        assert not target.is_superuser
        assert not target.groups.exists()
        assert not target.user_permissions.exists()

    def test_cannot_be_taken_by_staff_for_themselves(self, editor):
        answer = browser_of(editor).post(page(editor), {"is_superuser": "on"})
        assert answer.status_code == 403
        editor.refresh_from_db()
        assert not editor.is_superuser

    def test_cannot_be_given_while_adding(self, editor):
        data = {
            "email": "New@Example.com",
            "usable_password": "true",
            "password1": PASSWORD,
            "password2": PASSWORD,
            "is_staff": "on",
            "is_superuser": "on",
        }
        assert browser_of(editor).post(f"{LIST}add/", data).status_code == 302
        added = User.objects.get(email="new@example.com")
        assert not added.is_staff
        assert not added.is_superuser
        assert added.check_password(PASSWORD)

    def test_are_given_by_superusers(self, chief):
        target = UserFactory()
        group = Group.objects.create(name="STT Staff")
        answer = save(browser_of(chief), page(target), is_staff="on", groups=str(group.pk))
        assert answer.status_code == 302
        target.refresh_from_db()
        assert target.is_staff
        assert target.groups.get() == group


class TestAccountsWithARole:
    @pytest.mark.parametrize("action", ["change", "password"])
    @pytest.mark.parametrize("role", ["staff", "superuser"])
    def test_are_changed_by_superusers_only(self, editor, chief, role, action):
        target = UserFactory(**{role: True})
        before = target.password
        data = {"first_name": "x", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
        assert browser_of(editor).post(page(target, action), data).status_code == 403
        target.refresh_from_db()
        assert target.password == before
        assert browser_of(chief).get(page(target, action)).status_code == 200


class TestUserAdmin:
    def test_keeps_the_address_of_an_existing_account(self, chief):
        target = UserFactory(email="before@example.com")
        assert save(browser_of(chief), page(target), email="after@example.com").status_code == 302
        target.refresh_from_db()
        assert target.email == "before@example.com"

    def test_sets_a_password(self, chief):
        target = UserFactory()
        data = {"usable_password": "true", "password1": "Another-Row-7", "password2": "Another-Row-7"}
        assert browser_of(chief).post(page(target, "password"), data).status_code == 302
        target.refresh_from_db()
        assert target.check_password("Another-Row-7")

    def test_refuses_an_address_that_differs_in_case_only(self, chief):
        UserFactory(email="taken@example.com")
        data = {"email": "TAKEN@example.com", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
        answer = browser_of(chief).post(f"{LIST}add/", data)
        assert answer.status_code == 200
        assert "A user with this e-mail address exists." in answer.content.decode()

    def test_finds_by_name_and_address(self, chief):
        UserFactory(email="needle@example.com")
        UserFactory(last_name="Haystack")
        content = browser_of(chief).get(LIST, {"q": "needle"}).content.decode()
        assert "needle@example.com" in content
        assert "Haystack" not in content

    def test_lists_any_number_of_users_in_as_many_queries(self, chief, django_assert_num_queries):
        client = browser_of(chief)
        UserFactory.create_batch(2)
        with django_assert_num_queries(6):
            client.get(LIST)
        UserFactory.create_batch(10)
        with django_assert_num_queries(6):
            assert client.get(LIST).status_code == 200


class TestRefusalPages:
    def test_show_who_is_signed_in_and_lead_on(self):
        browser = BrowserClient()
        browser.force_login(UserFactory())
        page = browser.get("/admin/", follow=True)
        assert page.status_code == 403
        assert "Your account may not see this page" in page.content.decode()
        assert 'href="/accounts/logout/"' in page.content.decode()

    def test_lead_to_the_start_page(self):
        page = BrowserClient().get("/nowhere")
        assert page.status_code == 404
        assert "There is no such page" in page.content.decode()
