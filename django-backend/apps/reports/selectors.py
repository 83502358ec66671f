"""What was reported."""

from apps.reports.models import WeeklyReport


def weekly_report_made(*, channel: str, week: str) -> bool:
    """Tell whether the week was reported to the channel; one query."""
    return WeeklyReport.objects.filter(channel=channel, week=week).exists()
