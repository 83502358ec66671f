"""What other apps may use of payments: begin, open, settle, cancel, refund; who pays is a hook for them to fill in."""

from apps.payments.rules import SESSION_LIFE, Payer, PaymentLine
from apps.payments.services.payers import payer_of
from apps.payments.services.payments import payment_begin, payment_cancel, payment_open
from apps.payments.services.refunds import refund_request, refund_retry
from apps.payments.services.settling import payment_settle
from apps.payments.topics import (
    DisputeClosed,
    DisputeOpened,
    EarlyFraudWarning,
    MoneyIncidentOpened,
    PaymentCancelled,
    PaymentExpired,
    PaymentFailed,
    PaymentSucceeded,
    RefundEnded,
)

__all__ = [
    "SESSION_LIFE", "DisputeClosed", "DisputeOpened", "EarlyFraudWarning", "MoneyIncidentOpened", "Payer",
    "PaymentCancelled", "PaymentExpired", "PaymentFailed", "PaymentLine", "PaymentSucceeded", "RefundEnded", "payer_of",
    "payment_begin", "payment_cancel", "payment_open", "payment_settle", "refund_request", "refund_retry",
]  # fmt: skip
