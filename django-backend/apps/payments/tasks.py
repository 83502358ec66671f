"""Tasks of payments, in their own queue; the schedule is CELERY_BEAT_SCHEDULE."""

import logging
from typing import Any
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from apps.common.errors import DomainError
from apps.payments.services.inbox import event_handle, events_purge
from apps.payments.services.refunds import refund_send
from apps.payments.services.sweep import payments_sweep

logger = logging.getLogger(__name__)


@shared_task(name="payments.handle_event")
def handle_event(event_id: str, **kwargs: Any) -> str:
    """Handle one event of Stripe right after it was received."""
    try:
        return event_handle(event_id=UUID(event_id), now=timezone.now())
    except DomainError as error:
        logger.warning("Event %s waits for the sweep: %s", event_id, type(error).__name__)
        return ""


@shared_task(name="payments.send_refund")
def send_refund(refund_id: str, **kwargs: Any) -> str:
    """Send one refund to Stripe right after it was requested."""
    try:
        return refund_send(refund_id=UUID(refund_id), now=timezone.now()).value
    except DomainError as error:
        logger.warning("Refund %s waits for the sweep: %s", refund_id, type(error).__name__)
        return ""


@shared_task(name="payments.sweep")
def sweep(**kwargs: Any) -> int:
    """Look after what was left behind; return how many things were looked at."""
    return payments_sweep(now=timezone.now())


@shared_task(name="payments.purge_events")
def purge_events(**kwargs: Any) -> int:
    """Delete events that were handled 30 days ago."""
    return events_purge(now=timezone.now())
