"""What happens to money after a payment: fees, refunds, early fraud warnings; and customers."""

from typing import Any, Final

from sandbox.stripe import disputes
from sandbox.stripe.account import Account
from sandbox.stripe.cards import Card
from sandbox.stripe.errors import StripeError
from sandbox.stripe.shapes import CUSTOMER, REFUND
from sandbox.stripe.store import Object

# Prices of an account in the United States (https://stripe.com/pricing): 2.9 % and 30 cents, for debits 0.8 % up to $5.
_CARD_BPS, _CARD_CENTS, _DEBIT_BPS, _MOST_FOR_DEBIT = 290, 30, 80, 500
_SIGNS: Final = {"usd": "$", "eur": "€", "gbp": "£", "cad": "CA$", "aud": "A$", "jpy": "¥"}
_NO_COVER: Final = "Insufficient funds in your Stripe balance to refund this amount."


def text(amount: int, currency: str) -> str:
    """Return an amount as messages write it."""
    number = f"{amount:,}" if currency == "jpy" else f"{amount // 100:,}.{amount % 100:02d}"
    return f"{_SIGNS.get(currency, '')}{number}"


def fee(charge: Object) -> int:
    """Return Stripe's fee for a charge in minor units, rounded half up."""
    if charge["payment_method_details"]["type"] == "card":
        return int((charge["amount"] * _CARD_BPS + 5_000) // 10_000) + _CARD_CENTS
    return min(_MOST_FOR_DEBIT, int((charge["amount"] * _DEBIT_BPS + 5_000) // 10_000))


def follow_up(account: Account, charge: Object, card: Card) -> None:
    """Make what follows the payment with some test cards: a dispute, an inquiry or a warning."""
    if card.dispute:
        disputes.open_dispute(account, charge, reason=card.dispute, inquiry=card.inquiry)
    if card.warning:
        warn(account, charge)


def warn(account: Account, charge: Object) -> Object:
    """Report that the issuer suspects fraud. It is actionable while the charge is not refunded."""
    warning = account.add(
        "radar.early_fraud_warning",
        actionable=not charge["refunded"] and not charge["disputed"],
        charge=charge["id"],
        fraud_type="misc",
        payment_intent=charge["payment_intent"],
    )
    account.emit("radar.early_fraud_warning.created", warning)
    return warning


def refund(account: Account, given: dict[str, Any]) -> Object:
    """Refund a charge, or what is left of it.

    Raises:
        StripeError: The charge is not there, not paid, refunded, charged back, or smaller; or the balance is.
    """
    charge = _charge_of(account, given)
    left = charge["amount_captured"] - charge["amount_refunded"]
    if charge["status"] != "succeeded":
        raise StripeError(f"Charge {charge['id']} has not succeeded; cannot issue a refund.", param="charge")
    if disputes.is_charged_back(account, charge):
        raise StripeError(
            f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed"
        )
    if not left:
        raise StripeError(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount, currency = given.get("amount", left), charge["currency"]
    if amount > left:
        compared = "charge amount" if left == charge["amount"] else "unrefunded amount on charge"
        raise StripeError(
            f"Refund amount ({text(amount, currency)}) is greater than {compared} ({text(left, currency)})",
            param="amount",
        )
    account.cover(amount, currency, _NO_COVER)
    planned = charge["_refund"]
    made = account.add(
        "refund",
        **REFUND
        | {
            "charge": charge["id"],
            "customer": charge["customer"],
            "payment_intent": charge["payment_intent"],
            "reason": given.get("reason"),
            "destination_details": _destination(charge),
        },
        amount=amount,
        currency=currency,
        metadata={name: value for name, value in (given.get("metadata") or {}).items() if value != ""},
        status="pending" if planned == "pending" else "succeeded",
        _due=None if planned == "succeeded" else account.now() + account.options.refund_seconds,
    )
    transaction = account.post("refund", -amount, currency, source=made["id"])
    account.change(made, balance_transaction=transaction["id"])
    account.emit("refund.created", made)
    _count(account, charge, amount)
    account.emit("charge.refunded", charge)
    return made


def _destination(charge: Object) -> Object:
    kind = charge["payment_method_details"]["type"]
    if kind != "card":
        return {"type": kind, kind: {"reference": None, "reference_status": "pending"}}
    more = {"reference": None, "reference_status": "pending", "reference_type": "acquirer_reference_number"}
    return {"type": "card", "card": {"type": "refund", **more}}


def _charge_of(account: Account, given: dict[str, Any]) -> Object:
    if {"charge", "payment_intent"}.isdisjoint(given):
        raise StripeError("One of the following params should be provided for this request: payment_intent or charge.")
    if "charge" in given:
        charge = account.get("charge", given["charge"], "charge")
        if given.get("payment_intent", charge["payment_intent"]) != charge["payment_intent"]:
            raise StripeError("The charge does not belong to the payment_intent.", param="payment_intent")
        return charge
    intent = account.get("payment_intent", given["payment_intent"], "payment_intent")
    if not intent["latest_charge"]:
        raise StripeError(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            param="payment_intent",
        )
    return account.get("charge", intent["latest_charge"])


def _count(account: Account, charge: Object, amount: int) -> None:
    refunded = charge["amount_refunded"] + amount
    account.change(charge, amount_refunded=refunded, refunded=refunded == charge["amount"])


def refund_end(account: Account, made: Object, *, succeeds: bool) -> Object:
    """End a pending refund, or let one fail that had succeeded: the money returns to the balance.

    Raises:
        StripeError: It has failed already, or is to succeed and is not pending.
    """
    if made["status"] == "failed" or (succeeds and made["status"] != "pending"):
        raise StripeError(f"The refund is {made['status']}.")
    if succeeds:
        account.change(made, "refund.updated", status="succeeded", _due=None)
        account.emit("charge.refund.updated", made)
        return made
    transaction = account.post("refund_failure", made["amount"], made["currency"], source=made["id"])
    values = {"status": "failed", "failure_reason": "expired_or_canceled_card"}
    account.change(made, "refund.updated", **values, failure_balance_transaction=transaction["id"], _due=None)
    account.emit("charge.refund.updated", made)
    account.emit("refund.failed", made)
    _count(account, account.get("charge", made["charge"]), -made["amount"])
    return made


def customer_create(account: Account, given: dict[str, Any]) -> Object:
    """Make a customer."""
    values = {name: value for name, value in given.items() if name not in {"metadata", "expand"}}
    metadata = {name: value for name, value in (given.get("metadata") or {}).items() if value != ""}
    customer = account.add("customer", **CUSTOMER | values, metadata=metadata)
    account.change(customer, invoice_prefix=customer["id"][-8:].upper())
    account.emit("customer.created", customer)
    return customer


def customer_update(account: Account, identity: str, given: dict[str, Any]) -> Object:
    """Change a customer; metadata is merged. One event has all changes."""
    customer = account.get("customer", identity)
    values = {name: value for name, value in given.items() if name not in {"metadata", "expand"}}
    if "metadata" in given:
        values["metadata"] = account.merged(customer, given["metadata"])
    return account.change(customer, "customer.updated", **values)
