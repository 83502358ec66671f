"""Discounts of coupons: exact for every total, percentage and number of lines."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.money import BPS_PER_ONE, MAX_PRICE_CENTS
from apps.orders.rules.discounts import discount_cents, discount_parts, holder_part

TOTALS = st.integers(0, 20 * MAX_PRICE_CENTS)
SHARES = st.integers(0, BPS_PER_ONE)
# Few different amounts, so that equal remainders are common; and any amounts.
LINES = st.lists(st.integers(0, 12), max_size=20) | st.lists(st.integers(0, 4 * MAX_PRICE_CENTS), max_size=20)


@pytest.mark.parametrize(
    ("total", "percent_bps", "amount", "expected"),
    [
        (10_000, 2_000, None, 2_000),
        (10_001, 1_250, None, 1_250),  # 1,250.125
        (2, 2_500, None, 1),  # half a cent is rounded up
        (10_000, BPS_PER_ONE, None, 10_000),
        (10_000, None, 1_500, 1_500),
        (1_000, None, 1_500, 1_000),
        (0, None, 1_500, 0),
    ],
)
def test_examples_of_discounts(total: int, percent_bps: int | None, amount: int | None, expected: int) -> None:
    """S4-31."""
    assert discount_cents(total_cents=total, percent_bps=percent_bps, amount_cents=amount) == expected


@given(TOTALS, st.integers(1, BPS_PER_ONE))
def test_a_percentage_is_rounded_once(total: int, percent_bps: int) -> None:
    found = discount_cents(total_cents=total, percent_bps=percent_bps, amount_cents=None)
    assert found == (Decimal(total) * percent_bps / BPS_PER_ONE).quantize(Decimal(1), ROUND_HALF_UP)
    assert 0 <= found <= total


@given(TOTALS, st.integers(1, MAX_PRICE_CENTS))
def test_an_amount_never_exceeds_the_total(total: int, amount: int) -> None:
    found = discount_cents(total_cents=total, percent_bps=None, amount_cents=amount)
    assert found in {amount, total}
    assert found <= total


@pytest.mark.parametrize(("percent_bps", "amount"), [(None, None), (1, 1)])
def test_a_coupon_has_one_kind_of_discount(percent_bps: int | None, amount: int | None) -> None:
    with pytest.raises(ValueError, match="either"):
        discount_cents(total_cents=1, percent_bps=percent_bps, amount_cents=amount)


@pytest.mark.parametrize(
    ("discount", "lines", "expected"),
    [
        (100, [100, 100, 100], [34, 33, 33]),
        (2, [1, 1, 1], [1, 1, 0]),
        (10, [1, 1, 97], [0, 0, 10]),
        (99, [1, 1, 97], [1, 1, 97]),
        (0, [0, 0], [0, 0]),
        (0, [], []),
        (5, [0, 5], [0, 5]),
    ],
)
def test_examples_of_parts(discount: int, lines: list[int], expected: list[int]) -> None:
    assert discount_parts(discount_cents=discount, line_totals=lines) == expected


@given(LINES, st.data())
def test_parts_are_exact_and_fair(lines: list[int], data: st.DataObject) -> None:
    """Each part is the exact share, rounded down or up; a larger line never gets a smaller part."""
    total = sum(lines)
    discount = data.draw(st.integers(0, total))
    parts = discount_parts(discount_cents=discount, line_totals=lines)
    assert sum(parts) == discount
    for line, part in zip(lines, parts, strict=True):
        assert 0 <= part <= line
        assert not total or abs(part - Fraction(discount * line, total)) < 1
    largest_first = sorted(zip(lines, parts, strict=True), key=lambda pair: (-pair[0], -pair[1]))
    assert [part for _, part in largest_first] == sorted(parts, reverse=True)


@pytest.mark.parametrize(("discount", "lines"), [(3, [1, 1]), (-1, [1]), (1, [-1, 3]), (1, [])])
def test_parts_of_nothing_are_refused(discount: int, lines: list[int]) -> None:
    with pytest.raises(ValueError, match="sum of the lines"):
        discount_parts(discount_cents=discount, line_totals=lines)


@given(TOTALS, SHARES)
def test_the_holder_bears_a_share_and_the_house_the_rest(discount: int, share: int) -> None:
    """S4-34."""
    part = holder_part(discount_cents=discount, holder_share_bps=share)
    assert part == (Decimal(discount) * share / BPS_PER_ONE).quantize(Decimal(1), ROUND_HALF_UP)
    assert 0 <= part <= discount
    assert holder_part(discount_cents=discount, holder_share_bps=0) == 0
    assert holder_part(discount_cents=discount, holder_share_bps=BPS_PER_ONE) == discount
