"""Results in the admin: to look at, for those who may."""

import pytest
from django.utils import timezone

from apps.common.testing.clients import browser_of
from apps.common.testing.queries import queries_of
from apps.monitoring.models import InvariantResult
from apps.monitoring.services.invariants import invariants_check
from apps.users.testing.stories import staff_member

pytestmark = pytest.mark.django_db
RESULTS, HEARTBEATS = "/admin/monitoring/invariantresult/", "/admin/monitoring/heartbeat/"


@pytest.fixture(autouse=True)
def _checked() -> None:
    invariants_check(now=timezone.now(), by_beat=True)
    InvariantResult.objects.filter(name="seats_active_once").update(state="failing", found=2, ids=["01-a", "01-b"])


class TestPages:
    def test_show_what_is_broken_and_which_rows(self) -> None:
        page = browser_of(staff_member("view_invariantresult")).get(f"{RESULTS}seats_active_once/change/")
        assert "A physical seat is in at most one active ticket of an event." in page.text
        assert "01-b" in page.text

    def test_take_the_same_queries_for_one_row_and_for_all(self) -> None:
        client, counts = browser_of(staff_member("view_invariantresult")), []
        client.get(RESULTS)
        for _ in range(2):
            counts.append(queries_of(lambda: client.get(RESULTS)))
            InvariantResult.objects.exclude(name="seats_active_once").delete()
        assert counts[0] == counts[1]
