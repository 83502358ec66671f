"""What a buyer pays for a seat: its price and the fee of the house. Market and checkout calculate it here."""

from typing import NamedTuple

from apps.common.money import BPS_PER_ONE, share_half_up


class BuyerPrice(NamedTuple):
    """What one seat costs a buyer, in cents."""

    price_cents: int
    fee_cents: int

    @property
    def total_cents(self) -> int:
        """All that the buyer pays for the seat."""
        return self.price_cents + self.fee_cents


def buyer_price(*, price_cents: int, fee_bps: int) -> BuyerPrice:
    """Return what a seat costs at a list price; the fee is rounded once for each seat, half-up.

    Of two prices, the higher one has the higher total: seats ordered by price are ordered by total.
    """
    return BuyerPrice(price_cents, share_half_up(price_cents, fee_bps))


def highest_price_cents(*, total_cents: int, fee_bps: int) -> int:
    """Return the highest list price whose total is at most `total_cents`; 0 if there is none."""
    return (total_cents * BPS_PER_ONE + BPS_PER_ONE // 2 - 1) // (BPS_PER_ONE + fee_bps)
