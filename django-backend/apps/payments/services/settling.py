"""Settles payments: the one function of webhook, return page and sweep."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.payments.enums import (
    ENDED_ATTEMPT_STATUSES,
    LIVE_ATTEMPT_STATUSES,
    TAKEN_PAYMENT_STATUSES,
    AttemptStatus,
    IncidentKind,
    PaymentMove,
    PaymentStatus,
)
from apps.payments.gateways.sessions import session_read
from apps.payments.locks import payment_locked
from apps.payments.models import Payment, PaymentAttempt
from apps.payments.rules import EXPIRY_SLACK, Expected, SessionFacts, Verdict, session_differences, session_verdict
from apps.payments.services.incident_opening import incident_open
from apps.payments.services.moving import attempt_end, payment_move

_FINAL: Final = {
    Verdict.EXPIRED: (AttemptStatus.EXPIRED, PaymentMove.EXPIRE),
    Verdict.FAILED: (AttemptStatus.FAILED, PaymentMove.FAIL),
}


def payment_settle(*, payment_id: UUID, now: datetime) -> PaymentStatus:
    """Ask Stripe about the sessions of a payment and make the move that follows; return the status.

    Safe at any time, any number of times, and at once: Stripe is asked outside of the lock, and the decision is made
    under it. What does not agree becomes a money incident, committed on its own.

    Raises:
        PaymentNotFound: there is none.
        PaymentsOff, StripeUnanswered, StripeBroken, StripeRefused: nothing was changed.
        RuntimeError: there is a transaction, whose locks would wait for Stripe.
    """
    with transaction.atomic(durable=True):
        unsettled = payment_locked(payment_id).attempts.exclude(status__in=ENDED_ATTEMPT_STATUSES)
        asked = [(attempt.id, attempt.session_id) for attempt in unsettled if attempt.session_id]
    for attempt_id, session_id in asked:
        session = session_read(session_id)
        with transaction.atomic(durable=True):  # each on its own: an incident stays, whatever follows
            _session_settle(payment_locked(payment_id), attempt_id, session, now)
    with transaction.atomic(durable=True):
        return _time_out(payment_locked(payment_id), now)


def _session_settle(payment: Payment, attempt_id: UUID, session: SessionFacts, now: datetime) -> None:
    attempt = PaymentAttempt.objects.get(id=attempt_id)
    verdict = session_verdict(session)
    if attempt.status in ENDED_ATTEMPT_STATUSES or verdict is Verdict.OPEN:
        return
    if verdict is Verdict.PROCESSING:
        payment_move(payment, PaymentMove.PROCESS, now=now)
    elif verdict is Verdict.PAID:
        _paid(payment, attempt, session, now)
    else:
        status, move = _FINAL[verdict]
        attempt_end(attempt, status, now=now, session=session)
        if not payment.attempts.filter(status__in=LIVE_ATTEMPT_STATUSES).exists():
            payment_move(payment, move, now=now)


def _paid(payment: Payment, attempt: PaymentAttempt, session: SessionFacts, now: datetime) -> None:
    expected = Expected(payment.id, attempt.id, payment.reference, payment.amount_cents, payment.currency)
    differences = session_differences(session, expected)
    if not differences and payment.status in TAKEN_PAYMENT_STATUSES:
        differences = [IncidentKind.PAID_TWICE]
    if differences:
        incident_open(payment, attempt, session, kind=differences[0], now=now)
        return
    payment_move(payment, PaymentMove.PAY, now=now, taken_cents=session.received_cents)
    attempt_end(attempt, AttemptStatus.COMPLETE, now=now, session=session)


def _time_out(payment: Payment, now: datetime) -> PaymentStatus:
    """End a payment that nobody can pay any more: no session is known, or staff did not decide in time."""
    if payment.frozen_until:
        if payment.frozen_until > now:
            return PaymentStatus(payment.status)
        payment.frozen_until = None
        payment.save(update_fields=["frozen_until", "updated_at"])
    last = payment.attempts.order_by("-number").first()
    is_over = last is not None and now > last.expires_at + EXPIRY_SLACK
    has_incident = payment.incidents.exists()
    is_unknown = last is not None and (not last.session_id or last.status == AttemptStatus.ABANDONED)
    if is_over and (is_unknown or has_incident) and payment_move(payment, PaymentMove.EXPIRE, now=now):
        for attempt in payment.attempts.filter(status=AttemptStatus.NEW):
            attempt_end(attempt, AttemptStatus.ABANDONED, now=now)
    return PaymentStatus(payment.status)
