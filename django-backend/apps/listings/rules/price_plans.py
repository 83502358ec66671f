"""Price plans: a floor, and mark-downs as the event comes near.

Days are counted in the venue's calendar: 0 on the day of the event, negative after it. A mark-down is always taken off
the base price, never off a marked-down one.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from enum import StrEnum
from typing import Final, NamedTuple

from apps.common.money import BPS_PER_ONE, rate_to_text, share_half_up
from apps.common.problems import Problem
from apps.common.repeats import repeated
from apps.holders.rules import commission_split
from apps.listings.errors.problems import OfferProblem

LOWEST_PRICE_CENTS: Final = 1
MAX_DAYS_BEFORE: Final = 365
MAX_OFF_BPS: Final = 9_000


class FloorBasis(StrEnum):
    """What a holder's floor limits: the list price, or the payout after the commission."""

    LIST = "list"
    NET = "net"


@dataclass(frozen=True)
class PriceStep:
    """From `days_before` days before the event on, `off_bps` basis points are off the base price."""

    days_before: int
    off_bps: int


def price_on(*, base_cents: int, steps: Sequence[PriceStep], floor_cents: int | None, days_before_event: int) -> int:
    """Return the list price on a day: the base price less the largest mark-down that applies, never their sum.

    The price is rounded once, half-up. It is never below the floor (a list price, see `floor_as_list_price`) nor below
    a cent; a floor above the base price is the price.

    Raises:
        ValueError: the base price is negative or a step takes off more than everything.
    """
    off_bps = max((step.off_bps for step in steps if days_before_event <= step.days_before), default=0)
    return max(share_half_up(base_cents, BPS_PER_ONE - off_bps), floor_cents or LOWEST_PRICE_CENTS)


def floor_as_list_price(*, floor_cents: int, basis: FloorBasis, rate_bps: int) -> int:
    """Return the lowest list price in cents that keeps a floor.

    A net floor is kept by the lowest price whose payout, at the commission rate `rate_bps`, is at least the floor.

    Raises:
        ValueError: the floor is below a cent, or the rate is not at least 0 and below 1.
    """
    if floor_cents < LOWEST_PRICE_CENTS:
        raise ValueError("a floor is at least a cent")
    if not 0 <= rate_bps < BPS_PER_ONE:
        raise ValueError("a rate is at least 0 and below 1")
    if basis == FloorBasis.LIST:
        return floor_cents
    enough = -(-floor_cents * BPS_PER_ONE // (BPS_PER_ONE - rate_bps))  # rounded up, so its payout keeps the floor
    return bisect_left(
        range(enough),
        floor_cents,
        key=lambda price_cents: commission_split(price_cents=price_cents, rate_bps=rate_bps).payout_cents,
    )


def days_before_event(*, starts_at: datetime, now: datetime, zone: tzinfo) -> int:
    """Return the midnights at the venue between `now` and the event, both aware; `zone` is the venue's."""
    return (starts_at.astimezone(zone).date() - now.astimezone(zone).date()).days


class EventClock(NamedTuple):
    """When an event begins (aware) and the zone of its venue, in whose calendar days are counted."""

    starts_at: datetime
    zone: tzinfo

    def days_before(self, now: datetime) -> int:
        """Return how many days before the event `now` is."""
        return days_before_event(starts_at=self.starts_at, now=now, zone=self.zone)


def step_begins_at(*, days_before: int, clock: EventClock) -> datetime:
    """Return the UTC moment at which a step begins to apply: the first of its day at the venue.

    Where the clocks skip midnight it is the moment after the gap, where they pass it twice the first of the two.
    """
    day = clock.starts_at.astimezone(clock.zone).date() - timedelta(days=days_before)
    return datetime.combine(day, time(), tzinfo=clock.zone).astimezone(UTC)


def price_now(
    *, base_cents: int, steps: Sequence[PriceStep], floor_cents: int | None, clock: EventClock | None, now: datetime
) -> int:
    """Return the list price in cents at `now`: that of the plan, never above the base price.

    Without a clock nothing is marked down. A floor above the base price, as a net floor is when the commission rate
    has risen, leaves the base price. Other arguments and errors are those of `price_on`.
    """
    if clock is None:
        return base_cents
    planned = price_on(
        base_cents=base_cents, steps=steps, floor_cents=floor_cents, days_before_event=clock.days_before(now)
    )
    return min(planned, base_cents)


def next_markdown_at(
    *,
    price_cents: int,
    base_cents: int,
    steps: Sequence[PriceStep],
    floor_cents: int | None,
    clock: EventClock | None,
    now: datetime,
) -> datetime | None:
    """Return the UTC moment after `now` at which the plan next lowers `price_cents`, None if it never does.

    A net floor is given as None: its list price depends on the commission rate of the day, which decides then.
    Other arguments are those of `price_now`.
    """
    if clock is None:
        return None
    for step in sorted(steps, key=lambda step: step.days_before, reverse=True):
        begins_at = step_begins_at(days_before=step.days_before, clock=clock)
        if begins_at > now and price_cents > price_on(
            base_cents=base_cents, steps=steps, floor_cents=floor_cents, days_before_event=step.days_before
        ):
            return begins_at
    return None


def plan_problems(steps: Sequence[PriceStep]) -> list[Problem]:
    """Return what is wrong with each step that cannot be saved; empty for a plan that can.

    Days and mark-downs are in range, no day is named twice, and each mark-down is larger than those of days further
    from the event: as the largest wins, its step would otherwise never change a price. The order of the steps is free.
    """
    wrong = {index: problem for index, step in enumerate(steps) if (problem := _range_problem(index, step))}
    good = [index for index in range(len(steps)) if index not in wrong]
    for again in repeated(steps[index].days_before for index in good):
        day = steps[good[again]].days_before
        wrong[good[again]] = Problem(OfferProblem.STEP_REPEATED, f"price_steps.{good[again]}", {"day": day})
    first_of_day = [steps[index] for index in good if index not in wrong]
    for index, step in enumerate(steps):
        earlier_off = max((other.off_bps for other in first_of_day if other.days_before > step.days_before), default=0)
        if index not in wrong and step.off_bps <= earlier_off:
            off = rate_to_text(earlier_off)
            wrong[index] = Problem(OfferProblem.STEP_VOID, f"price_steps.{index}", {"off": off})
    return [wrong[index] for index in sorted(wrong)]


def _range_problem(index: int, step: PriceStep) -> Problem | None:
    if not 0 <= step.days_before <= MAX_DAYS_BEFORE:
        return Problem(OfferProblem.STEP_DAYS, f"price_steps.{index}", {"most": MAX_DAYS_BEFORE})
    if not 1 <= step.off_bps <= MAX_OFF_BPS:
        values = {"least": rate_to_text(1), "most": rate_to_text(MAX_OFF_BPS)}
        return Problem(OfferProblem.STEP_OFF, f"price_steps.{index}", values)
    return None


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

    # A floor stops every step below today's price or none, so it does not affect which one comes next.
    by_day = sorted(steps, key=lambda step: step.days_before, reverse=True)
    step = next((step for step in by_day if price(step.days_before, None) < price_cents), None)
    if step is None:
        return None
    lowest = floor_as_list_price(floor_cents=floor_cents, basis=floor_basis, rate_bps=rate_bps) if floor_cents else None
    lower = price(step.days_before, lowest)
    return (step, lower) if lower < price_cents else None
