"""Checkout Sessions: made and expired by the API, paid on the page."""

from dataclasses import dataclass
from typing import Any, Final

from sandbox.stripe import money
from sandbox.stripe.account import Account, card_error, new_id
from sandbox.stripe.cards import Card, Refusal, card
from sandbox.stripe.errors import StripeError, WrongParameters
from sandbox.stripe.kinds import LEAST_TOTAL
from sandbox.stripe.parameters import MOST_TOTAL
from sandbox.stripe.shapes import (
    CHARGE,
    INTENT,
    SESSION,
    bank_details,
    billing_details,
    card_details,
    details_of_buyer,
    listing,
    outcome,
)
from sandbox.stripe.store import Object

_SHORTEST, _LONGEST = 30 * 60, 24 * 3_600
_NO_SUCH_CARD: Final = Refusal("incorrect_number", None, "Your card number is invalid.")


@dataclass(frozen=True)
class Buyer:
    """What somebody enters on the payment page; `method` is `card` or `us_bank_account`."""

    email: str = "buyer@example.com"
    name: str = "Bea Buyer"
    number: str = "4242424242424242"
    method: str = "card"


def check_session(account: Account, given: dict[str, Any]) -> None:
    """Refuse parameters that contradict each other, or that the clock contradicts.

    Raises:
        WrongParameters: What is wrong.
    """
    if {"customer", "customer_email"} <= given.keys():
        raise WrongParameters(
            "You may only specify one of these parameters: customer, customer_email.", param="customer"
        )
    if {"customer", "customer_creation"} <= given.keys():
        raise WrongParameters(
            "You may only specify one of these parameters: customer, customer_creation.", param="customer_creation"
        )
    life = given.get("expires_at", account.now() + _LONGEST) - account.now()
    if life < _SHORTEST:
        raise WrongParameters(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
            param="expires_at",
        )
    if life > _LONGEST:
        raise WrongParameters(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.", param="expires_at"
        )
    _check_lines(given["line_items"])


def _check_lines(lines: list[dict[str, Any]]) -> None:
    if not lines:
        raise WrongParameters("Missing required param: line_items.", code="parameter_missing", param="line_items")
    currencies = {line["price_data"]["currency"] for line in lines}
    if len(currencies) > 1:
        raise WrongParameters("All line items of a Checkout Session must have the same currency.", param="line_items")
    currency = currencies.pop()
    total = sum(line["price_data"]["unit_amount"] * line["quantity"] for line in lines)
    if 0 < total < LEAST_TOTAL[currency]:
        least = money.text(LEAST_TOTAL[currency], currency)
        raise WrongParameters(
            f"The Checkout Session's total amount due must add up to at least {least} {currency}",
            code="amount_too_small",
        )
    if total > MOST_TOTAL:
        most = money.text(MOST_TOTAL, currency)
        raise WrongParameters(
            f"The Checkout Session's total amount due must be no more than {most} {currency}", code="amount_too_large"
        )


