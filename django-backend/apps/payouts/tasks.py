"""Statements on a timer; the schedule is CELERY_BEAT_SCHEDULE."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.payouts.rules import month_before
from apps.payouts.services.statements import statements_make


@shared_task(name="payouts.make_statements")
def make_statements(**kwargs: Any) -> int:
    """Make last month's statements where they are missing; return how many."""
    now = timezone.now()
    return statements_make(month=month_before(now), now=now)
