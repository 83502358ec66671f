"""What happens at Stripe without a call of ours: a buyer pays, a bank disputes, time passes, the network fails."""

from collections.abc import Callable
from dataclasses import fields
from typing import Any, Final

from werkzeug.exceptions import BadRequest

from sandbox.stripe import checkout, disputes, endpoints, money
from sandbox.stripe.account import Account, public
from sandbox.stripe.checkout import Buyer
from sandbox.stripe.delivery import end_due
from sandbox.stripe.errors import StripeError


def _pay(account: Account, session: str, **buyer: str) -> dict[str, Any]:
    if unknown := buyer.keys() - {field.name for field in fields(Buyer)}:
        raise BadRequest(f"Unknown: {', '.join(sorted(unknown))}.")
    return {"declined": checkout.pay(account, session, Buyer(**buyer))}


def _settle(account: Account, session: str, succeeds: bool = True) -> dict[str, Any]:
    return public(checkout.settle(account, session, succeeds=succeeds))


def _expire(account: Account, session: str) -> dict[str, Any]:
    return public(checkout.expire(account, session))


def _end_refund(account: Account, refund: str, succeeds: bool = False) -> dict[str, Any]:
    return public(money.refund_end(account, account.get("refund", refund), succeeds=succeeds))


def _dispute(account: Account, charge: str, reason: str = "fraudulent", inquiry: bool = False) -> dict[str, Any]:
    return public(disputes.open_dispute(account, account.get("charge", charge), reason=reason, inquiry=inquiry))


def _decide(account: Account, dispute: str, won: bool) -> dict[str, Any]:
    return public(disputes.decide(account, account.get("dispute", dispute), won=won))


def _warn(account: Account, charge: str) -> dict[str, Any]:
    return public(money.warn(account, account.get("charge", charge)))


def _pay_out(account: Account) -> dict[str, Any]:
    """Empty the available balance, so that it covers no refund."""
    paid_out = {currency: available for currency, (available, _) in account.store.balance(account.now()).items()}
    for currency, available in paid_out.items():
        if available > 0:
            account.post("payout", -available, currency)
    return paid_out


def _advance(account: Account, seconds: float) -> dict[str, Any]:
    """Let time pass: sessions expire, money becomes available. Signatures keep the true time."""
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


def _roll_secret(account: Account, endpoint: str, keep_old: bool = True) -> dict[str, Any]:
    return {"secret": endpoints.roll_secret(account, endpoint, keep_old=keep_old)}


ACTS: Final[dict[str, Callable[..., dict[str, Any]]]] = {
    "pay": _pay, "settle": _settle, "expire": _expire, "end-refund": _end_refund, "dispute": _dispute,
    "decide": _decide, "warn": _warn, "pay-out": _pay_out, "advance": _advance, "webhooks": _webhooks,
    "resend": _resend, "roll-secret": _roll_secret,
}  # fmt: skip


def act(account: Account, name: str, values: Any) -> dict[str, Any]:
    """Do one of `ACTS` with values by name, in one transaction.

    Raises:
        BadRequest: It is impossible, or the values are not those that it takes.
    """
    if not isinstance(values, dict):
        raise BadRequest("Give an object.")
    try:
        with account.store.transaction():
            end_due(account)
            return ACTS[name](account, **values)
    except TypeError as wrong:
        raise BadRequest(str(wrong).replace("_", "", 1)) from None
    except StripeError as refused:
        raise BadRequest(str(refused)) from None
