"""What a holder is told about the next mark-down: values in, values out."""

from collections.abc import Sequence

from apps.listings.rules.price_plans import FloorBasis, PriceStep, floor_as_list_price, price_on


def next_markdown(
    *,
    price_cents: int,
    base_cents: int,
    steps: Sequence[PriceStep],
    floor_cents: int | None,
    floor_basis: FloorBasis,
    rate_bps: int,
) -> tuple[PriceStep, int] | None:
    """Return the step that is due next and the price in cents that it leads to; None when the price stays.

    `price_cents` is the price now, so steps that do not lower it are over or void. The step is the one that
    `price_plans.next_markdown_at` waits for, which leaves a net floor to the rate of that day; the price keeps it at
    the rate of today, `rate_bps`.
    """

    def price(day: int, floor: int | None) -> int:
        return price_on(base_cents=base_cents, steps=steps, floor_cents=floor, days_before_event=day)

    # A floor stops every step or none below today's price, so it has no say in which one comes next.
    by_day = sorted(steps, key=lambda step: step.days_before, reverse=True)
    step = next((step for step in by_day if price(step.days_before, None) < price_cents), None)
    if step is None:
        return None
    lowest = floor_as_list_price(floor_cents=floor_cents, basis=floor_basis, rate_bps=rate_bps) if floor_cents else None
    lower = price(step.days_before, lowest)
    return (step, lower) if lower < price_cents else None
