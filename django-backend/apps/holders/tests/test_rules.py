"""The commission split, over every price and rate."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.holders.rules import Split, commission_split

PRICES = st.integers(min_value=1, max_value=100_000_000)
RATES = st.integers(min_value=0, max_value=9_999)


def exact_commission(price_cents: int, rate_bps: int) -> Decimal:
    return Decimal(price_cents) * rate_bps / 10_000


class TestCommissionSplit:
    def test_gives_the_holder_of_a_hundred_dollar_ticket_eighty(self):
        """S3-22: at a rate of 0.2, $100 is $80 for the holder and $20 for the house."""
        assert commission_split(price_cents=10_000, rate_bps=2_000) == Split(10_000, 2_000, 2_000, 8_000)

    @given(price=PRICES, rate=RATES)
    def test_always_sums_to_the_price(self, price, rate):
        """S3-23: payout + commission = price, for every price from 0.01 to 1,000,000.00 and every rate."""
        split = commission_split(price_cents=price, rate_bps=rate)
        assert split.commission_cents + split.payout_cents == price == split.price_cents
        assert 0 <= split.commission_cents <= price
        assert split.rate_bps == rate

    @given(price=PRICES, rate=RATES)
    def test_rounds_the_commission_once_and_half_up(self, price, rate):
        """S3-23: the rounding is stated, and is what the decimal module does."""
        exact = exact_commission(price, rate)
        commission = commission_split(price_cents=price, rate_bps=rate).commission_cents
        assert commission == exact.quantize(Decimal(1), ROUND_HALF_UP)
        assert abs(commission - exact) <= Decimal("0.5")

    @given(price=PRICES, more=st.integers(min_value=0, max_value=1_000_000), rate=RATES)
    def test_takes_no_less_of_a_higher_price(self, price, more, rate):
        lower = commission_split(price_cents=price, rate_bps=rate)
        higher = commission_split(price_cents=price + more, rate_bps=rate)
        assert higher.commission_cents >= lower.commission_cents
        assert higher.payout_cents >= lower.payout_cents

    @given(price=PRICES, rate=RATES, more=RATES)
    def test_takes_no_less_at_a_higher_rate(self, price, rate, more):
        low, high = sorted((rate, more))
        lower = commission_split(price_cents=price, rate_bps=low).commission_cents
        assert commission_split(price_cents=price, rate_bps=high).commission_cents >= lower

    @pytest.mark.parametrize("rate", [0, 1, 333, 1_250, 2_000, 2_001, 3_000, 5_000, 9_999])
    def test_is_exact_for_every_price_up_to_200_dollars(self, rate):
        """S3-23: among them the thousand prices that binary floating point gets wrong at 0.3."""
        for price in range(1, 20_001):
            split = commission_split(price_cents=price, rate_bps=rate)
            assert split.commission_cents + split.payout_cents == price
            # |commission - exact| is at most half a cent, and half a cent goes up
            assert -5_000 < split.commission_cents * 10_000 - price * rate <= 5_000

    @pytest.mark.parametrize(("price", "rate"), [(-1, 2_000), (1, -1)])
    def test_refuses_what_cannot_be(self, price, rate):
        with pytest.raises(ValueError, match="negative"):
            commission_split(price_cents=price, rate_bps=rate)
