"""`manage.py weekly_issue_report`."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from apps.common.testing.local_github import CHANNEL, LocalGithub
from apps.notifications.models import SlackMessage
from apps.reports.management.commands import weekly_issue_report
from apps.reports.models import WeeklyReport
from apps.reports.testing.stories import END, NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _served(github: LocalGithub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEEKLY_REPORT_REPOSITORIES = github.serve_sample(end=END)
    monkeypatch.setattr(weekly_issue_report.timezone, "now", lambda: NOW)


def told(*arguments: str) -> str:
    output = StringIO()
    call_command("weekly_issue_report", *arguments, stdout=output)
    return output.getvalue()


class TestCommand:
    def test_posts_once_and_again_when_forced(self) -> None:
        """S3-26."""
        assert told() == f"2026-W47 will be posted to {CHANNEL}.\n"
        assert told() == "2026-W47 was reported before; --force posts it again.\n"
        parts = SlackMessage.objects.count()
        assert told("--force") == f"2026-W47 will be posted to {CHANNEL}.\n"
        assert SlackMessage.objects.count() == 2 * parts

    def test_prints_and_posts_nothing_in_a_dry_run(self, settings: Settings) -> None:
        settings.STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID = ""
        lines = told("--dry-run").splitlines()
        assert sum(line.startswith("    #") for line in lines) == 3 * 132
        assert [line for line in lines if "120 closed · 15 opened · 35 still open" in line][1:] != []
        assert not WeeklyReport.objects.exists()
        assert not SlackMessage.objects.exists()

    def test_reports_another_week(self) -> None:
        assert told("--week", "2026-W46") == f"2026-W46 will be posted to {CHANNEL}.\n"
        assert WeeklyReport.objects.get().week == "2026-W46"

    @pytest.mark.parametrize(("week", "sentence"), [("2026-W60", "is not a week"), ("2026-W48", "is not over")])
    def test_refuses_a_week_that_cannot_be(self, week: str, sentence: str) -> None:
        with pytest.raises(CommandError, match=sentence) as refused:
            told("--week", week)
        assert refused.value.returncode == 1

    @pytest.mark.parametrize("name", ["GITHUB_ACCESS_TOKEN", "WEEKLY_REPORT_REPOSITORIES"])
    @pytest.mark.parametrize("arguments", [(), ("--dry-run",)])
    def test_says_what_is_missing(self, settings: Settings, name: str, arguments: tuple[str, ...]) -> None:
        setattr(settings, name, None)
        with pytest.raises(CommandError, match=f"needs {name}") as refused:
            told(*arguments)
        assert refused.value.returncode == 1
