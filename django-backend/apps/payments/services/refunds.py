"""Requests refunds, sends them to Stripe, and follows them to their end."""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import transaction

from apps.common.jobs import enqueue_on_commit
from apps.common.money import cents_to_text
from apps.payments.enums import (
    COUNTED_REFUND_STATUSES,
    ENDED_REFUND_STATUSES,
    REFUND_MOVES,
    TAKEN_PAYMENT_STATUSES,
    AttemptStatus,
    RefundMove,
    RefundReason,
    RefundStatus,
)
from apps.payments.errors import (
    NothingPaid,
    RefundNotFailed,
    RefundNotFound,
    RefundTooMuch,
    StripeBroken,
    StripeRefused,
)
from apps.payments.gateways.money_back import refund_create, refund_found, refund_read
from apps.payments.locks import payment_locked
from apps.payments.models import Payment, Refund
from apps.payments.rules import RefundFacts
from apps.payments.services.moving import news_put
from apps.payments.topics import RefundEnded

SEND_TASK: Final = "payments.send_refund"
_EMPTY_BALANCE: Final = frozenset({"balance_insufficient", "insufficient_funds"})
# Stripe's words; one that is new to us changes nothing.
_MOVES: Final = {
    "pending": RefundMove.WAIT,
    "requires_action": RefundMove.ASK,
    "succeeded": RefundMove.SUCCEED,
    "failed": RefundMove.FAIL,
    "canceled": RefundMove.CANCEL,
}


@transaction.atomic
def refund_request(
    *, payment_id: UUID, amount_cents: int, reason: RefundReason, reference: UUID, now: datetime
) -> Refund:
    """Commit, with the caller's transaction, a refund of a payment or a part of it; a task sends it after the commit.

    `reference` is the caller's own id of the refund: called again with it, the same refund is returned. The caller may
    have locks of its own, taken before: the payment's is the last one.

    Raises:
        PaymentNotFound, NothingPaid: as their names say.
        RefundTooMuch: more than what was paid, less the refunds that are on their way or arrived.
    """
    payment = payment_locked(payment_id)
    if known := payment.refunds.filter(reference=reference).first():
        return known
    attempt = payment.attempts.filter(status=AttemptStatus.COMPLETE).exclude(payment_intent_id="").first()
    if payment.status not in TAKEN_PAYMENT_STATUSES or attempt is None:
        raise NothingPaid
    return refund_add(
        payment,
        amount_cents=amount_cents,
        reason=reason,
        intent_id=attempt.payment_intent_id,
        reference=reference,
        now=now,
    )


def refund_add(
    payment: Payment, *, amount_cents: int, reason: RefundReason, intent_id: str, reference: UUID, now: datetime
) -> Refund:
    """Add a refund to a locked payment, and have it sent after the commit."""
    _reserve(payment, amount_cents)
    refund = Refund.objects.create(
        payment=payment,
        reference=reference,
        payment_intent_id=intent_id,
        amount_cents=amount_cents,
        reason=reason,
        requested_at=now,
        checked_at=now,
    )
    enqueue_on_commit(SEND_TASK, refund_id=str(refund.id))
    return refund


def refund_send(*, refund_id: UUID, now: datetime) -> RefundStatus:
    """Send a refund to Stripe, or ask about one that was sent; return its status.

    Safe to call at any time: the same attempt has the same key. What was sent without an answer is looked for among the
    refunds of the payment first, since Stripe forgets keys after a day and repeats its internal failures.

    Raises:
        RefundNotFound: there is none.
        PaymentsOff, StripeUnanswered, StripeBroken, StripeRefused: it is sent again by the sweep.
        RuntimeError: there is a transaction, whose locks would wait for Stripe.
    """
    with transaction.atomic(durable=True):
        refund = _refund_locked(refund_id)
        if not refund.stripe_refund_id and refund.status != RefundStatus.PENDING:
            return RefundStatus(refund.status)
        was_sent, refund.sent_at, refund.checked_at = refund.sent_at, now, now
        refund.save(update_fields=["sent_at", "checked_at", "updated_at"])
    facts: RefundFacts | None = None
    if refund.stripe_refund_id:
        facts = refund_read(refund.stripe_refund_id)
    elif was_sent:
        facts = refund_found(intent_id=refund.payment_intent_id, refund_id=str(refund.id))
    if facts is None or (not refund.stripe_refund_id and facts.status in {"failed", "canceled"}):
        facts = _create(refund, now)
    if facts is None:
        return RefundStatus(Refund.objects.values_list("status", flat=True).get(id=refund_id))
    return refund_note(refund_id=refund_id, facts=facts, now=now)


