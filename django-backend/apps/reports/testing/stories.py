"""Rows and values of reports, for tests."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

from apps.reports.rules import Issue, Week, WeekEnd

ENDS = WeekEnd(6, time(13), ZoneInfo("UTC"))
# Sunday of ISO week 47; NOW is the moment in which beat asks.
END = datetime(2026, 11, 22, 13, tzinfo=UTC)
START = datetime(2026, 11, 15, 13, tzinfo=UTC)
WEEK = Week("2026-W47", START, END)
NOW = END
REPOSITORY = "season-tickets/backend"


def issue(number: int, created_at: datetime = START, closed_at: datetime | None = None, *assignees: str) -> Issue:
    """Return an issue as the gateway reads it."""
    url = f"https://github.com/{REPOSITORY}/issues/{number}"
    return Issue(number, f"[tag] Issue {number}", url, created_at, closed_at, assignees)
