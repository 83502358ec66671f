"""Parameters, objects and events are those of the official client's API version."""

import typing
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
import stripe
from stripe import params, radar
from stripe.params import checkout

from sandbox.stripe import parameters as p
from sandbox.stripe.account import public
from sandbox.stripe.kinds import Row
from sandbox.stripe.options import API_VERSION
from sandbox.tests.stripe_shop import Shop, shop_with

CALLS = {
    "session create": (p.SESSION_CREATE, checkout.SessionCreateParams),
    "session list": (p.SESSION_LIST, checkout.SessionListParams),
    "session expire": (p.NOTHING, checkout.SessionExpireParams),
    "customer create": (p.CUSTOMER_CREATE, params.CustomerCreateParams),
    "customer update": (p.CUSTOMER_UPDATE, params.CustomerUpdateParams),
    "customer list": (p.CUSTOMER_LIST, params.CustomerListParams),
    "intent list": (p.INTENT_LIST, params.PaymentIntentListParams),
    "intent create": (p.INTENT_CREATE, params.PaymentIntentCreateParams),
    "intent cancel": (p.INTENT_CANCEL, params.PaymentIntentCancelParams),
    "charge list": (p.CHARGE_LIST, params.ChargeListParams),
    "refund create": (p.REFUND_CREATE, params.RefundCreateParams),
    "refund update": (p.METADATA_UPDATE, params.RefundUpdateParams),
    "refund list": (p.REFUND_LIST, params.RefundListParams),
    "transaction list": (p.TRANSACTION_LIST, params.BalanceTransactionListParams),
    "dispute update": (p.DISPUTE_UPDATE, params.DisputeUpdateParams),
    "dispute list": (p.DISPUTE_LIST, params.DisputeListParams),
    "warning list": (p.REFUND_LIST, params.radar.EarlyFraudWarningListParams),
    "transfer create": (p.TRANSFER_CREATE, params.TransferCreateParams),
    "transfer list": (p.TRANSFER_LIST, params.TransferListParams),
    "reversal create": (p.REVERSAL_CREATE, params.TransferReversalCreateParams),
    "endpoint create": (p.ENDPOINT_CREATE, params.WebhookEndpointCreateParams),
    "endpoint update": (p.ENDPOINT_UPDATE, params.WebhookEndpointUpdateParams),
    "endpoint list": (p.LIST, params.WebhookEndpointListParams),
    "event list": (p.EVENT_LIST, params.EventListParams),
}
# The client knows these, and its own options are no parameters.
_NAMES = {"StripeContext": object, "UntypedStripeObject": dict, "Mapping": Mapping}


def hints(described: Any) -> dict[str, Any]:
    found = typing.get_type_hints(described, localns=_NAMES)
    options = set(stripe.RequestOptions.__annotations__) | {"content_type", "stripe_context"}
    return {name: hint for name, hint in found.items() if name not in options}


def inner(hint: Any) -> Iterator[Any]:
    """Yield the parts of a type."""
    yield hint
    for part in typing.get_args(hint):
        if not isinstance(part, str):
            yield from inner(part)


def values(hint: Any) -> set[str]:
    return {
        value for part in inner(hint) if typing.get_origin(part) is typing.Literal for value in typing.get_args(part)
    }


def differences(row: Row, described: Any, name: str) -> Iterator[str]:
    """Yield what the table and the client say differently about an object of parameters."""
    known = hints(described)
    if missing := known.keys() - row.inner.keys() - {*row.unmodelled}:
        yield f"{name}: the client has {sorted(missing)}"
    if more := ({*row.inner} | {*row.unmodelled}) - known.keys():
        yield f"{name}: the client has no {sorted(more)}"
    for key in row.inner.keys() & known.keys():
        one, hint = row.inner[key], known[key]
        if one.kind == "list":
            one = one.inner["[]"]
        if one.kind == "choice" and values(hint) - {""} != {*one.values}:
            yield f"{name}[{key}]: {values(hint) ^ {*one.values}}"
        nested = [part for part in inner(hint) if typing.is_typeddict(part)]
        if one.kind == "object" and nested:
            yield from differences(one, nested[0], f"{name}[{key}]")


