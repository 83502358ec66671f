"""Transfers to connected accounts, and their reversals."""

from typing import Any, Final

from sandbox.stripe.account import Account, new_id
from sandbox.stripe.errors import StripeError, missing_object
from sandbox.stripe.money import text
from sandbox.stripe.shapes import TRANSFER, listing
from sandbox.stripe.store import Object

_NO_COVER: Final = (
    "You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance "
    "by creating Charges using the 4000000000000077 test card. See: https://stripe.com/docs/testing#available-balance"
)


def create(account: Account, given: dict[str, Any]) -> Object:
    """Transfer from the available balance, or from a charge whose money is still pending.

    Raises:
        StripeError: The account or charge is not there, or the balance or charge is too small.
    """
    destination, currency = given["destination"], given["currency"]
    if destination not in account.options.accounts:
        error = missing_object("destination", destination, "destination")
        error.status = 400
        raise error
    amount = given.get("amount")
    group = given.get("transfer_group")
    if "source_transaction" in given:
        charge = account.get("charge", given["source_transaction"], "source_transaction")
        _check_source(account, charge, amount, currency)
        amount, group = (
            amount or charge["amount"],
            group or charge["transfer_group"] or f"group_{charge['payment_intent']}",
        )
    elif amount is None:
        raise StripeError("Missing required param: amount.", code="parameter_missing", param="amount")
    else:
        account.cover(amount, currency, _NO_COVER)
    transfer = account.add(
        "transfer",
        **TRANSFER
        | {
            "description": given.get("description"),
            "source_transaction": given.get("source_transaction"),
            "transfer_group": group,
        },
        amount=amount,
        currency=currency,
        destination=destination,
        destination_payment=new_id("charge").replace("ch_", "py_"),
        metadata=account.merged({"metadata": {}}, given.get("metadata", {})),
    )
    transaction = account.post(
        "transfer", -amount, currency, source=transfer["id"], description=given.get("description")
    )
    reversals = listing(f"/v1/transfers/{transfer['id']}/reversals", []) | {"total_count": 0}
    account.change(transfer, balance_transaction=transaction["id"], reversals=reversals)
    account.emit("transfer.created", transfer)
    return transfer


def _check_source(account: Account, charge: Object, amount: int | None, currency: str) -> None:
    found = account.store.select("transfer", "AND json_extract(body, '$.source_transaction') = ?", charge["id"])
    left = charge["amount"] - sum(one["amount"] for one in found)
    if charge["status"] != "succeeded" or charge["currency"] != currency:
        raise StripeError(
            "The source_transaction must be a successful charge in the transfer's currency.", param="source_transaction"
        )
    if (amount or charge["amount"]) > left:
        raise StripeError(
            "The transfers from source_transaction are limited to the amount of the charge; "
            f"{text(left, currency)} of it is left.",
            param="amount",
        )


def reverse(account: Account, identity: str, given: dict[str, Any]) -> Object:
    """Take back a transfer, or a part of it.

    Raises:
        StripeError: More than what is left.
    """
    transfer = account.get("transfer", identity)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = given.get("amount", left)
    if not left or amount > left:
        currency = transfer["currency"]
        raise StripeError(
            f"Reversal amount ({text(amount, currency)}) is greater than unreversed amount of the transfer "
            f"({text(left, currency)})",
            param="amount",
        )
    reversal = account.add(
        "transfer_reversal",
        amount=amount,
        balance_transaction=None,
        currency=transfer["currency"],
        destination_payment_refund=new_id("refund").replace("re_", "pyr_"),
        metadata=account.merged({"metadata": {}}, given.get("metadata", {})),
        source_refund=None,
        transfer=identity,
    )
    transaction = account.post("transfer_refund", amount, transfer["currency"], source=reversal["id"])
    account.change(reversal, balance_transaction=transaction["id"])
    data = [
        {name: value for name, value in reversal.items() if not name.startswith("_")},
        *transfer["reversals"]["data"],
    ]
    reversals = transfer["reversals"] | {"data": data[:10], "total_count": transfer["reversals"]["total_count"] + 1}
    total = transfer["amount_reversed"] + amount
    account.change(transfer, amount_reversed=total, reversed=total == transfer["amount"], reversals=reversals)
    account.emit("transfer.reversed", transfer)
    return reversal
