"""The user admin: who may change whom."""

import pytest
from django.contrib.auth.models import Group, Permission

from apps.common.testing.clients import browser_of
from apps.common.testing.html_forms import save
from apps.users.models import User
from apps.users.testing.factories import PASSWORD, UserFactory

pytestmark = pytest.mark.django_db

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
def superuser() -> User:
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

    def test_are_given_by_superusers(self, superuser):
        target = UserFactory()
        group = Group.objects.create(name="STT Staff")
        answer = save(browser_of(superuser), page(target), is_staff="on", groups=str(group.pk))
        assert answer.status_code == 302
        target.refresh_from_db()
        assert target.is_staff
        assert target.groups.get() == group


class TestAccountsWithARole:
    @pytest.mark.parametrize("action", ["change", "password"])
    @pytest.mark.parametrize("role", ["staff", "superuser"])
    def test_are_changed_by_superusers_only(self, editor, superuser, role, action):
        target = UserFactory(**{role: True})
        before = target.password
        data = {"first_name": "x", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
        assert browser_of(editor).post(page(target, action), data).status_code == 403
        target.refresh_from_db()
        assert target.password == before
        assert browser_of(superuser).get(page(target, action)).status_code == 200


class TestUserAdmin:
    def test_keeps_the_address_of_an_existing_account(self, superuser):
        target = UserFactory(email="before@example.com")
        assert save(browser_of(superuser), page(target), email="after@example.com").status_code == 302
        target.refresh_from_db()
        assert target.email == "before@example.com"

    def test_sets_a_password(self, superuser):
        target = UserFactory()
        data = {"usable_password": "true", "password1": "Another-Row-7", "password2": "Another-Row-7"}
        assert browser_of(superuser).post(page(target, "password"), data).status_code == 302
        target.refresh_from_db()
        assert target.check_password("Another-Row-7")

    def test_refuses_an_address_that_differs_in_case_only(self, superuser):
        UserFactory(email="taken@example.com")
        data = {"email": "TAKEN@example.com", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
        answer = browser_of(superuser).post(f"{LIST}add/", data)
        assert answer.status_code == 200
        assert "A user with this e-mail address exists." in answer.content.decode()

    def test_finds_by_name_and_address(self, superuser):
        UserFactory(email="needle@example.com")
        UserFactory(last_name="Haystack")
        content = browser_of(superuser).get(LIST, {"q": "needle"}).content.decode()
        assert "needle@example.com" in content
        assert "Haystack" not in content

    def test_lists_any_number_of_users_in_as_many_queries(self, superuser, django_assert_num_queries):
        client = browser_of(superuser)
        UserFactory.create_batch(2)
        with django_assert_num_queries(6):
            client.get(LIST)
        UserFactory.create_batch(10)
        with django_assert_num_queries(6):
            assert client.get(LIST).status_code == 200
