"""Periodic work on carts; the schedule is CELERY_BEAT_SCHEDULE."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.orders.services.carts import carts_purge


@shared_task(name="orders.purge_carts")
def purge_carts(**kwargs: Any) -> int:
    """Delete the carts that nobody has changed for a month."""
    return carts_purge(now=timezone.now())
