"""The reports in the admin, to look at."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.common.testing.clients import browser_of
from apps.notifications.models import SlackMessage
from apps.reports.models import WeeklyReport
from apps.reports.testing.stories import END, NOW, START
from apps.users.testing.stories import staff_member

pytestmark = pytest.mark.django_db
PAGE = "/admin/reports/weeklyreport/"


def report(week: str = "2026-W47") -> WeeklyReport:
    row = WeeklyReport.objects.create(channel="C1", week=week, starts_at=START, ends_at=END, made_at=NOW)
    row.slack_messages.add(
        *[SlackMessage.objects.create(channel="C1", text="x", blocks=[], created_at=NOW) for _ in range(2)]
    )
    return row


class TestPage:
    def test_lists_any_number_in_the_same_queries(self) -> None:
        client, counts = browser_of(staff_member("view_weeklyreport")), []
        for weeks in (["2026-W01"], [f"2026-W{number}" for number in range(10, 19)]):
            for week in weeks:
                report(week)
            with CaptureQueriesContext(connection) as queries:
                assert "Waiting: 2" in client.get(PAGE).text
            counts.append(len(queries))
        assert counts[0] == counts[1]
