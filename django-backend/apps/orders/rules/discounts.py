"""How a coupon's discount is calculated, divided between the lines of an order, and borne. All amounts are in cents."""

from collections.abc import Sequence

from apps.common.money import share_half_up


def discount_cents(*, total_cents: int, percent_bps: int | None, amount_cents: int | None) -> int:
    """Return what a coupon takes off a total: a share of it, rounded half-up, or an amount; never more than the total.

    A coupon has either a percentage or an amount.
    """
    if (percent_bps is None) == (amount_cents is None):
        raise ValueError("a coupon has either a percentage or an amount")
    off = share_half_up(total_cents, percent_bps) if percent_bps is not None else amount_cents or 0
    return min(off, total_cents)


def discount_parts(*, discount_cents: int, line_totals: Sequence[int]) -> list[int]:
    """Divide a discount between lines in proportion to their totals, to the cent.

    Cents that are left after rounding down go to the largest remainders, and between equal ones to the first line. So
    the parts always add up, and no line's part is larger than its total.

    Raises:
        ValueError: an amount is negative, or the discount is larger than the sum of the lines.
    """
    total = sum(line_totals)
    if min(discount_cents, *line_totals, 0) < 0 or discount_cents > total:
        raise ValueError("a discount is between 0 and the sum of the lines")
    if not discount_cents:
        return [0] * len(line_totals)
    shares = [divmod(discount_cents * line, total) for line in line_totals]
    parts = [whole for whole, _ in shares]
    by_remainder = sorted(range(len(shares)), key=lambda index: -shares[index][1])  # the sort is stable
    for index in by_remainder[: discount_cents - sum(parts)]:
        parts[index] += 1
    return parts


def holder_part(*, discount_cents: int, holder_share_bps: int) -> int:
    """Return what the holder bears of a line's discount, rounded half-up; the house bears the rest."""
    return share_half_up(discount_cents, holder_share_bps)
