"""The status of an order whose money was taken, as a function of what has happened to it."""

from typing import NamedTuple

from apps.orders.enums import OrderMove


class OrderFacts(NamedTuple):
    """What decides the status. `is_sold`: the buyer has bought the seats; else all of the money goes back."""

    is_disputed: bool
    is_sold: bool
    is_delivered: bool
    paid_cents: int
    refunded_cents: int


def move_of_taken(facts: OrderFacts) -> OrderMove:
    """Return the move to the status that fits the facts, whatever the order of events was."""
    if facts.is_disputed:
        return OrderMove.DISPUTE
    if not facts.is_sold or (facts.paid_cents and facts.refunded_cents >= facts.paid_cents):
        return OrderMove.REFUND
    if facts.refunded_cents:
        return OrderMove.REFUND_PART
    return OrderMove.FULFIL if facts.is_delivered else OrderMove.PAY
