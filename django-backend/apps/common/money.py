"""Money as integer cents and rates as integer basis points; decimals exist at the API edge only."""

from decimal import Decimal
from typing import Final

CENTS_PER_UNIT: Final = 100
BPS_PER_ONE: Final = 10_000
MAX_PRICE_CENTS: Final = 100_000_000  # of one seat


def cents_from_decimal(amount: Decimal) -> int:
    """Return `amount` (dollars) in cents.

    Raises:
        ValueError: the amount is not finite or is finer than a cent; nothing is ever rounded on the way in.
    """
    cents = amount * CENTS_PER_UNIT
    if not amount.is_finite() or cents != cents.to_integral_value():
        raise ValueError("an amount has at most two decimals")
    return int(cents)


def cents_to_text(cents: int) -> str:
    """Return cents as the API writes money: `8000` is `"80.00"`."""
    sign = "-" if cents < 0 else ""
    return f"{sign}{abs(cents) // CENTS_PER_UNIT}.{abs(cents) % CENTS_PER_UNIT:02d}"


def rate_to_text(rate_bps: int) -> str:
    """Return a rate as the API writes it: 2,000 basis points are `"0.2000"`."""
    return f"{rate_bps // BPS_PER_ONE}.{rate_bps % BPS_PER_ONE:04d}"


def share_half_up(cents: int, rate_bps: int) -> int:
    """Return `cents` × `rate_bps` in whole cents, rounded half-up; both must not be negative."""
    if cents < 0 or rate_bps < 0:
        raise ValueError("cents and rate_bps must not be negative")
    return (cents * rate_bps + BPS_PER_ONE // 2) // BPS_PER_ONE
