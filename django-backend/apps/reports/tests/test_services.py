"""The weekly report: made, posted once, by command and by hand, and shown in the admin."""

import logging
import re
import threading
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from apps.common.testing.guards import without_guards
from apps.common.testing.local_github import CHANNEL, LocalGithub
from apps.common.testing.local_slack import LocalSlack
from apps.common.testing.queries import queries_of
from apps.common.testing.threads import at_once
from apps.notifications.models import OutboxMessage, SlackMessage
from apps.notifications.services.delivery import outbox_deliver
from apps.reports import services, tasks
from apps.reports.management.commands import weekly_issue_report
from apps.reports.models import WeeklyReport
from apps.reports.services import CATCH_UP, INTERVAL, PATIENCE, report_week, weekly_report_due, weekly_report_post
from apps.reports.testing.stories import END, NOW, REPOSITORY, START, WEEK
from apps.users.testing.stories import staff_browser

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


@pytest.mark.django_db
class TestWeeklyReport:
    def test_reports_120_issues_of_each_of_three_repositories(
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
        """A missed run is made up for; somebody who sets it up on a Wednesday gets no report of a week long over."""
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


@pytest.mark.django_db
class TestFaults:
    def test_of_one_repository_are_reported_and_the_others_appear(
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

    def test_that_do_not_pass_are_reported_in_the_end(self, served: LocalGithub, slack: LocalSlack) -> None:
        served.fault("unavailable", times=None)
        assert weekly_report_due(now=NOW + PATIENCE - SECOND) is None
        assert weekly_report_due(now=NOW + PATIENCE) is not None
        deliver(now=NOW + PATIENCE)
        assert ":warning: GitHub had an internal failure." in shown(slack)

    def test_are_reported_at_once_by_hand(self, served: LocalGithub) -> None:
        served.fault("unavailable", times=None)
        assert weekly_report_post(week=WEEK, now=NOW) is not None

    def test_of_the_token_are_reported(self, served: LocalGithub, slack: LocalSlack, settings: Settings) -> None:
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


@pytest.mark.django_db
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


@pytest.fixture
def _served(github: LocalGithub, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.WEEKLY_REPORT_REPOSITORIES = github.serve_sample(end=END)
    monkeypatch.setattr(weekly_issue_report.timezone, "now", lambda: NOW)


def output_of(*arguments: str) -> str:
    output = StringIO()
    call_command("weekly_issue_report", *arguments, stdout=output)
    return output.getvalue()


@pytest.mark.usefixtures("_served")
@pytest.mark.django_db
class TestCommand:
    def test_posts_once_and_again_when_forced(self) -> None:
        """S3-26."""
        assert output_of() == f"2026-W47 will be posted to {CHANNEL}.\n"
        assert output_of() == "2026-W47 was reported before; --force posts it again.\n"
        parts = SlackMessage.objects.count()
        assert output_of("--force") == f"2026-W47 will be posted to {CHANNEL}.\n"
        assert SlackMessage.objects.count() == 2 * parts

    def test_prints_and_posts_nothing_in_a_dry_run(self, settings: Settings) -> None:
        settings.STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID = ""
        lines = output_of("--dry-run").splitlines()
        assert sum(line.startswith("    #") for line in lines) == 3 * 132
        assert [line for line in lines if "120 closed · 15 opened · 35 still open" in line][1:] != []
        assert not WeeklyReport.objects.exists()
        assert not SlackMessage.objects.exists()

    def test_reports_another_week(self) -> None:
        assert output_of("--week", "2026-W46") == f"2026-W46 will be posted to {CHANNEL}.\n"
        assert WeeklyReport.objects.get().week == "2026-W46"

    @pytest.mark.parametrize(("week", "sentence"), [("2026-W60", "is not a week"), ("2026-W48", "is not over")])
    def test_refuses_a_week_that_cannot_be(self, week: str, sentence: str) -> None:
        with pytest.raises(CommandError, match=sentence) as refused:
            output_of("--week", week)
        assert refused.value.returncode == 1

    @pytest.mark.parametrize("name", ["GITHUB_ACCESS_TOKEN", "WEEKLY_REPORT_REPOSITORIES"])
    @pytest.mark.parametrize("arguments", [(), ("--dry-run",)])
    def test_says_what_is_missing(self, settings: Settings, name: str, arguments: tuple[str, ...]) -> None:
        setattr(settings, name, None)
        with pytest.raises(CommandError, match=f"needs {name}") as refused:
            output_of(*arguments)
        assert refused.value.returncode == 1


PAGE = "/admin/reports/weeklyreport/"


def report(week: str = "2026-W47") -> WeeklyReport:
    row = WeeklyReport.objects.create(channel="C1", week=week, starts_at=START, ends_at=END, made_at=NOW)
    row.slack_messages.add(
        *[SlackMessage.objects.create(channel="C1", text="x", blocks=[], created_at=NOW) for _ in range(2)]
    )
    return row


@pytest.mark.django_db
class TestPage:
    def test_lists_any_number_in_the_same_queries(self) -> None:
        client, counts = staff_browser("view_weeklyreport"), []
        for weeks in (["2026-W01"], [f"2026-W{number}" for number in range(10, 19)]):
            for week in weeks:
                report(week)
            with CaptureQueriesContext(connection) as queries:
                assert "Waiting: 2" in client.get(PAGE).text
            counts.append(len(queries))
        assert counts[0] == counts[1]


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
    with without_guards("reports_weeklyreport", "weeklyreport_week_once_per_channel"):
        yield


def post() -> WeeklyReport | None:
    return weekly_report_post(week=WEEK, now=NOW)


@pytest.mark.django_db(transaction=True)
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
