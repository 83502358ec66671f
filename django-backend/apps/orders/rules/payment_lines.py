"""What Stripe's page lists: constant labels and amounts that sum to the total."""

from collections.abc import Iterable
from typing import NamedTuple

from apps.payments.enums import LineLabel
from apps.payments.rules import PaymentLine


class LineCosts(NamedTuple):
    """What seats of one listing cost, in cents; price and fee are those of one seat."""

    quantity: int
    price_cents: int
    fee_cents: int


def payment_lines(lines: Iterable[LineCosts], *, discount_cents: int) -> list[PaymentLine]:
    """Return the lines of a payment; without a discount they show quantities and prices.

    Stripe knows no negative amounts, so a discount is taken off the sum of the seats first, then off the fees.
    """
    found = list(lines)
    if not discount_cents:
        seats = [PaymentLine(LineLabel.TICKETS, line.price_cents, line.quantity) for line in found]
        fees = [PaymentLine(LineLabel.FEES, line.fee_cents, line.quantity) for line in found if line.fee_cents]
        return seats + fees
    subtotal = sum(line.quantity * line.price_cents for line in found)
    fee = sum(line.quantity * line.fee_cents for line in found)
    off_seats = min(discount_cents, subtotal)
    left = {LineLabel.TICKETS: subtotal - off_seats, LineLabel.FEES: fee - (discount_cents - off_seats)}
    return [PaymentLine(label, cents) for label, cents in left.items() if cents]
