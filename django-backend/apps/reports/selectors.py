"""Reads of reports."""

from apps.reports.models import WeeklyReport


def weekly_report_made(*, channel: str, week: str) -> bool:
    """Return whether the week was reported to the channel."""
    return WeeklyReport.objects.filter(channel=channel, week=week).exists()