@pytest.mark.parametrize("name", [*CALLS])
def test_parameters_are_those_of_the_client(name: str) -> None:
    row, described = CALLS[name]
    found = [one for one in differences(row, described, name) if "enabled_events" not in one]
    assert found == []


def test_events_and_version_are_those_of_the_client() -> None:
    known = values(hints(params.WebhookEndpointCreateParams)["enabled_events"])
    assert {*p.EVENT_TYPES} <= known
    assert stripe.api_version == API_VERSION


def fields(described: Any) -> dict[str, Any]:
    """Return the fields of an object of the client by name; True for those that must have a value."""
    found = {}
    for name, hint in described.__annotations__.items():
        if "ClassVar" not in str(hint) and not name.startswith("_"):
            found[name] = type(None) not in typing.get_args(hint)
    return found


def wrong_fields(body: dict[str, Any], described: Any) -> list[str]:
    known = fields(described)
    extra = [f"{described.__name__} has no {name}" for name in body if name not in known]
    return extra + [
        f"{described.__name__} needs {name}" for name, must in known.items() if must and body.get(name) is None
    ]


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    """A shop with an object of each kind."""
    with shop_with() as found:
        charge = found.paid(customer_creation="always", number="4000000000000259").payment_intent.latest_charge
        other = found.paid(number="4000000000005423").payment_intent.latest_charge
        found.v1.refunds.create(params={"charge": other.id})
        found.v1.payment_intents.create(
            params={"amount": 50, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa"}
        )
        transfer = found.v1.transfers.create(params={"amount": 1, "currency": "usd", "destination": "acct_local"})
        found.v1.transfers.reversals.create(transfer.id)
        found.v1.webhook_endpoints.create(params={"url": "http://127.0.0.1:9/x", "enabled_events": ["*"]})
        assert charge.paid
        yield found


@pytest.mark.parametrize(
    "described",
    [
        stripe.checkout.Session, stripe.PaymentIntent, stripe.Charge, stripe.Customer, stripe.Refund, stripe.Dispute,
        stripe.BalanceTransaction, stripe.Transfer, stripe.TransferReversal, stripe.WebhookEndpoint, stripe.Event,
        radar.EarlyFraudWarning,
    ],
    ids=lambda described: described.__name__,
)  # fmt: skip
def test_objects_have_the_fields_of_the_client(shop: Shop, described: Any) -> None:
    found = shop.sandbox.account.store.select(described.OBJECT_NAME)
    assert found
    for body in found:
        assert wrong_fields(public(body), described) == []


def test_nested_objects_have_the_fields_of_the_client(shop: Shop) -> None:
    account = shop.sandbox.account
    session, charge = account.store.select("checkout.session")[0], account.store.select("charge")[0]
    dispute, transaction = account.store.select("dispute")[0], account.store.select("balance_transaction", limit=2)[0]
    line = shop.v1.checkout.sessions.line_items.list(session["id"]).data[0].to_dict()
    nested = [
        (session["customer_details"], stripe.checkout.Session.CustomerDetails),
        (session["adaptive_pricing"], stripe.checkout.Session.AdaptivePricing),
        (session["total_details"], stripe.checkout.Session.TotalDetails),
        (session["custom_text"], stripe.checkout.Session.CustomText),
        (session["invoice_creation"]["invoice_data"], stripe.checkout.Session.InvoiceCreation.InvoiceData),
        (session["tax_id_collection"], stripe.checkout.Session.TaxIdCollection),
        (charge["billing_details"], stripe.Charge.BillingDetails),
        (charge["outcome"], stripe.Charge.Outcome),
        (charge["payment_method_details"]["card"], stripe.Charge.PaymentMethodDetails.Card),
        (dispute["evidence"], stripe.Dispute.Evidence),
        (dispute["evidence_details"], stripe.Dispute.EvidenceDetails),
        (dispute["payment_method_details"]["card"], stripe.Dispute.PaymentMethodDetails.Card),
        (line, stripe.LineItem),
        (line["price"], stripe.Price),
        (shop.v1.balance.retrieve().to_dict(), stripe.Balance),
        ((transaction["fee_details"] or [{}])[0], stripe.BalanceTransaction.FeeDetail),
    ]
    assert [wrong for body, described in nested if body for wrong in wrong_fields(body, described)] == []
