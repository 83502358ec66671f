"""What Stripe's page lists: constant labels and amounts that sum to the total."""

from collections.abc import Iterable
from typing import NamedTuple

from apps.payments.enums import LineLabel
from apps.payments.rules import PaymentLine


class LineCosts(NamedTuple):
    """What seats of one listing cost, or a number of a product, in cents; price and fee are those of one."""

    quantity: int
    price_cents: int
    fee_cents: int = 0
    label: LineLabel = LineLabel.TICKETS


def payment_lines(lines: Iterable[LineCosts], *, discount_cents: int) -> list[PaymentLine]:
    """Return the lines of a payment; without a discount they show quantities and prices.

    Stripe knows no negative amounts, so a discount is taken off the sum of the seats first, then off that of the
    products, then off the fees.
    """
    found = list(lines)
    if not discount_cents:
        prices = [PaymentLine(line.label, line.price_cents, line.quantity) for line in found]
        fees = [PaymentLine(LineLabel.FEES, line.fee_cents, line.quantity) for line in found if line.fee_cents]
        return prices + fees
    sums = {LineLabel.TICKETS: 0, LineLabel.PRODUCTS: 0, LineLabel.FEES: 0}
    for line in found:
        sums[line.label] += line.quantity * line.price_cents
        sums[LineLabel.FEES] += line.quantity * line.fee_cents
    left = discount_cents
    for label, cents in sums.items():
        sums[label] -= (off := min(left, cents))
        left -= off
    return [PaymentLine(label, cents) for label, cents in sums.items() if cents]
