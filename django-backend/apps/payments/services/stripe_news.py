"""What Stripe reports about objects that are not sessions: refunds, disputes, warnings of fraud. Each is fetched."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.payments.enums import CLOSED_DISPUTE_STATUSES, RefundStatus
from apps.payments.errors import StripeRefused
from apps.payments.gateways.money_back import dispute_read, fraud_warning_intent, refund_read
from apps.payments.gateways.sessions import intent_payment_id, session_read
from apps.payments.locks import payment_locked
from apps.payments.models import Dispute, Payment, PaymentAttempt, Refund
from apps.payments.rules import DisputeFacts, RefundFacts, SessionFacts
from apps.payments.services.incident_opening import refund_incident_open
from apps.payments.services.moving import news_put
from apps.payments.services.refunds import dashboard_refund_add, refund_note
from apps.payments.services.settling import payment_settle
from apps.payments.topics import DisputeClosed, DisputeOpened, EarlyFraudWarning

HANDLED, FOREIGN = "handled", "not ours"


def session_follow(session_id: str, *, now: datetime) -> str:
    """Settle the payment that a session belongs to; one whose id was lost in a crash is recognised by its metadata."""
    payment_id = PaymentAttempt.objects.filter(session_id=session_id).values_list("payment_id", flat=True).first()
    if payment_id is None and (attempt := _attempt_of(session := session_read(session_id))):
        payment_id = attempt.payment_id
        _adopt(attempt, session)
    if payment_id is None:
        return FOREIGN
    payment_settle(payment_id=payment_id, now=now)
    return HANDLED


def _attempt_of(session: SessionFacts) -> PaymentAttempt | None:
    attempt_id = _uuid(session.attempt_id)
    return PaymentAttempt.objects.filter(id=attempt_id).first() if attempt_id else None


def _adopt(attempt: PaymentAttempt, session: SessionFacts) -> None:
    with transaction.atomic(durable=True):
        payment_locked(attempt.payment_id)
        PaymentAttempt.objects.filter(id=attempt.id, session_id="").update(session_id=session.id)


def refund_follow(stripe_refund_id: str, *, now: datetime) -> str:
    """Note the state of a refund; one that was made in Stripe's dashboard is matched, or becomes a money incident."""
    facts = refund_read(stripe_refund_id)
    ours = Refund.objects.filter(stripe_refund_id=facts.id).first()
    if ours is None and (refund_id := _uuid(facts.refund_id)):
        ours = Refund.objects.filter(id=refund_id).first()
    if ours:
        refund_note(refund_id=ours.id, facts=facts, now=now)
        return HANDLED
    payment_id = _payment_of(facts.intent_id, now)
    if payment_id is None:
        return FOREIGN
    with transaction.atomic(durable=True):
        payment = payment_locked(payment_id)
        if facts.status not in {RefundStatus.FAILED, RefundStatus.CANCELED}:
            _match(payment, facts, now)
    return HANDLED


def _match(payment: Payment, facts: RefundFacts, now: datetime) -> None:
    if payment.refunds.filter(stripe_refund_id=facts.id).exists():
        return
    # It may be one of these, made by hand because ours did not arrive.
    unsent = payment.refunds.filter(
        stripe_refund_id="",
        amount_cents=facts.amount_cents,
        status__in=[RefundStatus.PENDING, RefundStatus.BALANCE_INSUFFICIENT],
    )
    is_known = facts.currency == payment.currency and facts.amount_cents <= payment.paid_cents - payment.refunded_cents
    if is_known and not unsent.exists():
        dashboard_refund_add(payment, facts, now=now)
    else:
        refund_incident_open(payment, facts, now=now)


def dispute_follow(stripe_dispute_id: str, *, now: datetime) -> str:
    """Note the state of a dispute and report that it was opened, and that it ended; each once."""
    while True:
        known = _dispute_version(stripe_dispute_id)
        facts = dispute_read(stripe_dispute_id)
        payment_id = _payment_of(facts.intent_id, now)
        if payment_id is None:
            return FOREIGN
        with transaction.atomic(durable=True):
            payment = payment_locked(payment_id)
            # If another event has written meanwhile, what we read may be older: ask again.
            if _dispute_version(stripe_dispute_id) == known:
                _dispute_note(payment, facts, now)
                return HANDLED


def _dispute_version(stripe_dispute_id: str) -> datetime | None:
    rows = Dispute.objects.filter(stripe_dispute_id=stripe_dispute_id)
    return rows.values_list("updated_at", flat=True).first()


def _dispute_note(payment: Payment, facts: DisputeFacts, now: datetime) -> None:
    dispute = payment.disputes.filter(stripe_dispute_id=facts.id).first()
    is_new, is_over = dispute is None, facts.status in CLOSED_DISPUTE_STATUSES
    dispute = dispute or Dispute(payment=payment, stripe_dispute_id=facts.id, opened_at=facts.opened_at)
    ends_now = is_over and dispute.closed_at is None
    dispute.amount_cents, dispute.currency, dispute.reason = facts.amount_cents, facts.currency, facts.reason[:100]
    dispute.status, dispute.net_cents, dispute.due_by = facts.status[:100], facts.net_cents, facts.due_by
    dispute.closed_at = (dispute.closed_at or now) if is_over else None
    dispute.save()
    if is_new:
        news_put(payment, DisputeOpened, now=now, dispute_id=dispute.id, amount_cents=dispute.amount_cents)
    if ends_now:
        news_put(payment, DisputeClosed, now=now, dispute_id=dispute.id, status=dispute.status)


def fraud_warning_follow(warning_id: str, *, now: datetime) -> str:
    """Report, once for a payment, that the card's issuer suspects fraud."""
    payment_id = _payment_of(fraud_warning_intent(warning_id), now)
    if payment_id is None:
        return FOREIGN
    with transaction.atomic(durable=True):
        payment = payment_locked(payment_id)
        if payment.fraud_warned_at is None:
            payment.fraud_warned_at = now
            payment.save(update_fields=["fraud_warned_at", "updated_at"])
            news_put(payment, EarlyFraudWarning, now=now)
    return HANDLED


def _payment_of(intent_id: str, now: datetime) -> UUID | None:
    """Return the payment that a PaymentIntent belongs to; it is settled first if its own event has not arrived yet."""
    if not intent_id:
        return None
    attempts = PaymentAttempt.objects.filter(payment_intent_id=intent_id)
    if payment_id := attempts.values_list("payment_id", flat=True).first():
        return payment_id
    try:
        named = _uuid(intent_payment_id(intent_id))
    except StripeRefused:
        return None
    if named is None or not Payment.objects.filter(id=named).exists():
        return None
    payment_settle(payment_id=named, now=now)
    return attempts.values_list("payment_id", flat=True).first()


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
