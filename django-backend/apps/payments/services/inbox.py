"""The inbox of Stripe's events: stored and answered at once, handled once by a worker."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import F

from apps.common.database import deleted_in_batches
from apps.common.jobs import enqueue_on_commit
from apps.payments.enums import HANDLED_EVENTS, ObjectKind
from apps.payments.errors import StripeRefused
from apps.payments.gateways.webhooks import event_read
from apps.payments.locks import LEASE, stripe_event_claimed
from apps.payments.models import StripeEvent
from apps.payments.services.stripe_news import (
    FOREIGN,
    dispute_follow,
    fraud_warning_follow,
    refund_follow,
    session_follow,
)

logger = logging.getLogger(__name__)
HANDLE_TASK: Final = "payments.handle_event"
RETENTION: Final = timedelta(days=30)  # Stripe repeats an event for three days
PURGE_BATCH: Final = 5_000
_MISSING: Final = "resource_missing"
_FOLLOW: Final[dict[ObjectKind, Callable[..., str]]] = {
    ObjectKind.SESSION: session_follow,
    ObjectKind.REFUND: refund_follow,
    ObjectKind.DISPUTE: dispute_follow,
    ObjectKind.FRAUD_WARNING: fraud_warning_follow,
}


@transaction.atomic
def event_receive(*, body: bytes, signature: str, now: datetime) -> None:
    """Store a signed event and have a worker handle it after the commit; a repeated one has no effect.

    Only ids, types and times are kept. Types that we do not handle are accepted and dropped.

    Raises:
        EventRefused: it was not signed for us, recently and in this mode.
        PaymentsOff: there is no key.
    """
    facts = event_read(body=body, signature=signature)
    if facts.type not in HANDLED_EVENTS or not facts.object_id:
        return
    event = StripeEvent(
        event_id=facts.id,
        type=facts.type,
        object_id=facts.object_id,
        is_live=facts.is_live,
        api_version=facts.api_version[:40],
        made_at=facts.made_at,
        received_at=now,
    )
    StripeEvent.objects.bulk_create([event], ignore_conflicts=True)
    if StripeEvent.objects.filter(id=event.id).exists():
        enqueue_on_commit(HANDLE_TASK, event_id=str(event.id))


def event_handle(*, event_id: UUID, now: datetime) -> str:
    """Handle an event unless it is claimed or handled already; return the result.

    The object is fetched, so it does not matter in which order, how late or how often events arrive.

    Raises:
        PaymentsOff, StripeUnanswered, StripeBroken, StripeRefused: the event stays for the sweep.
    """
    event = stripe_event_claimed(event_id=event_id, now=now)
    if event is None:
        return ""
    try:
        kind = HANDLED_EVENTS.get(event.type)  # None: only the previous release handled it
        outcome = _FOLLOW[kind](event.object_id, now=now) if kind else FOREIGN
    except StripeRefused as error:
        if error.reason != _MISSING:
            raise
        outcome = FOREIGN
    if outcome == FOREIGN:
        logger.warning("Event %s of type %s is about an object that is not ours.", event.event_id, event.type)
    StripeEvent.objects.filter(id=event.id).update(handled_at=now, outcome=outcome)
    return outcome


def events_waiting(*, now: datetime, limit: int) -> list[UUID]:
    """Return the events that a worker should have handled by now, for the sweep; those tried longest ago come first."""
    late = StripeEvent.objects.filter(handled_at__isnull=True, received_at__lte=now - LEASE / 2)
    late = late.exclude(claimed_at__gt=now - LEASE)
    order = (F("claimed_at").asc(nulls_first=True), "received_at")
    return list(late.order_by(*order).values_list("id", flat=True)[:limit])


def events_purge(*, now: datetime) -> int:
    """Delete events that were handled longer ago than `RETENTION`, in batches; return how many."""
    old = StripeEvent.objects.filter(handled_at__lte=now - RETENTION).order_by("handled_at")
    return deleted_in_batches(old, size=PURGE_BATCH)
