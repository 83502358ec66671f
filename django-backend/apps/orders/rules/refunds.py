"""What a refund takes back from each seat. Values in, values out; all amounts are in cents.

The buyer paid, for each seat, the list price and the fee, less a part of the discount. A refund of a whole seat gives
back all that is left of each. A refund of an amount gives back the same share of each: fee and discount are rounded
half-up, and the list price gets the rest. The list price was split between house and holder, and the discount may have
been borne by both; these splits go back at the rates at which they were made.

Each refund is a share of what the refunds before it have left. So the parts of a refund sum to its amount, and those of
all refunds to what was paid, whatever their order, and whichever of them failed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple
from uuid import UUID

from apps.orders.rules.discounts import discount_parts


@dataclass(frozen=True, kw_only=True)
class RefundScope:
    """What to refund: whole seats, an amount, or, without either, everything that is left.

    `seats` has the names by line, None for all seats of it. An amount is taken from one line, or from all.
    """

    seats: Mapping[UUID, Collection[str] | None] | None = None
    amount_cents: int | None = None
    line_id: UUID | None = None


EVERYTHING: Final = RefundScope()


class SeatMoney(NamedTuple):
    """What was paid for a seat, what is left of it, or a part of it. The discount is subtracted, so it is positive."""

    list_cents: int
    commission_cents: int
    fee_cents: int
    discount_cents: int
    holder_discount_cents: int

    @property
    def amount_cents(self) -> int:
        """What the buyer pays or gets back."""
        return self.list_cents + self.fee_cents - self.discount_cents

    @property
    def payout_cents(self) -> int:
        """The holder's share of the list price, before the holder's part of the discount."""
        return self.list_cents - self.commission_cents

    def minus(self, part: "SeatMoney") -> "SeatMoney":
        """Return what is left without a part."""
        return SeatMoney(*(mine - theirs for mine, theirs in zip(self, part, strict=True)))


NOTHING = SeatMoney(0, 0, 0, 0, 0)


def seats_money(
    *,
    quantity: int,
    price_cents: int,
    commission_cents: int,
    fee_cents: int,
    discount_cents: int,
    holder_discount_cents: int,
) -> list[SeatMoney]:
    """Return what was paid for each seat of a line, in the order of the block.

    Price, commission and fee are those of one seat; the discounts are those of the line. They are divided equally, and
    cents that are left go to the first seats.
    """
    discounts, holder_discounts = (
        [cents // quantity + (seat < cents % quantity) for seat in range(quantity)]
        for cents in (discount_cents, holder_discount_cents)
    )
    return [
        SeatMoney(price_cents, commission_cents, fee_cents, discount, holder_discount)
        for discount, holder_discount in zip(discounts, holder_discounts, strict=True)
    ]


def part_of(left: SeatMoney, amount_cents: int) -> SeatMoney:
    """Return the part of what is left of a seat that a refund of an amount gives back.

    Raises:
        ValueError: the amount is negative, or more than is left.
    """
    if not 0 <= amount_cents <= left.amount_cents:
        raise ValueError("a refund is between 0 and what is left")
    if amount_cents == left.amount_cents:
        return left
    fee = _share(left.fee_cents, amount_cents, left.amount_cents)
    discount = _share(left.discount_cents, amount_cents, left.amount_cents)
    price = amount_cents - fee + discount
    return SeatMoney(
        list_cents=price,
        commission_cents=_share(left.commission_cents, price, left.list_cents),
        fee_cents=fee,
        discount_cents=discount,
        holder_discount_cents=_share(left.holder_discount_cents, discount, left.discount_cents),
    )


def parts_of(lefts: Sequence[SeatMoney], amount_cents: int) -> list[SeatMoney]:
    """Divide a refund of an amount between seats, in proportion to what is left of each, by largest remainder.

    Raises:
        ValueError: the amount is negative, or more than is left of all of them.
    """
    amounts = discount_parts(discount_cents=amount_cents, line_totals=[left.amount_cents for left in lefts])
    return [part_of(left, amount) for left, amount in zip(lefts, amounts, strict=True)]


def _share(cents: int, part: int, whole: int) -> int:
    """Return `cents` × `part` / `whole`, rounded half-up; nothing of nothing."""
    return (2 * cents * part + whole) // (2 * whole) if whole else 0
