"""The weekly report of GitHub issues: reads it, posts it once, catches up on a missed one."""

import logging
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import transaction

from apps.notifications.api import slack_put
from apps.notifications.models import SlackMessage
from apps.reports.enums import RepositoryProblem
from apps.reports.errors import ReportNotSetUp, RepositoryUnreadable
from apps.reports.gateways import IssueReader
from apps.reports.messages import report_words
from apps.reports.models import WeeklyReport
from apps.reports.rules import (
    Report,
    RepositoryReport,
    Week,
    WeekEnd,
    logins,
    repository_report,
    week_ended,
    week_named,
)

logger = logging.getLogger(__name__)
# How often beat checks.
INTERVAL: Final = timedelta(minutes=15)
# How long a missed report is caught up on; with a new setup, no report is posted for a week long past.
CATCH_UP: Final = timedelta(days=2)
# How long after the end of the week an incomplete report waits for GitHub's temporary problems to pass.
PATIENCE: Final = timedelta(hours=2)


def report_week(*, now: datetime, name: str | None = None) -> Week:
    """Return the week of this name (`2026-W47`), without one the week that ended last.

    Raises:
        WeekUnknown: there is no such week, or it is not over.
    """
    weekday, clock = settings.WEEKLY_REPORT_SCHEDULE
    ends = WeekEnd(weekday, clock, settings.WEEKLY_REPORT_TIME_ZONE)
    return week_named(name=name, now=now, ends=ends) if name else week_ended(now=now, ends=ends)


def weekly_report_read(*, week: Week, now: datetime) -> Report:
    """Return the report of a week from GitHub's present data; a repository that cannot be read says why.

    Raises:
        ReportNotSetUp: there is no token or no repository.
    """
    _require("GITHUB_ACCESS_TOKEN", "WEEKLY_REPORT_REPOSITORIES")
    with IssueReader() as reader:
        found = [_repository(reader, name, week, now) for name in settings.WEEKLY_REPORT_REPOSITORIES]
    return Report(week, settings.WEEKLY_REPORT_TIME_ZONE, tuple(found))


def weekly_report_post(*, week: Week, now: datetime, force: bool = False, patient: bool = False) -> WeeklyReport | None:
    """Post the report of a week; None when it was made before and is not forced.

    With `patient`, return None, too, if GitHub has a temporary problem and PATIENCE is not over; call it again later.

    GitHub is read first; then one transaction records the report and puts all of its messages. A crash before the
    commit leaves nothing; after it, the outbox has them.

    Raises:
        ReportNotSetUp: there is no token, no repository or no channel.
    """
    _require("GITHUB_ACCESS_TOKEN", "WEEKLY_REPORT_REPOSITORIES", "STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID")
    channel: str = settings.STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID
    if not force and WeeklyReport.objects.filter(channel=channel, week=week.name).exists():
        return None
    report = weekly_report_read(week=week, now=now)
    if patient and report.has_passing_problem and now - week.end < PATIENCE:
        logger.warning("The report of %s waits: GitHub has a temporary problem.", week.name)
        return None
    return _put(report, channel=channel, now=now, force=force)


def weekly_report_due(*, now: datetime) -> WeeklyReport | None:
    """Post the report of the last week, unless it was posted or the week is long past.

    Without the settings nothing happens, and the log says so once a week.
    """
    week = report_week(now=now)
    if now - week.end >= CATCH_UP:
        return None
    try:
        return weekly_report_post(week=week, now=now, patient=True)
    except ReportNotSetUp as missing:
        if now - week.end < INTERVAL:
            logger.info("%s", missing)
        return None


def _repository(reader: IssueReader, name: str, week: Week, now: datetime) -> RepositoryReport:
    try:
        read = reader.repository(name, since=week.start)
    except RepositoryUnreadable as error:
        logger.warning("The weekly report has nothing of %s: %s", name, error.problem)
        return RepositoryReport(name, problem=RepositoryProblem(error.problem))
    names = {login: reader.real_name(login, now=now) for login in logins(read.issues, week=week)}
    return repository_report(name=read.name, url=read.url, issues=read.issues, week=week, real_names=names)


@transaction.atomic
def _put(report: Report, *, channel: str, now: datetime, force: bool) -> WeeklyReport | None:
    """Record the report and put its messages, each after the previous one.

    The race: two runs read GitHub at the same time. The unique constraint lets one insert its row; the other waits,
    sees that row and posts nothing.
    """
    week = report.week
    row, is_new = WeeklyReport.objects.get_or_create(
        channel=channel, week=week.name, defaults={"starts_at": week.start, "ends_at": week.end, "made_at": now}
    )
    if not is_new:
        if not force:
            return None
        row.made_at = now
        row.save(update_fields=["made_at", "updated_at"])
    messages: list[SlackMessage] = []
    for words in report_words(report):
        after = messages[-1] if messages else None
        messages.append(slack_put(channel=channel, text=words.text, blocks=words.blocks, now=now, after=after))
    row.slack_messages.add(*messages)
    return row


def _require(*names: str) -> None:
    if missing := [name for name in names if not getattr(settings, name)]:
        raise ReportNotSetUp(f"The weekly report of issues needs {', '.join(missing)}.")
