"""Answers of reading calls: lists in pages, expanded objects, the balance."""

from collections.abc import Mapping
from typing import Any, Final

from sandbox.stripe import checkout
from sandbox.stripe.account import Account, public
from sandbox.stripe.errors import StripeError, WrongParameters
from sandbox.stripe.ids import PREFIXES
from sandbox.stripe.shapes import listing
from sandbox.stripe.store import Object

_DEFAULT_LIMIT, _DEEPEST = 10, 4
# The fields of each object that are ids of others, and what those are; "" for what the id says.
_EXPANDABLE: Final[Mapping[str, Mapping[str, str]]] = {
    "checkout.session": {"customer": "customer", "line_items": "", "payment_intent": "payment_intent"},
    "payment_intent": {"customer": "customer", "latest_charge": "charge"},
    "charge": {
        "balance_transaction": "balance_transaction",
        "customer": "customer",
        "payment_intent": "payment_intent",
    },
    "refund": {
        "balance_transaction": "balance_transaction",
        "charge": "charge",
        "failure_balance_transaction": "balance_transaction",
        "payment_intent": "payment_intent",
    },
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "radar.early_fraud_warning": {"charge": "charge", "payment_intent": "payment_intent"},
    "balance_transaction": {"source": ""},
    "transfer": {"balance_transaction": "balance_transaction", "source_transaction": "charge"},
    "transfer_reversal": {"balance_transaction": "balance_transaction", "transfer": "transfer"},
}
_COMPARED: Final = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def presented(account: Account, body: Object) -> Object:
    """Return an object as an answer has it now."""
    shown = public(body)
    if body["object"] == "balance_transaction":
        shown["status"] = "available" if body["available_on"] <= account.now() else "pending"
    if body["object"] == "event":
        shown["pending_webhooks"] = account.store.pending(body["id"])
    return shown


def expanded(account: Account, body: Object, paths: list[str]) -> Object:
    """Return an answer with the objects of `paths` in it, such as `payment_intent.latest_charge`.

    Raises:
        StripeError: A path leads nowhere, or is too long.
    """
    for path in paths:
        parts = path.split(".")
        if len(parts) > _DEEPEST:
            raise WrongParameters(
                f"You cannot expand more than {_DEEPEST} levels of a property: {path}", param="expand"
            )
        _expand(account, body, parts, path)
    return body


def _expand(account: Account, body: Object, parts: list[str], path: str) -> None:
    name, kind = parts[0], str(body.get("object"))
    if kind == "list" and name == "data":
        for one in body["data"]:
            if parts[1:]:
                _expand(account, one, parts[1:], path)
        return
    if name not in _EXPANDABLE.get(kind, {}):
        raise WrongParameters(f"This property cannot be expanded ({path}).", param="expand")
    if name == "line_items":
        body[name] = checkout.lines(account.get("checkout.session", body["id"]))
    elif isinstance(body[name], str):
        of = _EXPANDABLE[kind][name] or next(one for one, start in PREFIXES.items() if body[name].startswith(start))
        body[name] = presented(account, account.get(of, body[name]))
    if parts[1:] and body[name] is not None:
        _expand(account, body[name], parts[1:], path)


def page(account: Account, kind: str, given: dict[str, Any], url: str) -> Object:
    """Return a page of a list, newest first. Parameters other than those of paging are filters by equality."""
    conditions, values = _filters(given)
    for name in ("starting_after", "ending_before"):
        if name in given:
            account.get(kind, given[name], name)
            conditions += f" AND number {'<' if name == 'starting_after' else '>'} ?"
            values.append(account.store.number(kind, given[name]))
    backwards = "ending_before" in given
    limit = given.get("limit", _DEFAULT_LIMIT)
    order = f" ORDER BY number {'ASC' if backwards else 'DESC'}"
    found = account.store.select(kind, conditions + order, *values, limit=limit + 1)
    shown = found[:limit][::-1] if backwards else found[:limit]
    return listing(url, [presented(account, one) for one in shown], has_more=len(found) > limit)


def _filters(given: dict[str, Any]) -> tuple[str, list[Any]]:
    conditions, values = "", []
    for name, value in given.items():
        field = f"json_extract(body, '$.{name}')"
        if name in {"limit", "starting_after", "ending_before", "expand"}:
            continue
        if isinstance(value, dict) and name == "customer_details":
            conditions += " AND json_extract(body, '$.customer_details.email') = ?"
            values.append(value["email"])
        elif isinstance(value, dict):
            for bound, second in value.items():
                conditions += f" AND {field} {_COMPARED[bound]} ?"
                values.append(second)
        elif isinstance(value, list):
            conditions += f" AND json_extract(body, '$.type') IN ({', '.join('?' * len(value))})"
            values += value
        else:
            conditions += f" AND {field} {'GLOB' if name == 'type' else '='} ?"
            values.append(value)
    return conditions, values


def balance(account: Account) -> Object:
    """Return the balance."""
    found = account.store.balance(account.now()) or {"usd": (0, 0)}
    parts = {
        name: [
            {"amount": amounts[place], "currency": currency, "source_types": {"card": amounts[place]}}
            for currency, amounts in found.items()
        ]
        for place, name in enumerate(("available", "pending"))
    }
    return {"object": "balance", **parts, "livemode": False}


def books(account: Account) -> dict[str, dict[str, int]]:
    """Return by currency what has moved, in minor units; `balance` is the sum of everything.

    `refunded` is less what failed, `disputed` less what was won, `transferred` less what was reversed.
    """
    found: dict[str, dict[str, int]] = {}
    for one in account.store.select("balance_transaction"):
        sums = found.setdefault(one["currency"], dict.fromkeys(_BOOKS.values(), 0) | {"fees": 0, "balance": 0})
        name = _BOOKS[one["type"]]
        sums[name] += one["amount"] if name in {"started", "charged"} else -one["amount"]
        sums["fees"] += one["fee"]
        sums["balance"] += one["net"]
    return found


_BOOKS: Final = {
    "topup": "started", "charge": "charged", "refund": "refunded", "refund_failure": "refunded",
    "adjustment": "disputed", "payout": "paid_out", "transfer": "transferred", "transfer_refund": "transferred",
}  # fmt: skip


def intent_cancel(account: Account, identity: str) -> Object:
    """Refuse: each payment intent here was made by Checkout or has succeeded, and neither can be canceled.

    Raises:
        StripeError: Always.
    """
    intent = account.get("payment_intent", identity)
    allowed = "requires_payment_method, requires_capture, requires_confirmation, requires_action, processing"
    if intent["status"] in {"succeeded", "canceled"}:
        raise StripeError(
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent "
            f"with one of the following statuses may be canceled: {allowed}.",
            code="payment_intent_unexpected_state",
        )
    raise StripeError(
        "You cannot cancel this PaymentIntent because it was created by a Checkout Session. Expire the Checkout "
        "Session instead.",
        code="payment_intent_unexpected_state",
    )


def refund_cancel(account: Account, identity: str) -> Object:
    """Refuse: only refunds that wait for the buyer can be canceled, and no card makes such a one.

    Raises:
        StripeError: Always.
    """
    found = account.get("refund", identity)
    raise StripeError(f"Refunds with a status of {found['status']} cannot be canceled; only requires_action can.")