def create(account: Account, given: dict[str, Any]) -> Object:
    """Make a session."""
    check_session(account, given)
    if given.get("customer"):
        account.get("customer", given["customer"], "customer")
    lines = [_line(account, line) for line in given["line_items"]]
    total = sum(line["amount_total"] for line in lines)
    taken = {"line_items", "payment_intent_data", "metadata", "expires_at", "adaptive_pricing"}
    session = account.add(
        "checkout.session",
        **SESSION,
        customer_creation=None if given.get("customer") else "if_required",
        adaptive_pricing={"enabled": given.get("adaptive_pricing", {}).get("enabled", True)},
        amount_subtotal=total,
        amount_total=total,
        currency=lines[0]["currency"],
        expires_at=given.get("expires_at", account.now() + _LONGEST),
        metadata=_filled(given.get("metadata")),
        payment_method_types=_methods(account, given),
        payment_status="unpaid" if total else "no_payment_required",
        status="open",
        total_details={"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        ui_mode="hosted_page",
        _lines=lines,
        _intent=given.get("payment_intent_data", {}),
    )
    session.update({name: value for name, value in given.items() if name not in taken | {"expand"}})
    session["automatic_tax"], session["invoice_creation"] = SESSION["automatic_tax"], SESSION["invoice_creation"]
    if session["customer"]:
        customer = account.get("customer", session["customer"])
        session["customer_details"] = details_of_buyer(customer["email"], customer["name"], None)
    elif session["customer_email"]:
        session["customer_details"] = details_of_buyer(session["customer_email"], None, None)
    return account.change(session, url=f"{account.url}/c/pay/{session['id']}", _due=session["expires_at"])


def _methods(account: Account, given: dict[str, Any]) -> list[str]:
    """Return what the dashboard has switched on, less what the call does not allow; the rest is filtered silently.

    Raises:
        StripeError: Nothing is left.
    """
    allowed = given.get("allowed_payment_method_types", account.options.methods)
    if left := [method for method in account.options.methods if method in allowed]:
        return left
    raise StripeError("No valid payment method types for this Checkout Session.", param="allowed_payment_method_types")


def _filled(metadata: dict[str, str] | None) -> dict[str, str]:
    return {name: value for name, value in (metadata or {}).items() if value != ""}


def _line(account: Account, given: dict[str, Any]) -> Object:
    price, product = given["price_data"], given["price_data"]["product_data"]
    amount = price["unit_amount"] * given["quantity"]
    return {
        "id": new_id("item"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": product["name"],
        "metadata": {},
        "price": {
            "id": new_id("price"),
            "object": "price",
            "active": False,
            "billing_scheme": "per_unit",
            "created": account.now(),
            "currency": price["currency"],
            **dict.fromkeys(("custom_unit_amount", "lookup_key", "nickname", "recurring", "tiers_mode")),
            "livemode": False,
            "metadata": {},
            "product": new_id("product"),
            "tax_behavior": "unspecified",
            "transform_quantity": None,
            "type": "one_time",
            "unit_amount": price["unit_amount"],
            "unit_amount_decimal": str(price["unit_amount"]),
        },
        "quantity": given["quantity"],
        "_about": product.get("description", ""),
    }


def lines(session: Object) -> Object:
    """Return the line items as a list object."""
    shown = [{name: value for name, value in line.items() if name != "_about"} for line in session["_lines"]]
    return listing(f"/v1/checkout/sessions/{session['id']}/line_items", shown)


def expire(account: Account, identity: str) -> Object:
    """Expire an open session on request.

    Raises:
        StripeError: It is not open.
    """
    session = account.get("checkout.session", identity)
    if session["status"] != "open":
        raise StripeError(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"`{session['status']}`."
        )
    return end(account, session)


def end(account: Account, session: Object) -> Object:
    """Expire a session; a payment intent of failed attempts is canceled with it."""
    account.change(session, status="expired", url=None, _due=None)
    if session["payment_intent"]:
        intent = account.get("payment_intent", session["payment_intent"])
        account.change(
            intent,
            "payment_intent.canceled",
            status="canceled",
            canceled_at=account.now(),
            cancellation_reason="automatic",
        )
    account.emit("checkout.session.expired", session)
    return session


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
        return _NO_SUCH_CARD.message  # found by the page: no attempt was made
    details = details_of_buyer(session["customer_email"] or buyer.email, buyer.name)
    if not session["amount_total"]:
        _make_customer(account, session, None, details)
        _complete(account, session, details, "no_payment_required")
        return None
    intent = _intent(account, session)
    if found is not None and found.refusal:
        _refuse(account, intent, _charge(account, intent, details, found, buyer.number, "failed"), found.refusal)
        return found.refusal.message
    _make_customer(account, session, intent, details)
    if buyer.method == "us_bank_account":
        charge = _charge(account, intent, details, None, "", "pending")
        account.emit("charge.pending", charge)
        account.change(intent, "payment_intent.processing", status="processing", latest_charge=charge["id"])
        _complete(account, session, details, "unpaid")
        return None
    charge = _charge(account, intent, details, found, buyer.number, "pending")
    _succeed(account, intent, charge, at_once=bool(found and found.at_once))
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
        _succeed(account, intent, charge, at_once=False)
        account.change(session, payment_status="paid")
        account.emit("checkout.session.async_payment_succeeded", session)
    else:
        refusal = Refusal("payment_intent_payment_attempt_failed", None, "The bank returned the debit.")
        _refuse(account, intent, account.change(charge, status="failed"), refusal)
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
        metadata=_filled(given.get("metadata")),
        payment_method_types=session["payment_method_types"],
        status="requires_payment_method",
    )
    account.change(intent, client_secret=f"{intent['id']}_secret_{new_id('item')[3:]}", customer=session["customer"])
    account.change(session, payment_intent=intent["id"])
    account.emit("payment_intent.created", intent)
    return intent


def _charge(account: Account, intent: Object, details: Object, found: Card | None, number: str, status: str) -> Object:
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


def _succeed(account: Account, intent: Object, charge: Object, *, at_once: bool) -> None:
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
    error = card_error(refusal.code, refusal.decline_code, refusal.message) | {"charge": charge["id"]}
    error["payment_method_type"] = charge["payment_method_details"]["type"]
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
