"""Payments as the product makes them, through its services."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.common.ids import uuid7
from apps.payments.enums import LineLabel, PaymentStatus, Purpose, RefundReason
from apps.payments.models import Payment, PaymentAttempt, Refund
from apps.payments.rules import Payer, PaymentLine
from apps.payments.services.payers import payer_of
from apps.payments.services.payments import payment_begin, payment_open
from apps.payments.services.refunds import refund_request
from apps.payments.services.settling import payment_settle

NAME, EMAIL = "Ana de la Cruz", "ana.delacruz@example.com"
CREATE = "/v1/checkout/sessions"
LINES = (PaymentLine(LineLabel.TICKETS, 10_000, 2), PaymentLine(LineLabel.FEES, 500, 2))
TOTAL_CENTS = 21_000


def ana(*, purpose: Purpose, reference: UUID) -> Payer:
    """Fill in for the owner of the purpose."""
    return Payer(NAME, EMAIL)


def begun(lines: tuple[PaymentLine, ...] = LINES, *, now: datetime | None = None) -> Payment:
    """Return a payment that is committed and not sent."""
    return begun_again(uuid7(), lines, now=now)


@transaction.atomic
def begun_again(reference: UUID, lines: tuple[PaymentLine, ...] = LINES, *, now: datetime | None = None) -> Payment:
    """Return the payment of what may have one already."""
    payer = payer_of(purpose=Purpose.ORDER, reference=reference)
    return payment_begin(
        purpose=Purpose.ORDER, reference=reference, lines=lines, payer=payer, now=now or timezone.now()
    )


def opened(lines: tuple[PaymentLine, ...] = LINES) -> PaymentAttempt:
    """Return the attempt of a payment whose session is open."""
    payment = begun(lines)
    payment_open(payment_id=payment.id, now=timezone.now())
    return payment.attempts.get()


def paid(local_stripe: object, lines: tuple[PaymentLine, ...] = LINES, *, number: str = "4242424242424242") -> Payment:
    """Return a payment that is paid and settled."""
    attempt = opened(lines)
    local_stripe.pay(attempt.session_id, number)  # type: ignore[attr-defined]
    assert payment_settle(payment_id=attempt.payment_id, now=timezone.now()) is PaymentStatus.PAID
    return Payment.objects.get(id=attempt.payment_id)


def requested(payment: Payment, cents: int) -> Refund:
    """Return a refund that is committed and not sent."""
    return refund_request(
        payment_id=payment.id,
        amount_cents=cents,
        reason=RefundReason.REQUESTED,
        reference=uuid7(),
        now=timezone.now(),
    )
