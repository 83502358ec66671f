"""Results in the admin: to look at, for those who may."""

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.monitoring.models import InvariantResult
from apps.monitoring.services.invariants import invariants_check
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db
RESULTS, HEARTBEATS = "/admin/monitoring/invariantresult/", "/admin/monitoring/heartbeat/"


def looking(*rights: str) -> Client:
    client, user = Client(), UserFactory(staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client.force_login(user)
    return client


@pytest.fixture(autouse=True)
def _checked() -> None:
    invariants_check(now=timezone.now(), by_beat=True)
    InvariantResult.objects.filter(name="seats_active_once").update(state="failing", found=2, ids=["01-a", "01-b"])


class TestPages:
    @pytest.mark.parametrize(
        ("path", "row", "right"),
        [(RESULTS, "seats_active_once", "view_invariantresult"), (HEARTBEATS, "beat", "view_heartbeat")],
    )
    def test_are_for_who_may_look(self, path: str, row: str, right: str) -> None:
        client, stranger = looking(right), looking("view_listing")
        for address in (path, f"{path}{row}/change/"):
            assert client.get(address).status_code == 200
            assert stranger.get(address).status_code == 403
            assert Client().get(address).status_code == 302

    def test_are_for_the_staff_group(self) -> None:
        assert {"monitoring.view_invariantresult", "monitoring.view_heartbeat"} <= set(settings.STAFF_GROUP_PERMISSIONS)

    def test_show_what_is_broken_and_which_rows(self) -> None:
        page = looking("view_invariantresult").get(f"{RESULTS}seats_active_once/change/")
        assert "A physical seat is in at most one active ticket of an event." in page.text
        assert "01-b" in page.text

    @pytest.mark.parametrize(("path", "row"), [(RESULTS, "seats_active_once"), (HEARTBEATS, "beat")])
    def test_change_nothing_for_anybody(self, admin_client: Client, path: str, row: str) -> None:
        assert admin_client.get(f"{path}add/").status_code == 403
        assert admin_client.post(f"{path}{row}/change/", {"state": "working", "id": "beat"}).status_code == 403
        assert admin_client.post(f"{path}{row}/delete/", {"post": "yes"}).status_code == 403
        assert InvariantResult.objects.get(name="seats_active_once").state == "failing"

    def test_take_the_same_queries_for_one_row_and_for_all(self) -> None:
        client, counts = looking("view_invariantresult"), []
        client.get(RESULTS)
        for _ in range(2):
            with CaptureQueriesContext(connection) as queries:
                client.get(RESULTS)
            counts.append(len(queries))
            InvariantResult.objects.exclude(name="seats_active_once").delete()
        assert counts[0] == counts[1]
