"""Two who make the report of a week at once, in real transactions."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django import Settings

from apps.common.testing.local_github import LocalGithub
from apps.common.testing.threads import at_once
from apps.notifications.models import SlackMessage
from apps.reports import services
from apps.reports.models import WeeklyReport
from apps.reports.services import weekly_report_post
from apps.reports.testing.stories import NOW, REPOSITORY, WEEK

pytestmark = pytest.mark.django_db(transaction=True)
CONSTRAINT = "weeklyreport_week_once_per_channel"


@pytest.fixture
def both_have_read(github: LocalGithub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nobody write before both have seen that there is no report, and have read GitHub."""
    settings.WEEKLY_REPORT_REPOSITORIES = [REPOSITORY]
    github.serve(github.repository(REPOSITORY))
    read, barrier = services.weekly_report_read, threading.Barrier(2)

    def read_and_wait(**given: object) -> object:
        report = read(**given)
        barrier.wait(20)
        return report

    monkeypatch.setattr(services, "weekly_report_read", read_and_wait)


@pytest.fixture
def no_constraint() -> Iterator[None]:
    """Take the guard away and put it back when the test's rows are gone."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE reports_weeklyreport DROP CONSTRAINT {CONSTRAINT}")
    yield
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE reports_weeklyreport CASCADE")
        cursor.execute(f"ALTER TABLE reports_weeklyreport ADD CONSTRAINT {CONSTRAINT} UNIQUE (channel, week)")


def post() -> WeeklyReport | None:
    return weekly_report_post(week=WEEK, now=NOW)


@pytest.mark.usefixtures("both_have_read")
class TestTwoAtOnce:
    def test_post_it_once(self) -> None:
        results = at_once(post, post)
        assert sorted(type(result).__name__ for result in results) == ["NoneType", "WeeklyReport"], results
        assert (WeeklyReport.objects.count(), SlackMessage.objects.count()) == (1, 1)

    def test_would_post_it_twice_without_the_constraint(
        self, no_constraint: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Twin: both look, find nothing and write; the second one writes before the first one commits."""
        barrier = threading.Barrier(2)

        def found_nothing(self: object, *, defaults: dict[str, object], **fields: object) -> tuple[WeeklyReport, bool]:
            barrier.wait(20)
            return WeeklyReport.objects.create(**fields, **defaults), True

        monkeypatch.setattr(type(WeeklyReport.objects), "get_or_create", found_nothing)
        results = at_once(post, post)
        assert [type(result) for result in results] == [WeeklyReport] * 2, results
        assert (WeeklyReport.objects.count(), SlackMessage.objects.count()) == (2, 2)
