"""Disputes: money withdrawn, evidence, and how they end."""

from typing import Any, Final

from sandbox.stripe.account import Account
from sandbox.stripe.errors import StripeError
from sandbox.stripe.parameters import EVIDENCE_FILES, EVIDENCE_TEXTS
from sandbox.stripe.shapes import NOT_SUBMITTED
from sandbox.stripe.store import Object

_FEE: Final = 1_500  # cents, of an account in the United States; kept when the dispute is won
_EVIDENCE_DAYS: Final = 9 * 86_400
_CLOSED: Final = frozenset({"won", "lost", "warning_closed"})
# https://docs.stripe.com/testing#evidence: what this text says decides a dispute in test mode.
_VERDICTS: Final = {"winning_evidence": "won", "losing_evidence": "lost"}


def open_dispute(account: Account, charge: Object, *, reason: str = "fraudulent", inquiry: bool = False) -> Object:
    """Dispute a charge. Unless it is an inquiry, the whole amount and a fee leave the balance.

    Raises:
        StripeError: The charge is not paid, or is fully refunded or disputed already.
    """
    if charge["status"] != "succeeded" or charge["refunded"] or charge["disputed"]:
        raise StripeError("Only a paid charge that is neither refunded nor disputed can be disputed.")
    evidence = dict.fromkeys((*EVIDENCE_TEXTS, *EVIDENCE_FILES)) | {"enhanced_evidence": {}}
    due_by = account.now() + _EVIDENCE_DAYS
    dispute = account.add(
        "dispute",
        amount=charge["amount"],
        balance_transactions=[],
        charge=charge["id"],
        currency=charge["currency"],
        enhanced_eligibility_types=[],
        evidence=evidence,
        evidence_details=NOT_SUBMITTED | {"due_by": due_by},
        is_charge_refundable=inquiry,
        metadata={},
        network_reason_code="10",
        payment_intent=charge["payment_intent"],
        payment_method_details={
            "type": "card",
            "card": {
                "brand": "visa",
                "case_type": "inquiry" if inquiry else "chargeback",
                "network": "visa",
                "network_reason_code": "10",
            },
        },
        reason=reason,
        status="warning_needs_response" if inquiry else "needs_response",
    )
    account.change(charge, "charge.updated", disputed=True)
    account.emit("charge.dispute.created", dispute)
    if not inquiry:
        _move(account, dispute, -dispute["amount"], fee=_FEE)
        account.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def _move(account: Account, dispute: Object, amount: int, *, fee: int = 0) -> None:
    transaction = account.post(
        "adjustment",
        amount,
        dispute["currency"],
        fee=fee,
        source=dispute["id"],
        category="dispute" if amount < 0 else "dispute_reversal",
        description=f"Chargeback {'withdrawal' if amount < 0 else 'reversal'} for {dispute['charge']}",
    )
    # Unlike elsewhere, the object itself is sent and not its id.
    account.change(dispute, balance_transactions=[*dispute["balance_transactions"], transaction])


def is_charged_back(account: Account, charge: Object) -> bool:
    """Return whether a dispute keeps a charge from being refunded: not an inquiry, and not one that was won."""
    found = account.store.select("dispute", "AND json_extract(body, '$.charge') = ?", charge["id"])
    return any(not one["is_charge_refundable"] and one["status"] != "won" for one in found)


def update(account: Account, identity: str, given: dict[str, Any]) -> Object:
    """Stage or submit evidence.

    Raises:
        StripeError: The dispute is closed, or evidence was submitted already.
    """
    dispute = account.get("dispute", identity)
    values: dict[str, Any] = {}
    if "metadata" in given:
        values["metadata"] = account.merged(dispute, given["metadata"])
    if "evidence" in given or "submit" in given:
        _refuse_closed(dispute)
        if dispute["status"] not in {"needs_response", "warning_needs_response"}:
            raise StripeError("This dispute's evidence was submitted already and can no longer be changed.")
        evidence = dispute["evidence"] | given.get("evidence", {})
        values["evidence"] = evidence
        details = dispute["evidence_details"] | {"has_evidence": any(evidence[name] for name in EVIDENCE_TEXTS)}
        if given.get("submit", True):
            details |= {"submission_count": 1, "submission_method": "manual"}
            warning = dispute["status"].startswith("warning")
            values["status"] = "warning_under_review" if warning else "under_review"
        values["evidence_details"] = details
    account.change(dispute, "charge.dispute.updated", **values)
    verdict = _VERDICTS.get(dispute["evidence"]["uncategorized_text"] or "")
    if verdict and dispute["status"] == "under_review":
        decide(account, dispute, won=verdict == "won")
    return dispute


def close(account: Account, identity: str) -> Object:
    """Accept a dispute as lost, which cannot be undone.

    Raises:
        StripeError: It is closed.
    """
    return decide(account, account.get("dispute", identity), won=False)


def decide(account: Account, dispute: Object, *, won: bool) -> Object:
    """End a dispute; a won one returns the amount, not the fee.

    Raises:
        StripeError: It is closed.
    """
    _refuse_closed(dispute)
    inquiry = dispute["status"].startswith("warning")
    account.change(dispute, status="warning_closed" if inquiry else "won" if won else "lost")
    if won and not inquiry:
        _move(account, dispute, dispute["amount"])
        account.emit("charge.dispute.funds_reinstated", dispute)
    account.emit("charge.dispute.closed", dispute)
    return dispute


def _refuse_closed(dispute: Object) -> None:
    if dispute["status"] in _CLOSED:
        raise StripeError("This dispute is already closed")
