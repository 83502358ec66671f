"""Periodic work on carts, refunds and old orders; the schedule is CELERY_BEAT_SCHEDULE."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from apps.orders.services.buyer_erasure import old_buyers_erase
from apps.orders.services.carts import carts_purge
from apps.orders.services.event_refunds import event_refunds_continue


@shared_task(name="orders.purge_carts")
def purge_carts(**kwargs: Any) -> int:
    """Delete the carts that nobody has changed for a month."""
    return carts_purge(now=timezone.now())


@shared_task(name="orders.erase_old_buyers")
def erase_old_buyers(**kwargs: Any) -> int:
    """Erase the data of buyers whose events are long past."""
    return old_buyers_erase(now=timezone.now())


@shared_task(name="orders.refund_events")
def refund_events(**kwargs: Any) -> int:
    """Refund the next orders of cancelled events whose refunds staff have begun; return how many were looked at."""
    return event_refunds_continue(now=timezone.now())
