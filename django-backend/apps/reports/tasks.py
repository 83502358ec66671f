"""The report on a timer; the schedule is CELERY_BEAT_SCHEDULE."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.reports.services import weekly_report_due


@shared_task(name="reports.weekly_issue_report")
def weekly_issue_report(**kwargs: Any) -> bool:
    """Post the report if it is due; return whether it was."""
    return weekly_report_due(now=timezone.now()) is not None
