"""The one writer of the statuses of payments and attempts. Callers have the payment's row lock (`locks.py`)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from apps.notifications.api import outbox_put
from apps.payments.enums import (
    PAYMENT_MOVES,
    TAKEN_PAYMENT_STATUSES,
    AttemptStatus,
    PaymentMove,
    PaymentStatus,
    Purpose,
)
from apps.payments.models import Payment, PaymentAttempt
from apps.payments.rules import SessionFacts
from apps.payments.topics import (
    PaymentCancelled,
    PaymentExpired,
    PaymentFailed,
    PaymentNews,
    PaymentProcessing,
    PaymentSucceeded,
)

_NEWS: Final[dict[PaymentMove, type[PaymentNews]]] = {
    PaymentMove.PROCESS: PaymentProcessing,
    PaymentMove.EXPIRE: PaymentExpired,
    PaymentMove.FAIL: PaymentFailed,
    PaymentMove.CANCEL: PaymentCancelled,
    PaymentMove.RETURN: PaymentFailed,
}
_ENDED: Final = (PaymentStatus.EXPIRED, PaymentStatus.FAILED, PaymentStatus.CANCELLED)


def payment_move(payment: Payment, move: PaymentMove, *, now: datetime, taken_cents: int = 0) -> bool:
    """Make a move of a locked payment and report it; return False, without an effect, if the table has no such move.

    `taken_cents` is what Stripe has taken, for the moves that take money.
    """
    row, before = PAYMENT_MOVES[move], PaymentStatus(payment.status)
    if before not in row.sources:
        return False
    payment.status, payment.moved_at = row.target, now
    if row.target in TAKEN_PAYMENT_STATUSES:
        payment.paid_at, payment.paid_cents = now, taken_cents
    payment.save(update_fields=["status", "moved_at", "paid_at", "paid_cents", "updated_at"])
    if move is PaymentMove.PAY:
        is_late = before in _ENDED
        news_put(payment, PaymentSucceeded, now=now, paid_cents=taken_cents, currency=payment.currency, is_late=is_late)
    elif move in _NEWS:
        news_put(payment, _NEWS[move], now=now)
    return True


def attempt_end(
    attempt: PaymentAttempt,
    status: AttemptStatus,
    *,
    now: datetime,
    session: SessionFacts | None = None,
    error: str = "",
) -> None:
    """End an attempt of a locked payment, with the ids of its session."""
    attempt.status, attempt.ended_at, attempt.error_code = status, now, error
    if session:
        attempt_note(attempt, session)
    attempt.save()


def attempt_note(attempt: PaymentAttempt, session: SessionFacts) -> None:
    """Note the ids of a session, without saving."""
    attempt.session_id, attempt.payment_intent_id = session.id, session.intent_id
    attempt.charge_id, attempt.customer_id = session.charge_id, session.customer_id


def news_put(payment: Payment, news: Callable[..., PaymentNews], *, now: datetime, **more: Any) -> None:
    """Report something about a payment in the running transaction."""
    payload = news(payment_id=payment.id, purpose=Purpose(payment.purpose), reference=payment.reference, **more)
    outbox_put(payload=payload, aggregate_key=f"payment:{payment.id}", now=now)
