"""What a buyer pays: exact for every price and fee."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.money import BPS_PER_ONE, MAX_PRICE_CENTS
from apps.orders.rules.buyer_prices import buyer_price, highest_price_cents

PRICES = st.integers(1, MAX_PRICE_CENTS)
FEES = st.integers(0, BPS_PER_ONE - 1)


@pytest.mark.parametrize(
    ("price_cents", "fee_bps", "fee_cents", "total_cents"),
    [(10_000, 0, 0, 10_000), (10_000, 1_500, 1_500, 11_500), (1, 4_999, 0, 1), (1, 5_000, 1, 2), (333, 1_500, 50, 383)],
)
def test_examples(price_cents: int, fee_bps: int, fee_cents: int, total_cents: int) -> None:
    costs = buyer_price(price_cents=price_cents, fee_bps=fee_bps)
    assert (costs.price_cents, costs.fee_cents, costs.total_cents) == (price_cents, fee_cents, total_cents)


@given(PRICES, FEES)
def test_the_fee_is_rounded_once_and_the_total_is_the_sum(price_cents: int, fee_bps: int) -> None:
    costs = buyer_price(price_cents=price_cents, fee_bps=fee_bps)
    exact = Decimal(price_cents) * fee_bps / BPS_PER_ONE
    assert costs.fee_cents == exact.quantize(Decimal(1), ROUND_HALF_UP)
    assert costs.total_cents - costs.fee_cents == costs.price_cents == price_cents
    assert costs.total_cents < buyer_price(price_cents=price_cents + 1, fee_bps=fee_bps).total_cents


@given(st.integers(0, 2 * MAX_PRICE_CENTS), FEES)
def test_the_highest_price_is_the_last_one_within_a_total(total_cents: int, fee_bps: int) -> None:
    highest = highest_price_cents(total_cents=total_cents, fee_bps=fee_bps)
    assert buyer_price(price_cents=highest, fee_bps=fee_bps).total_cents <= total_cents
    assert buyer_price(price_cents=highest + 1, fee_bps=fee_bps).total_cents > total_cents
