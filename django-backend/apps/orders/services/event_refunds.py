"""Refunds for cancelled events: order by order, each in a transaction of its own, until none is left.

What is left to do is read from the sales that stand. So a run may be killed anywhere, and two workers may be at it at
once: an order has nothing left once it was refunded.
"""

import logging
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.catalog.api import event_locked
from apps.catalog.enums import EventStatus
from apps.catalog.models import Event
from apps.common.acts import Act, ChangeSource
from apps.common.errors import DomainError
from apps.common.jobs import enqueue_on_commit
from apps.common.rows import Row
from apps.notifications.api import outbox_put
from apps.orders.errors.refunds import EventNotCancelled, NothingToRefund
from apps.orders.locks import order_locked, refund_run_locked
from apps.orders.models import EventRefundRun
from apps.orders.rules.refunds import RefundScope
from apps.orders.selectors.event_refunds import event_refunds_answer, orders_owed, standing_seats, unfinished
from apps.orders.services.refunds import order_refund
from apps.orders.services.sale_changes import sales_void
from apps.orders.topics import EventRefundsEnded
from apps.payments.api import balance_available
from apps.payments.enums import RefundReason

logger = logging.getLogger(__name__)
TASK: Final = "orders.refund_events"
BATCH: Final = 200  # orders in a call; the next one continues


def event_refunds_preview(event: Event) -> Row:
    """Return what the refunds for an event come to, beside the balance at Stripe if Stripe answers."""
    available: int | None = None
    try:
        available = balance_available(settings.CURRENCY)
    except DomainError as error:
        logger.warning("The balance at Stripe is not known: %s", type(error).__name__)
    return event_refunds_answer(event=event, currency=settings.CURRENCY, available_cents=available)


@transaction.atomic
def event_refunds_begin(*, event_id: UUID, act: Act) -> EventRefundRun:
    """Have all buyers of a cancelled event refunded; called again, what was left to staff is tried again.

    Raises:
        Event.DoesNotExist: there is no such event.
        EventNotCancelled: it is still to take place.
        NothingToRefund: no order has seats whose sales stand.
    """
    event = event_locked(event_id)
    if event is None:
        raise Event.DoesNotExist
    if event.status != EventStatus.CANCELLED:
        raise EventNotCancelled
    is_owed = orders_owed(event_id).exists()
    if not is_owed and not EventRefundRun.objects.filter(event=event, ended_at=None).exists():
        raise NothingToRefund
    made, _ = EventRefundRun.objects.get_or_create(
        event=event, defaults={"begun_at": act.at, "begun_by_id": act.actor_id}
    )
    run = refund_run_locked(made.id)
    run.problems, run.ended_at = {}, None
    run.save(update_fields=["problems", "ended_at", "updated_at"])
    enqueue_on_commit(TASK)
    return run


def event_refunds_continue(*, now: datetime, limit: int = BATCH) -> int:
    """Refund the next orders of all runs that have not ended; return how many were looked at.

    An order that cannot be refunded is left to staff. What the balance at Stripe does not cover waits there, and is
    sent again each hour by the sweep of payments; the run ends after it.
    """
    done = 0
    for run in EventRefundRun.objects.filter(ended_at=None).order_by("begun_at"):
        waiting = orders_owed(run.event_id).exclude(id__in=run.problems).values_list("id", flat=True)
        for order_id in list(waiting[: limit - done]):
            done += 1
            try:
                _refund(run, order_id, now=now)
            except DomainError as refusal:
                _leave(run.id, order_id, str(refusal))
            except Exception:  # whatever is wrong with this one, refund the others; the next call tries it again
                logger.exception("The refund of order %s for a cancelled event failed", order_id)
        _end(run.id, now=now)
    return done


@transaction.atomic
def _refund(run: EventRefundRun, order_id: UUID, *, now: datetime) -> None:
    """Refund the seats of one order whose sales stand; if nothing was paid for them, the sales become void."""
    order_locked(order_id)
    seats: dict[UUID, list[str]] = {}
    for seat in (standing := standing_seats(run.event_id, order_id)):
        seats.setdefault(seat.line.id, []).append(seat.name)
    if not standing:
        return
    act, reason = Act(run.begun_by_id, ChangeSource.SYSTEM, now), RefundReason.EVENT_CANCELLED
    try:
        order_refund(
            order_id=order_id, scope=RefundScope(seats=seats), reason=reason, return_seats=False, act=act, run=run
        )
    except NothingToRefund:
        sales_void(
            sale_ids=[seat.sale.id for seat in standing], return_seats=False, act=replace(act, reason=reason.label)
        )


@transaction.atomic
def _leave(run_id: UUID, order_id: UUID, why: str) -> None:
    run = refund_run_locked(run_id)
    run.problems[str(order_id)] = why
    run.save(update_fields=["problems", "updated_at"])


@transaction.atomic
def _end(run_id: UUID, *, now: datetime) -> None:
    """End a run once, if no order and no refund of it is left."""
    run = refund_run_locked(run_id)
    is_left = orders_owed(run.event_id).exclude(id__in=run.problems).exists() or unfinished(run).exists()
    if run.ended_at or is_left:
        return
    run.ended_at = now
    run.save(update_fields=["ended_at", "updated_at"])
    outbox_put(payload=EventRefundsEnded(run_id=run.id), aggregate_key=f"event:{run.event_id}", now=now)
