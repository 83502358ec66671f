"""Checkout Sessions are paid: by card at once, by bank debit in the end.

Checkout makes the payment intent at the first attempt. The charge gets its balance transaction after it succeeds
(https://docs.stripe.com/payments/payment-intents/asynchronous-capture).
"""

from dataclasses import dataclass
from typing import Final

from sandbox.stripe import money
from sandbox.stripe.account import Account, filled
from sandbox.stripe.cards import Card, Refusal, card
from sandbox.stripe.errors import StripeError
from sandbox.stripe.ids import new_id
from sandbox.stripe.shapes import CHARGE, INTENT, bank_details, billing_details, card_details, details_of_buyer, outcome
from sandbox.stripe.store import Object

_RETURNED: Final = Refusal("payment_intent_payment_attempt_failed", None, "The bank returned the debit.")


@dataclass(frozen=True)
class Buyer:
    """What somebody enters on the payment page; `method` is `card` or `us_bank_account`."""

    email: str = "buyer@example.com"
    name: str = "Bea Buyer"
    number: str = "4242424242424242"
    method: str = "card"


def pay(account: Account, identity: str, buyer: Buyer) -> str | None:
    """Pay an open session as the page does; return why it failed, None when it is complete.

    Raises:
        StripeError: The session is not open.
    """
    session = account.get("checkout.session", identity)
    if session["status"] != "open":
        raise StripeError(f"This Checkout Session is not open: its status is {session['status']}.")
    if buyer.method not in session["payment_method_types"]:
        raise StripeError(f"This Checkout Session does not accept {buyer.method}.")
    found = card(buyer.number) if buyer.method == "card" and session["amount_total"] else None
    if buyer.method == "card" and session["amount_total"] and found is None:
        return "Your card number is invalid."  # found by the page: no attempt was made
    details = details_of_buyer(session["customer_email"] or buyer.email, buyer.name)
    if not session["amount_total"]:
        _make_customer(account, session, None, details)
        _complete(account, session, details, "no_payment_required")
        return None
    intent = _intent(account, session)
    if found is not None and found.refusal:
        _refuse(account, intent, charge_make(account, intent, details, found, buyer.number, "failed"), found.refusal)
        return found.refusal.message
    _make_customer(account, session, intent, details)
    if buyer.method == "us_bank_account":
        charge = charge_make(account, intent, details, None, "", "pending")
        account.emit("charge.pending", charge)
        account.change(intent, "payment_intent.processing", status="processing", latest_charge=charge["id"])
        _complete(account, session, details, "unpaid")
        return None
    charge = charge_make(account, intent, details, found, buyer.number, "pending")
    charge_succeed(account, intent, charge, at_once=bool(found and found.at_once))
    _complete(account, session, details, "paid")
    if found is not None:
        money.follow_up(account, account.get("charge", charge["id"]), found)
    return None


def settle(account: Account, identity: str, *, succeeds: bool) -> Object:
    """End the bank debit of a complete session.

    Raises:
        StripeError: Nothing is on its way.
    """
    session = account.get("checkout.session", identity)
    intent = account.get("payment_intent", session["payment_intent"]) if session["payment_intent"] else None
    if intent is None or intent["status"] != "processing":
        raise StripeError("No payment of this Checkout Session is being processed.")
    charge = account.get("charge", intent["latest_charge"])
    if succeeds:
        charge_succeed(account, intent, charge, at_once=False)
        account.change(session, payment_status="paid")
        account.emit("checkout.session.async_payment_succeeded", session)
    else:
        _refuse(account, intent, account.change(charge, status="failed"), _RETURNED)
        account.emit("checkout.session.async_payment_failed", session)
    return session


def _intent(account: Account, session: Object) -> Object:
    """Return the payment intent, which Checkout makes at the first attempt."""
    if session["payment_intent"]:
        return account.get("payment_intent", session["payment_intent"])
    given = session["_intent"]
    more = {name: value for name, value in given.items() if name not in {"metadata", "capture_method"}}
    intent = account.add(
        "payment_intent",
        **INTENT | more,
        amount=session["amount_total"],
        currency=session["currency"],
        client_secret=None,
        metadata=filled(given.get("metadata")),
        payment_method_types=session["payment_method_types"],
        status="requires_payment_method",
    )
    account.change(intent, client_secret=f"{intent['id']}_secret_{new_id('item')[3:]}", customer=session["customer"])
    account.change(session, payment_intent=intent["id"])
    account.emit("payment_intent.created", intent)
    return intent


def charge_make(
    account: Account, intent: Object, details: Object, found: Card | None, number: str, status: str
) -> Object:
    """Make a charge of an intent, as a card or a bank begins it."""
    amount = intent["amount"]
    copied = ("customer", "description", "receipt_email", "statement_descriptor", "statement_descriptor_suffix")
    return account.add(
        "charge",
        **CHARGE
        | {name: intent[name] for name in (*copied, "transfer_group")}
        | {"captured": status != "failed", "outcome": outcome(found), "payment_intent": intent["id"]},
        amount=amount,
        amount_captured=0,
        billing_details=billing_details(details),
        currency=intent["currency"],
        metadata=dict(intent["metadata"]),
        paid=False,
        payment_method_details=card_details(found, number, amount) if found else bank_details(),
        status=status,
        _refund=found.refund if found else "succeeded",
        _method=new_id("payment_method"),
    )


def charge_succeed(account: Account, intent: Object, charge: Object, *, at_once: bool) -> None:
    """Take the money. With asynchronous capture, Stripe's default, the balance transaction comes after the events."""
    account.change(
        charge,
        status="succeeded",
        paid=True,
        amount_captured=charge["amount"],
        payment_method=charge["_method"],
        receipt_url=f"{account.url}/#{charge['id']}",
    )
    account.emit("charge.succeeded", charge)
    account.change(
        intent,
        status="succeeded",
        amount_received=charge["amount"],
        latest_charge=charge["id"],
        payment_method=charge["_method"],
        last_payment_error=None,
    )
    account.emit("payment_intent.succeeded", intent)
    transaction = account.post(
        "charge",
        charge["amount"],
        charge["currency"],
        fee=money.fee(charge),
        at_once=at_once,
        source=charge["id"],
        description=charge["description"],
    )
    account.change(charge, "charge.updated", balance_transaction=transaction["id"])


def _refuse(account: Account, intent: Object, charge: Object, refusal: Refusal) -> None:
    account.change(charge, failure_code=refusal.code, failure_message=refusal.message)
    account.emit("charge.failed", charge)
    error = {
        "charge": charge["id"],
        "code": refusal.code,
        "message": refusal.message,
        "payment_method_type": charge["payment_method_details"]["type"],
        "type": "card_error",
        **({"decline_code": refusal.decline_code} if refusal.decline_code else {}),
    }
    account.change(intent, status="requires_payment_method", last_payment_error=error, latest_charge=charge["id"])
    account.emit("payment_intent.payment_failed", intent)


def _make_customer(account: Account, session: Object, intent: Object | None, details: Object) -> None:
    if session["customer"] is None and session["customer_creation"] == "always":
        customer = money.customer_create(account, {"email": details["email"], "name": details["name"]})
        account.change(session, customer=customer["id"])
        if intent:
            account.change(intent, customer=customer["id"])


def _complete(account: Account, session: Object, details: Object, payment_status: str) -> None:
    account.change(
        session, status="complete", payment_status=payment_status, customer_details=details, url=None, _due=None
    )
    account.emit("checkout.session.completed", session)
