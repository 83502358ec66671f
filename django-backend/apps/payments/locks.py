"""The locks of payments. Whoever changes a payment, or what belongs to it, has the payment's row lock first."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import F, Q

from apps.payments.enums import Purpose
from apps.payments.errors import PaymentNotFound
from apps.payments.models import Payment, StripeEvent

# After this time a claimed event counts as abandoned; handling one takes a few calls of 15 seconds at most.
LEASE: Final = timedelta(minutes=2)


def payment_locked(payment_id: UUID) -> Payment:
    """Return a payment under its row lock, held until the transaction ends.

    The race: webhook, return page and sweep settle one payment, while the buyer cancels it or staff refund it.
    Attempts, refunds, disputes and incidents are read and written under this lock, so the second one sees what the
    first did.

    Raises:
        PaymentNotFound: there is none.
    """
    payment = Payment.objects.select_for_update(of=("self",), no_key=True).filter(id=payment_id).first()
    if payment is None:
        raise PaymentNotFound
    return payment


def payment_begun_locked(*, purpose: Purpose, reference: UUID) -> Payment:
    """Return the payment of what has one, under the same lock as `payment_locked` takes."""
    rows = Payment.objects.select_for_update(of=("self",), no_key=True)
    return rows.get(purpose=purpose, reference=reference)


def stripe_event_claimed(*, event_id: UUID, now: datetime) -> StripeEvent | None:
    """Claim an event of the inbox; None if it is claimed or handled already.

    The race: the task after the commit and the sweep take the same event. A conditional UPDATE lets only one of them.
    """
    free = Q(claimed_at__isnull=True) | Q(claimed_at__lte=now - LEASE)
    rows = StripeEvent.objects.filter(free, id=event_id, handled_at__isnull=True)
    claimed = rows.update(claimed_at=now, attempts=F("attempts") + 1)
    return StripeEvent.objects.get(id=event_id) if claimed else None
