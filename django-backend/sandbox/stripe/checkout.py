"""Checkout Sessions: made and expired by the API.

https://docs.stripe.com/api/checkout/sessions: only open ones expire, after 30 minutes at least and 24 hours at most.
"""

from typing import Any

from sandbox.stripe import money
from sandbox.stripe.account import Account, filled
from sandbox.stripe.errors import StripeError, WrongParameters
from sandbox.stripe.kinds import LEAST_TOTAL
from sandbox.stripe.parameters import MOST_TOTAL
from sandbox.stripe.shapes import SESSION, details_of_buyer, line_item, listing
from sandbox.stripe.store import Object

_SHORTEST, _LONGEST = 30 * 60, 24 * 3_600


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
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.", param="expires_at"
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
    lines = [line_item(line, account.now()) for line in given["line_items"]]
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
        metadata=filled(given.get("metadata")),
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
