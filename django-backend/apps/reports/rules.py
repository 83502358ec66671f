"""Which week is reported, and the numbers of a repository's issues."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from apps.reports.enums import RepositoryProblem
from apps.reports.errors import WeekUnknown

WEEK: Final = timedelta(days=7)
NOBODY: Final = "Nobody"


@dataclass(frozen=True)
class WeekEnd:
    """When a week ends and the next one begins: `weekday` (Monday is 0) and the time of the day, in a zone."""

    weekday: int
    clock: time
    zone: ZoneInfo


@dataclass(frozen=True)
class Week:
    """The time [start, end), both UTC; the name is that of the ISO week in which it ends, such as `2026-W47`."""

    name: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Issue:
    """An issue; times are UTC, assignees are logins."""

    number: int
    title: str
    url: str
    created_at: datetime
    closed_at: datetime | None
    assignees: tuple[str, ...]


@dataclass(frozen=True)
class ClosedBy:
    """What one assignee, or nobody, has closed in the week."""

    name: str
    issues: tuple[Issue, ...]


@dataclass(frozen=True)
class RepositoryReport:
    """One repository: closed and opened in the week, and open when it ended; with a problem all of it is empty."""

    name: str
    url: str = ""
    closed: int = 0
    closed_by: tuple[ClosedBy, ...] = ()
    opened: int = 0
    still_open: int = 0
    oldest: Issue | None = None
    problem: RepositoryProblem | None = None


@dataclass(frozen=True)
class Report:
    """The report of a week; times are shown in `zone`."""

    week: Week
    zone: ZoneInfo
    repositories: tuple[RepositoryReport, ...]

    @property
    def has_passing_problem(self) -> bool:
        """Whether a later attempt may be more complete."""
        return any(found.problem and found.problem.is_passing for found in self.repositories)


def week_ended(*, now: datetime, ends: WeekEnd) -> Week:
    """Return the last week that ended, at `now` at the latest."""
    today = now.astimezone(ends.zone).date()
    last_day = today - timedelta(days=(today.weekday() - ends.weekday) % 7)
    if _moment(last_day, ends) > now:
        last_day -= WEEK
    return _week(last_day, ends)


def week_named(*, name: str, now: datetime, ends: WeekEnd) -> Week:
    """Return the week that ends in an ISO week.

    Raises:
        WeekUnknown: there is no such week, or it is not over.
    """
    given = re.fullmatch(r"(\d{4})-W(\d{2})", name, re.ASCII)
    try:
        week = _week(date.fromisocalendar(int(given[1]), int(given[2]), ends.weekday + 1), ends) if given else None
    except (ValueError, OverflowError):
        week = None
    if week is None:
        raise WeekUnknown(f"{name} is not a week; give year and week as in 2026-W47.")
    if week.end > now:
        raise WeekUnknown(f"{name} is not over: it ends on {week.end:%Y-%m-%d at %H:%M} UTC.")
    return week


def logins(issues: Iterable[Issue], *, week: Week) -> list[str]:
    """Return to whom the issues closed in the week were assigned, each once."""
    return list(dict.fromkeys(login for issue in issues if _closed_in(issue, week) for login in issue.assignees))


def repository_report(
    *, name: str, url: str, issues: Sequence[Issue], week: Week, real_names: Mapping[str, str]
) -> RepositoryReport:
    """Return the report of a repository; the login replaces a missing real name."""
    closed = [issue for issue in issues if _closed_in(issue, week)]
    still_open = [
        issue
        for issue in issues
        if issue.created_at < week.end and (issue.closed_at is None or issue.closed_at >= week.end)
    ]
    return RepositoryReport(
        name=name,
        url=url,
        closed=len(closed),
        closed_by=_by_assignee(closed, real_names),
        opened=sum(week.start <= issue.created_at < week.end for issue in issues),
        still_open=len(still_open),
        oldest=min(still_open, key=lambda issue: (issue.created_at, issue.number), default=None),
    )


def _by_assignee(closed: Sequence[Issue], real_names: Mapping[str, str]) -> tuple[ClosedBy, ...]:
    """Group by assignee, by name, unassigned last. Logins distinguish people who share a name."""
    groups: dict[str, list[Issue]] = {}
    for issue in sorted(closed, key=lambda issue: issue.number):
        for login in issue.assignees or ("",):
            groups.setdefault(login, []).append(issue)
    names = {login: _shown_name(real_names.get(login, ""), login) for login in groups if login}
    taken = list(names.values())
    shown = {login: f"{name} ({login})" if taken.count(name) > 1 else name for login, name in names.items()}
    people = sorted(shown.items(), key=lambda pair: (pair[1].casefold(), pair[0]))
    order = [*people, *([("", NOBODY)] if "" in groups else [])]
    return tuple(ClosedBy(name, tuple(groups[login])) for login, name in order)


def _shown_name(real_name: str, login: str) -> str:
    """Return the login instead of an invisible name: spaces, or characters that reverse the writing."""
    return real_name if any(sign.isprintable() and not sign.isspace() for sign in real_name) else login


def _closed_in(issue: Issue, week: Week) -> bool:
    return issue.closed_at is not None and week.start <= issue.closed_at < week.end


def _week(last_day: date, ends: WeekEnd) -> Week:
    year, number, _ = last_day.isocalendar()
    return Week(f"{year}-W{number:02}", _moment(last_day - WEEK, ends), _moment(last_day, ends))


def _moment(day: date, ends: WeekEnd) -> datetime:
    """Return the end of a week; if the clocks skip that time, it is later by as much."""
    return datetime.combine(day, ends.clock, ends.zone).astimezone(UTC)
