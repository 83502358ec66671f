"""Payment intents that a call makes and pays at once, with one of Stripe's test payment methods."""

from typing import Any, Final

from sandbox.stripe import money
from sandbox.stripe.account import Account, filled
from sandbox.stripe.cards import CARDS
from sandbox.stripe.errors import StripeError, WrongParameters, not_modelled
from sandbox.stripe.ids import new_id
from sandbox.stripe.kinds import LEAST_TOTAL
from sandbox.stripe.payments import charge_make, charge_succeed
from sandbox.stripe.shapes import INTENT, details_of_buyer
from sandbox.stripe.store import Object

# https://docs.stripe.com/testing has many more; these are the ones that succeed.
_METHODS: Final = {"pm_card_visa": "4242424242424242", "pm_card_bypassPending": "4000000000000077"}


def create(account: Account, given: dict[str, Any]) -> Object:
    """Make a payment intent and pay it.

    Raises:
        StripeError: The total is too small, the customer or the payment method is unknown, or it is
            not paid by card at once.
    """
    amount, currency = given["amount"], given["currency"]
    if amount < LEAST_TOTAL[currency]:
        least = money.text(LEAST_TOTAL[currency], currency)
        raise WrongParameters(f"Amount must be at least {least} {currency}", code="amount_too_small", param="amount")
    if not given.get("confirm"):
        raise not_modelled("payment intents that are not confirmed at once", "confirm")
    if given.get("allowed_payment_method_types", ["card"]) != ["card"]:
        raise not_modelled("payment intents for other methods than cards", "allowed_payment_method_types")
    method = given.get("payment_method", "")
    if method not in _METHODS:
        raise StripeError(
            f"No such PaymentMethod: '{method}'", status=404, code="resource_missing", param="payment_method"
        )
    if given.get("customer"):
        account.get("customer", given["customer"], "customer")
    more = {name: given[name] for name in ("customer", "description", "receipt_email") if name in given}
    intent = account.add(
        "payment_intent",
        **INTENT | more,
        amount=amount,
        currency=currency,
        client_secret=None,
        metadata=filled(given.get("metadata")),
        payment_method_types=["card"],
        status="requires_confirmation",
    )
    account.change(intent, client_secret=f"{intent['id']}_secret_{new_id('item')[3:]}")
    account.emit("payment_intent.created", intent)
    number = _METHODS[method]
    charge = charge_make(account, intent, details_of_buyer(None, None), CARDS[number], number, "pending")
    charge_succeed(account, intent, charge, at_once=CARDS[number].at_once)
    return account.get("payment_intent", intent["id"])
