"""Payments without people: ids, types, amounts, states and times. No table refers to a user."""

from apps.payments.models.inbox import StripeEvent
from apps.payments.models.incidents import MoneyIncident
from apps.payments.models.payments import Payment, PaymentAttempt
from apps.payments.models.refunds import Dispute, Refund

__all__ = ["Dispute", "MoneyIncident", "Payment", "PaymentAttempt", "Refund", "StripeEvent"]
