"""What refunds take back from seats: exact, whatever their order, and whichever of them failed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.money import share_half_up
from apps.orders.rules.refunds import NOTHING, SeatMoney, part_of, parts_of, seats_money


@st.composite
def lines(draw: st.DrawFn) -> dict[str, int]:
    """The amounts of an order's line, as a checkout makes them."""
    quantity, price, fee = draw(st.integers(1, 8)), draw(st.integers(1, 60_000)), draw(st.integers(0, 9_000))
    discount = draw(st.integers(0, quantity * (price + fee)))
    return {
        "quantity": quantity,
        "price_cents": price,
        "commission_cents": share_half_up(price, draw(st.integers(0, 9_999))),
        "fee_cents": fee,
        "discount_cents": discount,
        "holder_discount_cents": draw(st.integers(0, discount)),
    }


def total(parts: list[SeatMoney]) -> SeatMoney:
    return SeatMoney(*map(sum, zip(NOTHING, *parts, strict=True)))


def in_range(part: SeatMoney, of: SeatMoney) -> bool:
    return (
        all(0 <= cents <= most for cents, most in zip(part, of, strict=True))
        and 0 <= part.payout_cents <= of.payout_cents
        and part.holder_discount_cents <= part.discount_cents
        and part.amount_cents >= 0
    )


@given(lines())
def test_seats_sum_to_their_line(line: dict[str, int]) -> None:
    seats = seats_money(**line)
    paid = line["quantity"] * (line["price_cents"] + line["fee_cents"]) - line["discount_cents"]
    assert sum(seat.amount_cents for seat in seats) == paid
    assert sum(seat.holder_discount_cents for seat in seats) == line["holder_discount_cents"]
    assert all(in_range(seat, seat) for seat in seats)
    amounts = [seat.amount_cents for seat in seats]
    assert max(amounts) - min(amounts) <= 1


@given(lines(), st.lists(st.tuples(st.integers(0, 70_000), st.booleans()), max_size=12))
def test_refunds_sum_to_the_whole_whichever_of_them_failed(line: dict[str, Any], wanted: list[Any]) -> None:
    whole = seats_money(**line)
    lefts, counted = list(whole), NOTHING
    for asked, fails in wanted:
        amount = min(asked, sum(left.amount_cents for left in lefts))
        parts = parts_of(lefts, amount)
        assert sum(part.amount_cents for part in parts) == amount
        assert all(in_range(part, left) for part, left in zip(parts, lefts, strict=True))
        if not fails:
            lefts = [left.minus(part) for left, part in zip(lefts, parts, strict=True)]
            counted = total([counted, *parts])
    rest = parts_of(lefts, sum(left.amount_cents for left in lefts))
    assert total([counted, *rest]) == total(whole)


@given(lines(), st.data())
def test_the_split_goes_back_at_its_rate(line: dict[str, int], data: st.DataObject) -> None:
    """Within the cent by which the frozen commission, the fee and the discount were rounded."""
    seat = seats_money(**line)[0]
    part = part_of(seat, data.draw(st.integers(0, seat.amount_cents)))
    for mine, whole in ((part.fee_cents, seat.fee_cents), (part.discount_cents, seat.discount_cents)):
        assert 2 * abs(mine * seat.amount_cents - whole * part.amount_cents) <= seat.amount_cents
    off = part.commission_cents * seat.list_cents - part.list_cents * seat.commission_cents
    assert 2 * abs(off) <= seat.list_cents


def test_example() -> None:
    """Half of $100 and a fee of $10 with $20 off, of which the holder bore half, at a commission of 20 %."""
    (seat,) = seats_money(
        quantity=1,
        price_cents=10_000,
        commission_cents=2_000,
        fee_cents=1_000,
        discount_cents=2_000,
        holder_discount_cents=1_000,
    )
    assert part_of(seat, 4_500) == SeatMoney(5_000, 1_000, 500, 1_000, 500)


@pytest.mark.parametrize("cents", [-1, 10_001])
def test_nothing_else_is_given_back(cents: int) -> None:
    seat = SeatMoney(10_000, 2_000, 0, 0, 0)
    with pytest.raises(ValueError, match="between 0 and what is left"):
        part_of(seat, cents)
    with pytest.raises(ValueError, match="between 0 and the sum"):
        parts_of([seat], cents)
