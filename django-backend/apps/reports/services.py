"""The weekly report of GitHub issues: read it, post it once, make good what was missed."""

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
from apps.reports.selectors import weekly_report_made

logger = logging.getLogger(__name__)
# How often beat asks.
INTERVAL: Final = timedelta(minutes=15)
# What was missed is made good for so long; a house that sets the report up is not told of a week long over.
CATCH_UP: Final = timedelta(days=2)
# For so long after the end of the week a report that GitHub's passing trouble has left incomplete is not posted.
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
    """Return the report of a week as GitHub tells it now; a repository that cannot be read says why.

    Raises:
        ReportNotSetUp: there is no token or no repository.
    """
    _require("GITHUB_ACCESS_TOKEN", "WEEKLY_REPORT_REPOSITORIES")
    with IssueReader() as reader:
        found = [_repository(reader, name, week, now) for name in settings.WEEKLY_REPORT_REPOSITORIES]
    return Report(week, settings.WEEKLY_REPORT_TIME_ZONE, tuple(found))


def weekly_report_post(*, week: Week, now: datetime, force: bool = False, patient: bool = False) -> WeeklyReport | None:
    """Post the report of a week; None when it was made before and is not forced.

    `patient` is for who comes again: None, too, when GitHub cannot tell of a repository now and PATIENCE is not over.

    GitHub is read first; then one transaction keeps that the report was made and puts all of its messages. A crash
    before its end leaves nothing, after it the outbox has them.

    Raises:
        ReportNotSetUp: there is no token, no repository or no channel.
    """
    _require("GITHUB_ACCESS_TOKEN", "WEEKLY_REPORT_REPOSITORIES", "STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID")
    channel: str = settings.STT_WEEKLY_ISSUES_REPORT_CHANNEL_ID
    if not force and weekly_report_made(channel=channel, week=week.name):
        return None
    report = weekly_report_read(week=week, now=now)
    if patient and report.has_passing_problem and now - week.end < PATIENCE:
        logger.warning("The report of %s waits: GitHub could not tell everything now.", week.name)
        return None
    return _put(report, channel=channel, now=now, force=force)


def weekly_report_due(*, now: datetime) -> WeeklyReport | None:
    """Post the report of the week that ended last, unless that was done or is long ago; one query then at most.

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
    """Keep that the report was made and put its messages, each behind the one before.

    The race: two who read GitHub at the same time. The unique constraint lets one insert its row; the other waits for
    it, sees that row and posts nothing.
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
        raise ReportNotSetUp(missing)
