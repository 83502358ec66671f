"""The report from GitHub to Slack: once a week, whole, in order, whatever fails."""

import logging
import re
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from pytest_django import Settings

from apps.common.testing.local_github import CHANNEL, LocalGithub
from apps.common.testing.local_slack import LocalSlack
from apps.common.testing.queries import queries_of
from apps.notifications.models import OutboxMessage, SlackMessage
from apps.notifications.services.delivery import outbox_deliver
from apps.reports import services, tasks
from apps.reports.models import WeeklyReport
from apps.reports.services import CATCH_UP, INTERVAL, PATIENCE, report_week, weekly_report_due, weekly_report_post
from apps.reports.testing.stories import END, NOW, REPOSITORY, START, WEEK

pytestmark = pytest.mark.django_db
SECOND = timedelta(seconds=1)


@pytest.fixture
def served(github: LocalGithub, settings: Settings) -> LocalGithub:
    """One repository in which Ann closed an issue."""
    settings.WEEKLY_REPORT_REPOSITORIES = [REPOSITORY]
    closed = github.issue(1, START, closed_at=END - SECOND, assignees=("ann-fan",))
    github.serve(github.repository(REPOSITORY, closed), users=(github.user("ann-fan", "Ann Fan"),))
    return github


def deliver(*, rounds: int = 1, now: datetime = NOW) -> None:
    for number in range(rounds):
        outbox_deliver(now=now + timedelta(minutes=number), limit=50)


def shown(slack: LocalSlack) -> str:
    return "\n".join(
        block["text"]["text"] for message in slack.messages(CHANNEL) for block in message["blocks"] if "text" in block
    )


