"""How a price is shared between the house and the holder."""

from dataclasses import dataclass

from apps.common.money import share_half_up


@dataclass(frozen=True)
class Split:
    """One price, shared; commission and payout always sum to the price."""

    price_cents: int
    rate_bps: int
    commission_cents: int
    payout_cents: int


def commission_split(*, price_cents: int, rate_bps: int) -> Split:
    """Return the split of a price: the commission is rounded once, half-up, and the holder gets the rest.

    Raises:
        ValueError: the price or the rate is negative.
    """
    commission_cents = share_half_up(price_cents, rate_bps)
    return Split(
        price_cents=price_cents,
        rate_bps=rate_bps,
        commission_cents=commission_cents,
        payout_cents=price_cents - commission_cents,
    )
