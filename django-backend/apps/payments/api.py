"""What other apps may use of payments: begin, open, settle, cancel, refund; who pays is a hook for them to fill in."""

from apps.payments.errors import (
    AttemptStale,
    PaymentFrozen,
    PaymentNotOpen,
    StripeBroken,
    StripeRefused,
    StripeUnanswered,
)
from apps.payments.gateways.money_back import balance_available
from apps.payments.locks import payment_locked
from apps.payments.rules import MIN_AMOUNT_CENTS, SESSION_LIFE, Payer, dashboard_address
from apps.payments.services.payers import payer_of
from apps.payments.services.payments import payment_begin, payment_cancel, payment_open
from apps.payments.services.refunds import refund_request, refund_retry
from apps.payments.topics import (
    DisputeClosed,
    DisputeOpened,
    EarlyFraudWarning,
    MoneyIncidentOpened,
    PaymentCancelled,
    PaymentExpired,
    PaymentFailed,
    PaymentNews,
    PaymentProcessing,
    PaymentSucceeded,
    RefundEnded,
)

__all__ = [
    "MIN_AMOUNT_CENTS", "SESSION_LIFE", "AttemptStale", "DisputeClosed", "DisputeOpened", "EarlyFraudWarning",
    "MoneyIncidentOpened", "Payer", "PaymentCancelled", "PaymentExpired", "PaymentFailed", "PaymentFrozen",
    "PaymentNews", "PaymentNotOpen", "PaymentProcessing", "PaymentSucceeded", "RefundEnded", "StripeBroken",
    "StripeRefused", "StripeUnanswered", "balance_available", "dashboard_address", "payer_of", "payment_begin",
    "payment_cancel", "payment_locked", "payment_open", "refund_request", "refund_retry",
]  # fmt: skip
