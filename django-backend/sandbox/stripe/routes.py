"""The calls of the API: address, parameters, and what carries them out."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from werkzeug.routing import Map, Rule

from sandbox.stripe import checkout, disputes, endpoints, intents, money, reading, transfers
from sandbox.stripe import parameters as p
from sandbox.stripe.account import Account
from sandbox.stripe.kinds import Row
from sandbox.stripe.store import Object

Run = Callable[..., Object]


@dataclass(frozen=True, eq=False)
class Call:
    """One call. `run` gets the account, the parameters, and the id that its address holds."""

    parameters: Row
    run: Run


def _rule(method: str, path: str, parameters: Row, run: Run) -> Rule:
    return Rule(path, endpoint=Call(parameters, run), methods=[method])


def _read(kind: str, path: str, filters: Row) -> list[Rule]:
    def one(account: Account, _: dict[str, Any], identity: str) -> Object:
        return account.get(kind, identity)

    def many(account: Account, given: dict[str, Any]) -> Object:
        return reading.page(account, kind, given, path)

    return [_rule("GET", path, filters, many), _rule("GET", f"{path}/<identity>", p.NOTHING, one)]


def _reversals(account: Account, given: dict[str, Any], identity: str) -> Object:
    account.get("transfer", identity)
    filters = {"transfer": identity, **given}
    return reading.page(account, "transfer_reversal", filters, f"/v1/transfers/{identity}/reversals")


def _lines(account: Account, _: dict[str, Any], identity: str) -> Object:
    return checkout.lines(account.get("checkout.session", identity))


def _refund_update(account: Account, given: dict[str, Any], identity: str) -> Object:
    found = account.get("refund", identity)
    return account.change(found, "refund.updated", metadata=account.merged(found, given.get("metadata", {})))


CALLS: Final = Map(
    [
        *_read("checkout.session", "/v1/checkout/sessions", p.SESSION_LIST),
        _rule("POST", "/v1/checkout/sessions", p.SESSION_CREATE, checkout.create),
        _rule("POST", "/v1/checkout/sessions/<identity>/expire", p.NOTHING, lambda a, _, i: checkout.expire(a, i)),
        _rule("GET", "/v1/checkout/sessions/<identity>/line_items", p.LIST, _lines),
        *_read("customer", "/v1/customers", p.CUSTOMER_LIST),
        _rule("POST", "/v1/customers", p.CUSTOMER_CREATE, money.customer_create),
        _rule("POST", "/v1/customers/<identity>", p.CUSTOMER_UPDATE, lambda a, g, i: money.customer_update(a, i, g)),
        *_read("payment_intent", "/v1/payment_intents", p.INTENT_LIST),
        _rule("POST", "/v1/payment_intents", p.INTENT_CREATE, intents.create),
        _rule(
            "POST",
            "/v1/payment_intents/<identity>/cancel",
            p.INTENT_CANCEL,
            lambda a, _, i: reading.intent_cancel(a, i),
        ),
        *_read("charge", "/v1/charges", p.CHARGE_LIST),
        *_read("refund", "/v1/refunds", p.REFUND_LIST),
        _rule("POST", "/v1/refunds", p.REFUND_CREATE, money.refund),
        _rule("POST", "/v1/refunds/<identity>", p.METADATA_UPDATE, _refund_update),
        _rule("POST", "/v1/refunds/<identity>/cancel", p.NOTHING, lambda a, _, i: reading.refund_cancel(a, i)),
        *_read("dispute", "/v1/disputes", p.DISPUTE_LIST),
        _rule("POST", "/v1/disputes/<identity>", p.DISPUTE_UPDATE, lambda a, g, i: disputes.update(a, i, g)),
        _rule("POST", "/v1/disputes/<identity>/close", p.NOTHING, lambda a, _, i: disputes.close(a, i)),
        _rule("GET", "/v1/balance", p.NOTHING, lambda a, _: reading.balance(a)),
        *_read("balance_transaction", "/v1/balance_transactions", p.TRANSACTION_LIST),
        *_read("transfer", "/v1/transfers", p.TRANSFER_LIST),
        _rule("POST", "/v1/transfers", p.TRANSFER_CREATE, transfers.create),
        _rule("GET", "/v1/transfers/<identity>/reversals", p.LIST, _reversals),
        _rule(
            "POST", "/v1/transfers/<identity>/reversals", p.REVERSAL_CREATE, lambda a, g, i: transfers.reverse(a, i, g)
        ),
        *_read("webhook_endpoint", "/v1/webhook_endpoints", p.LIST),
        _rule("POST", "/v1/webhook_endpoints", p.ENDPOINT_CREATE, endpoints.create),
        _rule("POST", "/v1/webhook_endpoints/<identity>", p.ENDPOINT_UPDATE, lambda a, g, i: endpoints.update(a, i, g)),
        _rule("DELETE", "/v1/webhook_endpoints/<identity>", p.NOTHING, lambda a, _, i: endpoints.delete(a, i)),
        *_read("event", "/v1/events", p.EVENT_LIST),
        *_read("radar.early_fraud_warning", "/v1/radar/early_fraud_warnings", p.REFUND_LIST),
    ]
)
