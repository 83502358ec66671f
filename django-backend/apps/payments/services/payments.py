"""Begins payments, opens their Checkout Sessions and cancels them.

`payment_begin` belongs to the transaction of what is paid. All others call Stripe, and refuse to run in a transaction.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils.crypto import salted_hmac

from apps.payments.enums import LIVE_ATTEMPT_STATUSES, AttemptStatus, PaymentMove, PaymentStatus, Purpose
from apps.payments.errors import (
    AmountOutOfRange,
    AttemptStale,
    ParametersChanged,
    PaymentDiffers,
    PaymentFrozen,
    PaymentNotOpen,
    StripeBroken,
    StripeRefused,
)
from apps.payments.gateways.client import is_live
from apps.payments.gateways.sessions import session_create, session_expire, session_read
from apps.payments.locks import payment_begun_locked, payment_locked
from apps.payments.models import Payment, PaymentAttempt
from apps.payments.rules import (
    LATEST_CALL,
    MAX_AMOUNT_CENTS,
    MIN_AMOUNT_CENTS,
    SESSION_LIFE,
    Expected,
    Payer,
    PaymentLine,
    SessionFacts,
    session_parameters,
    with_payer,
)
from apps.payments.services.moving import attempt_end, attempt_note, payment_move
from apps.payments.services.payers import payer_of
from apps.payments.services.settling import payment_settle

# The ORM does not say whether a conflict was ignored.
_INSERT: Final = """
INSERT INTO payments_payment ({columns}) VALUES ({values}) ON CONFLICT (purpose, reference) DO NOTHING
"""
_DIGEST: Final = "apps.payments.parameters"


@transaction.atomic(savepoint=False)
def payment_begin(
    *, purpose: Purpose, reference: UUID, lines: Sequence[PaymentLine], payer: Payer, now: datetime
) -> Payment:
    """Commit, with the caller's transaction, a payment and every parameter of its call; nothing is sent yet.

    The session ends `SESSION_LIFE` after `now`, so whatever is held for the buyer must outlive that. Called again for
    the same amount while the payment is pending, it returns the same payment, with a new attempt if the last one ended.
    `payer` is whom `payer_of` names from then on. Two queries for a new payment.

    Raises:
        PaymentsOff: there is no key.
        AmountOutOfRange: the lines sum to less than 50 cents, or to more than Stripe takes.
        PaymentDiffers: the payment was begun with another amount.
        PaymentNotOpen: it ended, or was paid.
    """
    amount_cents = sum(line.unit_cents * line.quantity for line in lines)
    if not MIN_AMOUNT_CENTS <= amount_cents <= MAX_AMOUNT_CENTS:
        raise AmountOutOfRange(f"Stripe accepts {MIN_AMOUNT_CENTS} to {MAX_AMOUNT_CENTS} cents, not {amount_cents}.")
    terms = {"amount_cents": amount_cents, "currency": settings.CURRENCY.lower(), "is_live": is_live()}
    new = Payment(purpose=purpose, reference=reference, moved_at=now, checked_at=now, **terms)
    if _is_inserted(new):
        _attempt_make(new, lines, payer, number=1, now=now)
        return new
    payment = payment_begun_locked(purpose=purpose, reference=reference)
    if payment.status != PaymentStatus.PENDING:
        raise PaymentNotOpen(payment.get_status_display().lower())
    if any(getattr(payment, name) != value for name, value in terms.items()):
        raise PaymentDiffers
    attempt = payment.attempts.filter(status__in=LIVE_ATTEMPT_STATUSES).first()
    if attempt and attempt.status == AttemptStatus.NEW and _is_stale(attempt, now):
        attempt_end(attempt, AttemptStatus.ABANDONED, now=now)
        attempt = None
    if attempt is None:
        _attempt_make(payment, lines, payer, number=payment.attempts.count() + 1, now=now)
    return payment


def _is_inserted(payment: Payment) -> bool:
    """Insert a payment unless there is one of the same; return whether there was none."""
    row = {str(field.column): getattr(payment, field.attname) for field in Payment._meta.concrete_fields}  # noqa: SLF001 - Django's documented model API
    row |= {"created_at": payment.moved_at, "updated_at": payment.moved_at}
    columns, values = ", ".join(row), ", ".join(["%s"] * len(row))
    with connection.cursor() as cursor:
        cursor.execute(_INSERT.format(columns=columns, values=values), list(row.values()))
        return bool(cursor.rowcount == 1)


def _attempt_make(payment: Payment, lines: Sequence[PaymentLine], payer: Payer, *, number: int, now: datetime) -> None:
    expires_at = (now + SESSION_LIFE).replace(microsecond=0)
    attempt = PaymentAttempt(payment=payment, number=number, expires_at=expires_at)
    purpose = Purpose(payment.purpose)
    expected = Expected(payment.id, attempt.id, payment.reference, payment.amount_cents, payment.currency)
    attempt.parameters = session_parameters(
        purpose=purpose, expected=expected, lines=lines, expires_at=expires_at, site_url=settings.SITE_URL
    )
    attempt.parameters_digest = _digest(with_payer(attempt.parameters, payer))
    attempt.save(force_insert=True)


def payment_open(*, payment_id: UUID, now: datetime) -> str:
    """Return the address of Stripe's page, where the buyer pays; make the session first if there is none.

    Called again, it returns to the same session: after a crash the same call is sent under the same key. If the payment
    moved on meanwhile, the session is expired and no address is returned.

    Raises:
        PaymentNotFound, PaymentFrozen: as their names say.
        PaymentNotOpen: it was paid, cancelled or expired.
        AttemptStale: it was not sent in time, or Stripe failed: `payment_begin` makes another attempt.
        ParametersChanged: the buyer is not the one for whom the payment began.
        PaymentsOff, StripeUnanswered, StripeBroken, StripeRefused: only after StripeUnanswered the same call is useful.
        RuntimeError: there is a transaction, whose locks would wait for Stripe.
    """
    payment, attempt = _payable(payment_id)
    if attempt and attempt.session_id:
        session = session_read(attempt.session_id)
        if session.status == "open":
            return session.address
        raise PaymentNotOpen(payment_settle(payment_id=payment_id, now=now).label.lower())
    if attempt is None or _is_stale(attempt, now):
        raise AttemptStale
    payer = payer_of(purpose=Purpose(payment.purpose), reference=payment.reference)
    parameters = with_payer(attempt.parameters, payer)
    if _digest(parameters) != attempt.parameters_digest:
        raise ParametersChanged
    try:
        session = session_create(parameters=parameters, idempotency_key=attempt.idempotency_key)
    except (StripeRefused, StripeBroken) as error:  # Stripe repeats the answer for the key
        _attempt_abandon(attempt, now=now, error=getattr(error, "reason", error.code))
        raise
    if status := _session_keep(attempt, session):
        session_expire(session.id)
        raise AttemptStale if status is PaymentStatus.PENDING else PaymentNotOpen(status.label.lower())
    return session.address


def payment_cancel(*, payment_id: UUID, now: datetime) -> PaymentStatus:
    """Expire the session at Stripe, then cancel the payment; return its status: `paid` if the buyer was faster.

    What is held for the buyer is released by whoever listens to `PaymentCancelled` or `PaymentExpired`. A status that
    is still `pending` or `processing` means that it is not cancelled: the money is on its way, or does not agree.

    Raises:
        PaymentNotFound, PaymentFrozen: as their names say.
        PaymentNotOpen: it ended before.
        PaymentsOff, StripeUnanswered, StripeBroken: it is not cancelled.
        RuntimeError: there is a transaction, whose locks would wait for Stripe.
    """
    _, attempt = _payable(payment_id)
    if attempt and attempt.session_id and not session_expire(attempt.session_id):
        return payment_settle(payment_id=payment_id, now=now)
    status = _cancel_locked(payment_id, expired=attempt.session_id if attempt else "", now=now)
    # A session was opened meanwhile: end that one too.
    return payment_cancel(payment_id=payment_id, now=now) if status is None else status


def _cancel_locked(payment_id: UUID, *, expired: str, now: datetime) -> PaymentStatus | None:
    """Cancel a payment whose session, if any, was expired; return its status, or None if it has another session now."""
    with transaction.atomic(durable=True):
        payment = payment_locked(payment_id)
        live = payment.attempts.filter(status__in=LIVE_ATTEMPT_STATUSES).first()
        if live and live.session_id not in {"", expired}:
            return None
        if payment_move(payment, PaymentMove.CANCEL, now=now) and live:
            attempt_end(live, AttemptStatus.EXPIRED if live.session_id else AttemptStatus.ABANDONED, now=now)
        return PaymentStatus(payment.status)


def _payable(payment_id: UUID) -> tuple[Payment, PaymentAttempt | None]:
    """Return a payment with its live attempt, as one statement sees them; what follows asks again under the lock."""
    with transaction.atomic(durable=True):
        live = PaymentAttempt.objects.filter(payment=payment_id, status__in=LIVE_ATTEMPT_STATUSES)
        attempt = live.select_related("payment").first()
        payment = attempt.payment if attempt else payment_locked(payment_id)
    if payment.frozen_until:
        raise PaymentFrozen
    if payment.status != PaymentStatus.PENDING:
        raise PaymentNotOpen(payment.get_status_display().lower())
    return payment, attempt


def _session_keep(attempt: PaymentAttempt, session: SessionFacts) -> PaymentStatus | None:
    """Store the session; return the status of the payment if it, or the attempt, moved on, None if nothing did.

    A session that is not wanted any more is noted too, for money that arrives anyway.
    """
    with transaction.atomic(durable=True):
        payment = payment_locked(attempt.payment_id)
        attempt.refresh_from_db()
        is_wanted = payment.status == PaymentStatus.PENDING and attempt.status in LIVE_ATTEMPT_STATUSES
        if not attempt.session_id:
            attempt_note(attempt, session)
            attempt.status = AttemptStatus.OPEN if is_wanted else AttemptStatus.ABANDONED
            attempt.save()
        return None if is_wanted else PaymentStatus(payment.status)


def _attempt_abandon(attempt: PaymentAttempt, *, now: datetime, error: str) -> None:
    with transaction.atomic(durable=True):
        payment_locked(attempt.payment_id)
        attempt.refresh_from_db()
        if attempt.status == AttemptStatus.NEW:
            attempt_end(attempt, AttemptStatus.ABANDONED, now=now, error=error)


def _is_stale(attempt: PaymentAttempt, now: datetime) -> bool:
    return now > attempt.expires_at - LATEST_CALL


def _digest(parameters: dict[str, Any]) -> str:
    """Return a digest that is keyed, so that nobody can try addresses against a copy of the table."""
    return salted_hmac(_DIGEST, json.dumps(parameters, sort_keys=True), algorithm="sha256").hexdigest()