class TestWeeklyReport:
    def test_tells_120_issues_of_each_of_three_repositories(
        self, github: LocalGithub, slack: LocalSlack, settings: Settings
    ) -> None:
        """S3-26, S3-27, S3-28: all pages, no pull request, several messages within Slack's limits, in their order."""
        settings.WEEKLY_REPORT_REPOSITORIES = github.serve_sample(end=END)
        assert weekly_report_due(now=NOW) is not None
        deliver()
        messages = slack.messages(CHANNEL)
        titles = [message["blocks"][0]["text"]["text"] for message in messages]
        assert titles == [
            f"Weekly GitHub Issues Report ({number} of {len(titles)})" for number in range(1, len(titles) + 1)
        ]
        assert len(titles) > 1
        assert all(len(message["blocks"]) <= 50 for message in messages)
        text = shown(slack)
        for name in settings.WEEKLY_REPORT_REPOSITORIES:
            assert f"*<https://github.com/{name}|{name}>*\n120 closed · 15 opened · 35 still open" in text
            links = re.findall(rf"• <https://github.com/{name}/issues/(\d+)\|", text)
            assert {int(number) for number in links} == set(range(100, 220))
            assert len(links) == 132
        assert "Merge me" not in text
        assert [f"*{name}* ·" in text for name in ("Ann Fan", "Bo Row", "cy", "Nobody")] == [True] * 4
        assert "Dee &lt;Seat&gt; &amp;" in text
        requests = [call.partition("?")[0] for call in github.calls]
        # A repository, its open issues, two pages of closed ones; each person once.
        assert (len(requests), sum(call.startswith("/users") for call in requests)) == (16, 4)

    def test_posts_each_week_once(self, served: LocalGithub, slack: LocalSlack) -> None:
        made = weekly_report_due(now=NOW)
        asked = len(served.calls)
        assert weekly_report_due(now=NOW + INTERVAL) is None
        assert weekly_report_post(week=WEEK, now=NOW + INTERVAL) is None
        assert len(served.calls) == asked
        deliver()
        assert len(slack.messages(CHANNEL)) == 1
        assert made == WeeklyReport.objects.get()
        assert (made.week, made.starts_at, made.ends_at, made.made_at) == ("2026-W47", START, END, NOW)
        assert [message.state.label for message in made.slack_messages.all()] == ["Shown"]

    def test_posts_again_when_it_is_forced(self, served: LocalGithub, slack: LocalSlack) -> None:
        weekly_report_due(now=NOW)
        assert weekly_report_post(week=WEEK, now=NOW + INTERVAL, force=True) is not None
        deliver(now=NOW + INTERVAL)
        assert len(slack.messages(CHANNEL)) == 2
        row = WeeklyReport.objects.get()
        assert (row.made_at, row.slack_messages.count()) == (NOW + INTERVAL, 2)

    def test_is_made_for_each_channel(self, served: LocalGithub, settings: Settings) -> None:
        """S3-20: the channel is a setting."""
        weekly_report_due(now=NOW)
        settings.STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID = "C0OTHER"
        assert weekly_report_due(now=NOW) is not None
        assert set(SlackMessage.objects.values_list("channel", flat=True)) == {CHANNEL, "C0OTHER"}

    def test_is_due_from_the_end_of_the_week_for_two_days(self, served: LocalGithub) -> None:
        """A missed run is made good; a house that sets it up on a Wednesday is not told of a week long over."""
        assert weekly_report_due(now=END + CATCH_UP) is None
        assert weekly_report_due(now=END - SECOND) is None
        assert served.calls == []
        assert weekly_report_due(now=END + CATCH_UP - SECOND) is not None

    def test_keeps_to_schedule_and_zone(self, served: LocalGithub, settings: Settings) -> None:
        settings.WEEKLY_REPORT_SCHEDULE = (0, time(9))
        settings.WEEKLY_REPORT_TIME_ZONE = ZoneInfo("America/New_York")
        assert report_week(now=END + timedelta(days=1, hours=1)).end == END + timedelta(days=1, hours=1)
        assert report_week(now=END, name="2026-W47").end == END - timedelta(days=5, hours=23)

    def test_asks_the_database_once_when_there_is_nothing_to_do(self, served: LocalGithub) -> None:
        weekly_report_due(now=NOW)
        assert queries_of(lambda: weekly_report_due(now=NOW)) == 1

    def test_task_makes_it(self, served: LocalGithub, monkeypatch: pytest.MonkeyPatch) -> None:
        """S3-56."""
        monkeypatch.setattr(tasks.timezone, "now", lambda: NOW)
        assert tasks.weekly_issue_report() is True
        assert tasks.weekly_issue_report() is False


