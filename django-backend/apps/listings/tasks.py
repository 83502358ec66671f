"""Periodic work on listings; the schedule is CELERY_BEAT_SCHEDULE."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.listings.services.lifecycle.holding import holds_expire
from apps.listings.services.lifecycle.moves import listings_expire
from apps.listings.services.listing_prices import markdowns_apply


@shared_task(name="listings.apply_markdowns")
def apply_markdowns(**kwargs: Any) -> int:
    """Lower the prices whose mark-down is due."""
    return markdowns_apply(now=timezone.now())


@shared_task(name="listings.expire_started")
def expire_started(**kwargs: Any) -> int:
    """Expire the open listings of events that have begun."""
    return listings_expire(now=timezone.now())


@shared_task(name="listings.expire_holds")
def expire_holds(**kwargs: Any) -> int:
    """End the holds whose time is over."""
    return holds_expire(now=timezone.now())
