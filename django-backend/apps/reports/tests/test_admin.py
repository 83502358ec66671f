"""The reports in the admin, to look at."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from apps.notifications.models import SlackMessage
from apps.reports.models import WeeklyReport
from apps.reports.testing.stories import END, NOW, START
from apps.users.testing.factories import UserFactory

pytestmark = pytest.mark.django_db
PAGE = "/admin/reports/weeklyreport/"


def report(week: str = "2026-W47") -> WeeklyReport:
    row = WeeklyReport.objects.create(channel="C1", week=week, starts_at=START, ends_at=END, made_at=NOW)
    row.slack_messages.add(
        *[SlackMessage.objects.create(channel="C1", text="x", blocks=[], created_at=NOW) for _ in range(2)]
    )
    return row


def looking(*rights: str) -> Client:
    user = UserFactory(staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    client = Client()
    client.force_login(user)
    return client


class TestPage:
    def test_is_for_who_may_look(self) -> None:
        row = report()
        client = looking("view_weeklyreport")
        assert "Waiting: 2" in client.get(PAGE).text
        assert client.get(f"{PAGE}{row.id}/change/").status_code == 200
        assert looking("view_listing").get(PAGE).status_code == 403
        assert Client().get(PAGE).status_code == 302

    def test_changes_nothing_for_anybody(self, admin_client: Client) -> None:
        row = report()
        assert admin_client.get(f"{PAGE}add/").status_code == 403
        assert admin_client.post(f"{PAGE}{row.id}/change/", {"week": "x"}).status_code == 403
        assert admin_client.post(f"{PAGE}{row.id}/delete/", {"post": "yes"}).status_code == 403

    def test_lists_any_number_in_the_same_queries(self) -> None:
        client, counts = looking("view_weeklyreport"), []
        for weeks in (["2026-W01"], [f"2026-W{number}" for number in range(10, 19)]):
            for week in weeks:
                report(week)
            with CaptureQueriesContext(connection) as queries:
                client.get(PAGE)
            counts.append(len(queries))
        assert counts[0] == counts[1]