class TestFaults:
    def test_of_one_repository_are_told_and_the_others_appear(
        self, served: LocalGithub, slack: LocalSlack, settings: Settings, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.WEEKLY_REPORT_REPOSITORIES = ["o/dead", REPOSITORY]
        weekly_report_due(now=NOW)
        deliver()
        assert ":warning: GitHub has no such repository, or the token may not see it." in shown(slack)
        assert "*Ann Fan* · 1" in shown(slack)
        assert "nothing of o/dead: missing" in caplog.text

    def test_that_pass_are_waited_out(self, served: LocalGithub, slack: LocalSlack) -> None:
        """An hour without GitHub on the one day of the week is no week without a report."""
        served.fault("unavailable", times=None)
        assert weekly_report_due(now=NOW) is None
        assert not WeeklyReport.objects.exists()
        served.mend()
        assert weekly_report_due(now=NOW + INTERVAL) is not None
        deliver(now=NOW + INTERVAL)
        assert "*Ann Fan* · 1" in shown(slack)
        assert ":warning:" not in shown(slack)

    def test_that_do_not_pass_are_told_in_the_end(self, served: LocalGithub, slack: LocalSlack) -> None:
        served.fault("unavailable", times=None)
        assert weekly_report_due(now=NOW + PATIENCE - SECOND) is None
        assert weekly_report_due(now=NOW + PATIENCE) is not None
        deliver(now=NOW + PATIENCE)
        assert ":warning: GitHub had an internal failure." in shown(slack)

    def test_are_told_at_once_by_hand(self, served: LocalGithub) -> None:
        served.fault("unavailable", times=None)
        assert weekly_report_post(week=WEEK, now=NOW) is not None

    def test_of_the_token_are_told(self, served: LocalGithub, slack: LocalSlack, settings: Settings) -> None:
        settings.GITHUB_ACCESS_TOKEN = "revoked"
        weekly_report_due(now=NOW)
        deliver()
        assert "GitHub refuses the token (GITHUB_ACCESS_TOKEN)." in shown(slack)
        assert "revoked" not in shown(slack)

    @pytest.mark.parametrize(
        "name", ["GITHUB_ACCESS_TOKEN", "WEEKLY_REPORT_REPOSITORIES", "STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID"]
    )
    def test_of_the_settings_are_logged_once(
        self, served: LocalGithub, settings: Settings, name: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        setattr(settings, name, "")
        caplog.set_level(logging.INFO, "apps.reports")
        for number in range(9):
            assert weekly_report_due(now=NOW + number * INTERVAL) is None
        assert [record.getMessage() for record in caplog.records if record.name == "apps.reports.services"] == [
            f"The weekly report of issues needs {name}."
        ]
        assert served.calls == []
        assert not OutboxMessage.objects.exists()

    def test_between_reading_and_posting_lose_nothing(
        self, served: LocalGithub, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The row that says that it was made is there only with the messages."""
        real = services.slack_put
        monkeypatch.setattr(services, "slack_put", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            weekly_report_due(now=NOW)
        assert not WeeklyReport.objects.exists()
        monkeypatch.setattr(services, "slack_put", real)
        assert weekly_report_due(now=NOW + INTERVAL) is not None
        deliver(now=NOW + INTERVAL)
        assert len(slack.messages(CHANNEL)) == 1


class TestOrder:
    """Parts of one report wait for the one before."""

    @pytest.fixture
    def parts(self, github: LocalGithub, settings: Settings) -> int:
        settings.WEEKLY_REPORT_REPOSITORIES = github.serve_sample(end=END)[:2]
        row = weekly_report_due(now=NOW)
        assert row is not None
        return row.slack_messages.count()

    def titles(self, slack: LocalSlack, parts: int) -> list[int]:
        texts = [message["blocks"][0]["text"]["text"] for message in slack.messages(CHANNEL)]
        return [int(found[1]) for text in texts if (found := re.search(rf"\((\d+) of {parts}\)", text))]

    def test_is_kept_when_the_first_one_fails(self, parts: int, slack: LocalSlack) -> None:
        slack.fault("error_503_html", times=1)
        deliver()
        assert self.titles(slack, parts) == []
        deliver(rounds=parts + 2)
        assert self.titles(slack, parts) == list(range(1, parts + 1))

    def test_is_kept_by_whoever_begins_at_the_end(self, parts: int, slack: LocalSlack) -> None:
        last = OutboxMessage.objects.filter(topic="slack").order_by("-id").first()
        assert last is not None
        OutboxMessage.objects.filter(id=last.id).update(available_at=NOW - timedelta(hours=1))
        outbox_deliver(now=NOW, limit=1)
        assert self.titles(slack, parts) == []
        deliver(rounds=parts)
        assert self.titles(slack, parts) == list(range(1, parts + 1))

    def test_does_not_wait_for_what_was_given_up(self, parts: int, slack: LocalSlack) -> None:
        first = OutboxMessage.objects.filter(topic="slack").order_by("id").first()
        assert first is not None
        OutboxMessage.objects.filter(id=first.id).update(dead_at=NOW)
        deliver()
        assert self.titles(slack, parts) == list(range(2, parts + 1))

    def test_does_not_matter_without_slack(self, parts: int, slack: LocalSlack, settings: Settings) -> None:
        settings.STT_NOTIFICATIONS_BOT_API_TOKEN = ""
        deliver()
        assert not OutboxMessage.objects.filter(delivered_at__isnull=True).exists()
