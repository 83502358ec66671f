"""`manage.py setup_staff_group`."""

from io import StringIO

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command

from apps.users.testing.factories import UserFactory
from apps.users.testing.stories import staff_group_member, superuser

pytestmark = pytest.mark.django_db


def run() -> str:
    out = StringIO()
    call_command("setup_staff_group", stdout=out)
    return out.getvalue()


class TestSetupStaffGroup:
    def test_gives_staff_what_they_need(self):
        output = run()
        user = UserFactory(staff=True)
        user.groups.add(Group.objects.get(name="STT Staff"))
        assert user.has_perms(["catalog.change_event", "catalog.add_team", "listings.change_seasonticket"])
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