def _create(refund: Refund, now: datetime) -> RefundFacts | None:
    """Send one attempt; None if Stripe refused it, which is noted."""
    try:
        return refund_create(
            intent_id=refund.payment_intent_id,
            amount_cents=refund.amount_cents,
            reason=RefundReason(refund.reason),
            refund_id=str(refund.id),
            idempotency_key=refund.idempotency_key,
        )
    except StripeBroken:
        _next_key(refund)
        raise
    except StripeRefused as error:
        with transaction.atomic(durable=True):
            locked = _refund_locked(refund.id)
            move = RefundMove.RUN_DRY if error.reason in _EMPTY_BALANCE else RefundMove.FAIL
            if locked.attempt == refund.attempt and not locked.stripe_refund_id:
                refund_move(locked, move, now=now, failure_code=error.reason)
        return None


def refund_note(*, refund_id: UUID, facts: RefundFacts, now: datetime) -> RefundStatus:
    """Note what Stripe says about a refund of ours."""
    with transaction.atomic(durable=True):
        refund = _refund_locked(refund_id)
        if not refund.stripe_refund_id:
            refund.stripe_refund_id = facts.id
        if refund.stripe_refund_id == facts.id:  # an attempt that failed has another id, and nothing to say any more
            refund.save(update_fields=["stripe_refund_id", "updated_at"])
            if move := _MOVES.get(facts.status):
                refund_move(refund, move, now=now, failure_code=facts.failure_code)
        return RefundStatus(refund.status)


@transaction.atomic
def refund_retry(*, refund_id: UUID, now: datetime) -> Refund:
    """Send a refund again that failed, was canceled or found no balance, under a new key.

    Raises:
        RefundNotFound, RefundNotFailed: as their names say.
        RefundTooMuch: the money was refunded in another way meanwhile.
    """
    refund = _refund_locked(refund_id)
    if refund.status not in REFUND_MOVES[RefundMove.RETRY].sources:
        raise RefundNotFailed
    refund.attempt, refund.stripe_refund_id, refund.sent_at = refund.attempt + 1, "", None
    refund.save(update_fields=["attempt", "stripe_refund_id", "sent_at", "updated_at"])
    refund_move(refund, RefundMove.RETRY, now=now)
    enqueue_on_commit(SEND_TASK, refund_id=str(refund.id))
    return refund


def refund_move(refund: Refund, move: RefundMove, *, now: datetime, failure_code: str = "") -> bool:
    """Make a move of a refund whose payment is locked, and report its end; False if the table has no such move."""
    row, before = REFUND_MOVES[move], refund.status
    if before not in row.sources:
        return False
    payment = refund.payment
    if before in COUNTED_REFUND_STATUSES and row.target not in COUNTED_REFUND_STATUSES:
        _reserve(payment, -refund.amount_cents)
    elif before not in COUNTED_REFUND_STATUSES and row.target in COUNTED_REFUND_STATUSES:
        _reserve(payment, refund.amount_cents)
    refund.status, refund.failure_code = row.target, failure_code
    refund.ended_at = now if row.target in ENDED_REFUND_STATUSES else None
    refund.save(update_fields=["status", "failure_code", "ended_at", "updated_at"])
    if refund.ended_at:
        refund_report(refund, now=now)
    return True


def dashboard_refund_add(payment: Payment, facts: RefundFacts, *, now: datetime) -> None:
    """Add a refund that was made in Stripe's dashboard to a locked payment.

    Raises:
        RefundTooMuch: more than is left of the payment.
    """
    _reserve(payment, facts.amount_cents)
    refund = Refund.objects.create(
        payment=payment,
        payment_intent_id=facts.intent_id,
        amount_cents=facts.amount_cents,
        reason=RefundReason.DASHBOARD,
        stripe_refund_id=facts.id,
        requested_at=now,
        checked_at=now,
    )
    if move := _MOVES.get(facts.status):
        refund_move(refund, move, now=now, failure_code=facts.failure_code)


def refund_report(refund: Refund, *, now: datetime) -> None:
    """Report the end of a refund."""
    more = {"refund_id": refund.id, "status": RefundStatus(refund.status), "amount_cents": refund.amount_cents}
    news_put(refund.payment, RefundEnded, now=now, refund_reference=refund.reference, **more)


def _reserve(payment: Payment, cents: int) -> None:
    """Count cents of a locked payment as refunded; the database checks the sum too."""
    left = payment.paid_cents - payment.refunded_cents
    if cents > left:
        raise RefundTooMuch(f"Only {cents_to_text(left)} of the payment can still be refunded.")
    payment.refunded_cents += cents
    payment.save(update_fields=["refunded_cents", "updated_at"])


def _next_key(refund: Refund) -> None:
    with transaction.atomic(durable=True):
        locked = _refund_locked(refund.id)
        if locked.attempt == refund.attempt and not locked.stripe_refund_id:
            Refund.objects.filter(id=refund.id).update(attempt=refund.attempt + 1)


def _refund_locked(refund_id: UUID) -> Refund:
    """Return a refund with its payment, which is locked."""
    payment_id = Refund.objects.filter(id=refund_id).values_list("payment_id", flat=True).first()
    if payment_id is None:
        raise RefundNotFound
    payment = payment_locked(payment_id)
    refund = Refund.objects.get(id=refund_id)
    refund.payment = payment
    return refund
