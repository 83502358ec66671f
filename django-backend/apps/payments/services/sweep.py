"""The sweep: finds what a crash, a lost webhook or a silent Stripe left behind. Bounded, oldest first."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from apps.common.errors import DomainError
from apps.payments.enums import OPEN_PAYMENT_STATUSES, RefundStatus
from apps.payments.errors import StripeUnanswered
from apps.payments.models import Payment, Refund
from apps.payments.services.inbox import event_handle, events_waiting
from apps.payments.services.refunds import refund_retry, refund_send
from apps.payments.services.settling import payment_settle

logger = logging.getLogger(__name__)
BATCH: Final = 25
PAYMENT_PAUSE: Final = timedelta(minutes=5)
REFUND_PAUSE: Final = timedelta(minutes=15)
BALANCE_PAUSE: Final = timedelta(hours=1)


def payments_sweep(*, now: datetime) -> int:
    """Handle waiting events, ask Stripe about open payments and unfinished refunds; return how many were looked at.

    What fails is looked at again after the others. The first call that Stripe does not answer ends the sweep.
    """
    if not settings.STRIPE_SECRET_KEY:
        return 0
    done = 0
    try:
        for event_id in events_waiting(now=now, limit=BATCH):
            done += _look(event_id, lambda event_id: event_handle(event_id=event_id, now=now))
        for payment_id in _due(Payment.objects.filter(status__in=OPEN_PAYMENT_STATUSES), now - PAYMENT_PAUSE):
            Payment.objects.filter(id=payment_id).update(checked_at=now)
            done += _look(payment_id, lambda payment_id: payment_settle(payment_id=payment_id, now=now))
        unfinished = Refund.objects.filter(status__in=[RefundStatus.PENDING, RefundStatus.REQUIRES_ACTION])
        for refund_id in _due(unfinished, now - REFUND_PAUSE):
            Refund.objects.filter(id=refund_id).update(checked_at=now)
            done += _look(refund_id, lambda refund_id: refund_send(refund_id=refund_id, now=now))
        dry = Refund.objects.filter(status=RefundStatus.BALANCE_INSUFFICIENT)
        for refund_id in _due(dry, now - BALANCE_PAUSE):
            Refund.objects.filter(id=refund_id).update(checked_at=now)
            done += _look(refund_id, lambda refund_id: refund_retry(refund_id=refund_id, now=now))
    except StripeUnanswered:
        logger.warning("Stripe does not answer; the next sweep of payments continues.")
    return done


def _due(rows: QuerySet[Any], until: datetime) -> list[UUID]:
    return list(rows.filter(checked_at__lte=until).order_by("checked_at").values_list("id", flat=True)[:BATCH])


def _look(row_id: UUID, work: Callable[[UUID], object]) -> int:
    try:
        work(row_id)
    except StripeUnanswered:
        raise
    except DomainError as error:
        logger.warning("The sweep of payments could not finish %s: %s", row_id, type(error).__name__)
    except Exception:  # whatever is wrong with this one, check the others
        logger.exception("The sweep of payments failed at %s", row_id)
    return 1
