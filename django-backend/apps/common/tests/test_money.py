"""Money and rates: exact at the edge, exact inside."""

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.money import cents_from_decimal, cents_to_text, rate_to_text, share_half_up


class TestCentsFromDecimal:
    @given(st.integers(-(10**12), 10**12))
    def test_is_the_inverse_of_cents_to_text(self, cents: int) -> None:
        assert cents_from_decimal(Decimal(cents_to_text(cents))) == cents

    @pytest.mark.parametrize("amount", ["0.001", "10.005", "10.006", "-0.006", "NaN", "Infinity", "-Infinity"])
    def test_refuses_what_is_not_whole_cents(self, amount: str) -> None:
        with pytest.raises(ValueError, match="two decimals"):
            cents_from_decimal(Decimal(amount))


class TestCentsToText:
    @pytest.mark.parametrize(
        ("cents", "text"),
        [(0, "0.00"), (1, "0.01"), (-1, "-0.01"), (-105, "-1.05"), (8_000, "80.00"), (10**12, "10000000000.00")],
    )
    def test_writes_two_decimals_and_a_minus_only_below_zero(self, cents: int, text: str) -> None:
        assert cents_to_text(cents) == text


class TestRateToText:
    @given(st.integers(0, 9_999))
    def test_writes_four_decimals(self, rate_bps: int) -> None:
        text = rate_to_text(rate_bps)
        assert Decimal(text) * 10_000 == rate_bps
        assert len(text) == len("0.0000")


class TestShareHalfUp:
    @given(st.integers(0, 10**8), st.integers(0, 10_000))
    def test_rounds_like_decimal_half_up(self, cents: int, rate_bps: int) -> None:
        exact = Decimal(cents) * rate_bps / 10_000
        assert share_half_up(cents, rate_bps) == exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)

    def test_is_exact_beyond_what_floating_point_holds(self) -> None:
        assert share_half_up(2**53 + 1, 10_000) == 2**53 + 1

    @pytest.mark.parametrize(("cents", "rate_bps"), [(-1, 0), (0, -1)])
    def test_refuses_negative_values(self, cents: int, rate_bps: int) -> None:
        with pytest.raises(ValueError, match="negative"):
            share_half_up(cents, rate_bps)
