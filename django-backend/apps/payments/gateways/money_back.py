"""Refunds, disputes and warnings of fraud."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from apps.payments.enums import STRIPE_REASONS, RefundReason
from apps.payments.gateways.client import failures, stripe_client
from apps.payments.rules import DisputeFacts, RefundFacts


def refund_create(
    *, intent_id: str, amount_cents: int, reason: RefundReason, refund_id: str, idempotency_key: str
) -> RefundFacts:
    """Refund a part of a payment, or return the refund that was made under this key.

    Raises:
        PaymentsOff, StripeUnanswered, StripeBroken, StripeRefused: see `client`.
    """
    known = reason if reason in STRIPE_REASONS else RefundReason.REQUESTED
    sent: Any = {
        "payment_intent": intent_id,
        "amount": amount_cents,
        "reason": known.value,
        "metadata": {"refund_id": refund_id},
    }
    with failures():
        made = stripe_client().v1.refunds.create(sent, {"idempotency_key": idempotency_key})
    return _refund(made.to_dict())


def refund_read(stripe_refund_id: str) -> RefundFacts:
    """Return the present state of a refund; raises as `refund_create`."""
    with failures():
        return _refund(stripe_client().v1.refunds.retrieve(stripe_refund_id).to_dict())


def refund_found(*, intent_id: str, refund_id: str) -> RefundFacts | None:
    """Return the newest refund of a payment that has our id in its metadata; raises as `refund_create`."""
    with failures():
        refunds = stripe_client().v1.refunds.list({"payment_intent": intent_id, "limit": 100})
        found = (_refund(one.to_dict()) for one in refunds.auto_paging_iter())
        return next((refund for refund in found if refund.refund_id == refund_id), None)


def dispute_read(stripe_dispute_id: str) -> DisputeFacts:
    """Return the present state of a dispute; raises as `refund_create`."""
    with failures():
        dispute: Mapping[str, Any] = stripe_client().v1.disputes.retrieve(stripe_dispute_id).to_dict()
    due_by = (dispute.get("evidence_details") or {}).get("due_by")
    return DisputeFacts(
        id=dispute["id"],
        intent_id=_id(dispute.get("payment_intent")),
        amount_cents=dispute["amount"],
        currency=dispute["currency"],
        reason=dispute["reason"],
        status=dispute["status"],
        net_cents=sum(moved["net"] for moved in dispute.get("balance_transactions") or ()),
        due_by=datetime.fromtimestamp(due_by, UTC) if due_by else None,
        opened_at=datetime.fromtimestamp(dispute["created"], UTC),
    )


def fraud_warning_intent(warning_id: str) -> str:
    """Return the PaymentIntent that an early fraud warning is about, or nothing; raises as `refund_create`."""
    with failures():
        warning = stripe_client().v1.radar.early_fraud_warnings.retrieve(warning_id).to_dict()
    return _id(warning.get("payment_intent"))


def balance_available(currency: str) -> int:
    """Return what our balance has for refunds now, in cents; below zero if we owe; raises as `refund_create`."""
    with failures():
        balance = stripe_client().v1.balance.retrieve().to_dict()
    return sum(part["amount"] for part in balance["available"] if part["currency"] == currency.lower())


def _refund(refund: Mapping[str, Any]) -> RefundFacts:
    return RefundFacts(
        id=refund["id"],
        refund_id=(refund.get("metadata") or {}).get("refund_id", ""),
        intent_id=_id(refund.get("payment_intent")),
        amount_cents=refund["amount"],
        currency=refund["currency"],
        status=refund["status"] or "",
        failure_code=refund.get("failure_reason") or "",
    )


def _id(found: Any) -> str:
    """Return the id of what may be an object, an id or nothing."""
    return str(found["id"] if isinstance(found, dict) else found or "")
