"""Tasks: requests from Slack, and the digest. The schedule is CELERY_BEAT_SCHEDULE."""

import logging
from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.common.errors import DomainError
from apps.triage.services.digest import overdue_raise
from apps.triage.services.requests import slack_request_handle, slack_requests_purge, slack_requests_waiting

logger = logging.getLogger(__name__)


@shared_task(name="triage.handle_request")
def handle_request(request_id: str, **kwargs: Any) -> str:
    """Handle one request from Slack right after it was received."""
    try:
        return slack_request_handle(request_id=UUID(request_id), now=timezone.now())
    except DomainError as error:
        logger.warning("Slack request %s waits for the sweep: %s", request_id, type(error).__name__)
        return ""


@shared_task(name="triage.handle_requests")
def handle_requests(**kwargs: Any) -> int:
    """Handle requests that were left behind; return how many were tried. A failure does not stop the others."""
    waiting = slack_requests_waiting(now=timezone.now())
    for request_id in waiting:
        handle_request.delay(request_id=str(request_id))
    return len(waiting)


@shared_task(name="triage.raise_overdue")
def raise_overdue(**kwargs: Any) -> bool:
    """Show what has waited too long; return whether there was anything new today."""
    return overdue_raise(now=timezone.now()) is not None


@shared_task(name="triage.purge_requests")
def purge_requests(**kwargs: Any) -> int:
    """Delete requests of Slack that were handled a month ago."""
    return slack_requests_purge(now=timezone.now())
