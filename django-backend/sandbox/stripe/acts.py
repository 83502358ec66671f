"""What happens at Stripe without a call of ours: a buyer pays, a bank disputes, time passes, the network fails."""

import inspect
import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

from werkzeug.exceptions import BadRequest

from sandbox.stripe import checkout, disputes, endpoints, money, payments
from sandbox.stripe.account import Account, public
from sandbox.stripe.delivery import end_due
from sandbox.stripe.errors import StripeError
from sandbox.stripe.payments import Buyer


def _pay(account: Account, session: str, **buyer: str) -> dict[str, Any]:
    if unknown := buyer.keys() - {field.name for field in fields(Buyer)}:
        raise BadRequest(f"Unknown fields: {', '.join(sorted(unknown))}.")
    return {"declined": payments.pay(account, session, Buyer(**buyer))}


def _pay_out(account: Account) -> dict[str, Any]:
    """Empty the available balance, so that it covers no refund."""
    paid_out = {currency: available for currency, (available, _) in account.store.balance(account.now()).items()}
    for currency, available in paid_out.items():
        if available > 0:
            account.post("payout", -available, currency)
    return paid_out


def _advance(account: Account, seconds: float) -> dict[str, Any]:
    """Let time pass: sessions expire, money becomes available. Signatures keep the real time."""
    account.ahead += seconds
    end_due(account)
    return {"now": account.now()}


def _webhooks(account: Account, paused: bool, shuffled: bool = False) -> dict[str, Any]:
    """Stop all deliveries, or send what was kept back, in order or in a random one."""
    account.paused = paused
    released = 0 if paused else account.store.release(("held", "reorder"), account.sending_time(), shuffled=shuffled)
    return {"released": released}


def _resend(account: Account, event: str) -> dict[str, Any]:
    """Send an event once more to every endpoint, as the dashboard and the command line of Stripe do."""
    account.get("event", event)
    for endpoint in account.store.select("webhook_endpoint"):
        account.store.add_delivery(event, endpoint["id"], account.sending_time())
    return {"event": event}


ACTS: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "pay": _pay,
    "settle": lambda account, session, succeeds=True: payments.settle(account, session, succeeds=succeeds),
    "expire": lambda account, session: checkout.expire(account, identity=session),
    "end-refund": lambda account, refund, succeeds=False: money.refund_end(
        account, account.get("refund", refund), succeeds=succeeds
    ),
    "dispute": lambda account, charge, reason="fraudulent", inquiry=False: disputes.open_dispute(
        account, account.get("charge", charge), reason=reason, inquiry=inquiry
    ),
    "decide": lambda account, dispute, won: disputes.decide(account, account.get("dispute", dispute), won=won),
    "warn": lambda account, charge: money.warn(account, account.get("charge", charge)),
    "pay-out": _pay_out,
    "advance": _advance,
    "webhooks": _webhooks,
    "resend": _resend,
    "roll-secret": lambda account, endpoint, keep_old=True: endpoints.roll_secret(account, endpoint, keep_old=keep_old),
}


_FLAGS: Final = frozenset({"paused", "shuffled", "succeeds", "inquiry", "won", "keep_old"})
_MOST_SECONDS: Final = 10 * 366 * 86_400


def act(account: Account, name: str, values: Any) -> dict[str, Any]:
    """Do one of `ACTS` with values by name, in one transaction.

    Raises:
        BadRequest: It is impossible, or the values are not those that it takes.
    """
    if not isinstance(values, dict):
        raise BadRequest("Send a JSON object.")
    _check(name, values)
    try:
        with account.store.transaction():
            end_due(account)
            return public(ACTS[name](account, **values))
    except StripeError as refused:
        raise BadRequest(str(refused)) from None


def _check(name: str, values: dict[str, Any]) -> None:
    """Refuse values that are missing, unknown or of the wrong type, as the caller can correct them."""
    takes = list(inspect.signature(ACTS[name]).parameters.values())[1:]  # without the account
    named = [one for one in takes if one.kind is not one.VAR_KEYWORD]
    names = {one.name for one in named}
    if missing := [one.name for one in named if one.default is one.empty and one.name not in values]:
        raise BadRequest(f"Missing fields: {', '.join(missing)}.")
    if len(named) == len(takes) and (unknown := values.keys() - names):
        raise BadRequest(f"Unknown fields: {', '.join(sorted(unknown))}.")
    for field, value in values.items():
        if field in _FLAGS:
            is_right, wanted = isinstance(value, bool), "true or false"
        elif field == "seconds":
            is_number = isinstance(value, int | float) and not isinstance(value, bool)
            is_right, wanted = is_number and math.isfinite(value) and abs(value) <= _MOST_SECONDS, "a number of seconds"
        else:
            is_right, wanted = isinstance(value, str), "a text"
        if not is_right:
            raise BadRequest(f"{field} must be {wanted}.")
