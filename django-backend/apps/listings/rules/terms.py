"""What a holder agrees to besides price and seats: values that every way of listing takes along."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple, TypedDict

from apps.common.characters import character_problem
from apps.common.errors import ErrorDetail
from apps.common.money import cents_to_text, rate_to_text
from apps.listings.enums import DeliveryType, Disclosure
from apps.listings.rules.price_plans import (
    EventClock,
    FloorBasis,
    PriceStep,
    floor_as_list_price,
    next_markdown_at,
    price_now,
    validate_plan,
)
from apps.listings.rules.seat_choice import seat_runs
from apps.listings.rules.split_rules import SplitRule, split_problem

MAX_NOTES_LENGTH: Final = 500
# An even number that no listing exceeds: with it, only what no listing at all could have is refused.
_ANY_LISTING: Final = 100


@dataclass(frozen=True)
class ListingTerms:
    """The terms of a listing; the defaults are those of a request that names none."""

    floor_cents: int | None = None
    floor_basis: FloorBasis = FloorBasis.LIST
    price_steps: tuple[PriceStep, ...] = ()
    split_rule: SplitRule = SplitRule.ANY
    custom_quantities: tuple[int, ...] = ()
    in_hand_date: date | None = None
    delivery_type: DeliveryType = DeliveryType.MOBILE_TRANSFER
    disclosures: tuple[str, ...] = ()
    notes: str = ""


NO_TERMS: Final = ListingTerms()


class TermsChanges(TypedDict, total=False):
    """Some of the terms: what a change of a listing names."""

    floor_cents: int | None
    floor_basis: FloorBasis
    price_steps: tuple[PriceStep, ...]
    split_rule: SplitRule
    custom_quantities: tuple[int, ...]
    in_hand_date: date | None
    delivery_type: DeliveryType
    disclosures: tuple[str, ...]
    notes: str


def terms_problems(terms: ListingTerms) -> list[ErrorDetail]:
    """Return what is wrong with terms whatever the listing, each with its place; empty when they can be saved."""
    steps = validate_plan(terms.price_steps)
    problems = [ErrorDetail(sentence, f"price_steps.{index}") for index, sentence in steps.items()]
    problems += _split_problems(terms, [_ANY_LISTING])
    known = set(Disclosure.values)
    for index, word in enumerate(terms.disclosures):
        if word not in known:
            problems.append(ErrorDetail(f"{word} is not a disclosure.", f"disclosures.{index}"))
        elif word in terms.disclosures[:index]:
            problems.append(ErrorDetail(f"{word} is named twice.", f"disclosures.{index}"))
    if len(terms.notes) > MAX_NOTES_LENGTH:
        problems.append(ErrorDetail(f"Notes have at most {MAX_NOTES_LENGTH} characters.", "notes"))
    if sentence := character_problem(terms.notes, multiline=True):
        problems.append(ErrorDetail(sentence, "notes"))
    return problems


def offer_problems(
    terms: ListingTerms,
    *,
    positions: Iterable[int],
    general_admission: bool,
    price_cents: int,
    event_date: date | None,
    rate_bps: int | None,
) -> list[ErrorDetail]:
    """Return why terms do not go with the seats of a listing, its base price and its event, each with its field.

    Args:
        terms: such as `terms_problems` finds nothing wrong with.
        positions: the seats, by their index in the block.
        general_admission: all places are one run.
        price_cents: base price of a seat.
        event_date: the date at the venue, None while it is to be decided.
        rate_bps: the commission rate of today; needed for a net floor only.
    """
    others = (
        floor_problem(terms, price_cents=price_cents, rate_bps=rate_bps),
        in_hand_problem(terms, event_date=event_date),
    )
    splits = split_problems(terms, positions=positions, general_admission=general_admission)
    return splits + [problem for problem in others if problem]


def split_problems(terms: ListingTerms, *, positions: Iterable[int], general_admission: bool) -> list[ErrorDetail]:
    """Return why the split rule does not fit the seats, run by run; empty when it does."""
    runs = seat_runs(positions, general_admission=general_admission)
    return _split_problems(terms, sorted({len(run) for run in runs}))


def floor_problem(terms: ListingTerms, *, price_cents: int, rate_bps: int | None) -> ErrorDetail | None:
    """Return why the floor does not go with a base price in cents, None when it does.

    `rate_bps` is the commission rate of today; it is needed for a net floor only.
    """
    lowest = floor_list_price(terms, rate_bps=rate_bps)
    if lowest is None or lowest <= price_cents:
        return None
    floor, price = cents_to_text(terms.floor_cents or 0), cents_to_text(price_cents)
    if terms.floor_basis == FloorBasis.LIST:
        return ErrorDetail(f"The floor {floor} is above the price {price}.", "floor")
    rate = rate_to_text(rate_bps or 0)
    sentence = f"The net floor {floor} is above what the price {price} pays out today, at the rate {rate}."
    return ErrorDetail(sentence, "floor")


def floor_list_price(terms: ListingTerms, *, rate_bps: int | None) -> int | None:
    """Return the lowest list price in cents that keeps the floor; None without a floor.

    Raises:
        ValueError: the floor is net and there is no `rate_bps`.
    """
    if terms.floor_cents is None:
        return None
    if terms.floor_basis == FloorBasis.LIST:
        return terms.floor_cents
    if rate_bps is None:
        raise ValueError("a net floor needs a commission rate")
    return floor_as_list_price(floor_cents=terms.floor_cents, basis=terms.floor_basis, rate_bps=rate_bps)


def needs_rate(terms: ListingTerms) -> bool:
    """Tell whether the floor depends on the commission rate of the day."""
    return terms.floor_cents is not None and terms.floor_basis == FloorBasis.NET


def in_hand_problem(terms: ListingTerms, *, event_date: date | None) -> ErrorDetail | None:
    """Return why the in-hand date does not go with the event's date at the venue, None when it does or has none."""
    if terms.in_hand_date is None or event_date is None or terms.in_hand_date <= event_date:
        return None
    return ErrorDetail(f"Tickets must be in hand by the day of the event, {event_date.isoformat()}.", "in_hand_date")


class PlannedPrice(NamedTuple):
    """What a seat costs now, in cents, and the UTC moment at which its price goes down next, None when it stays."""

    price_cents: int
    next_markdown_at: datetime | None


def planned_price(
    terms: ListingTerms,
    *,
    base_cents: int,
    rate_bps: int | None,
    clock: EventClock | None,
    now: datetime,
    at_most_cents: int | None = None,
) -> PlannedPrice:
    """Return the price that the plan gives at `now`.

    Args:
        terms: the plan and its floor.
        base_cents: the price without any mark-down.
        rate_bps: the commission rate of today; needed for a net floor only.
        clock: the calendar of the event, None while it has no date: nothing is marked down then.
        now: aware.
        at_most_cents: the price of so far, when it must not go up.
    """
    steps, fixed = terms.price_steps, terms.floor_cents if terms.floor_basis == FloorBasis.LIST else None
    floor_cents = floor_list_price(terms, rate_bps=rate_bps)
    price = price_now(base_cents=base_cents, steps=steps, floor_cents=floor_cents, clock=clock, now=now)
    price = price if at_most_cents is None else min(price, at_most_cents)
    # What a net floor allows depends on the commission rate of the day, so its steps are looked at when they are due.
    due_at = next_markdown_at(
        price_cents=price, base_cents=base_cents, steps=steps, floor_cents=fixed, clock=clock, now=now
    )
    return PlannedPrice(price, due_at)


def steps_to_json(steps: Iterable[PriceStep]) -> list[list[int]]:
    """Return a price plan as the database keeps it: `[days before the event, basis points off]`."""
    return [[step.days_before, step.off_bps] for step in steps]


def steps_from_json(rows: Iterable[Sequence[int]]) -> tuple[PriceStep, ...]:
    """Return the price plan that `steps_to_json` wrote."""
    return tuple(PriceStep(days_before, off_bps) for days_before, off_bps in rows)


def _split_problems(terms: ListingTerms, runs: Sequence[int]) -> list[ErrorDetail]:
    attr = "custom_quantities" if terms.custom_quantities or terms.split_rule == SplitRule.CUSTOM else "split_rule"
    sentences = (
        split_problem(rule=terms.split_rule, quantity=length, custom=terms.custom_quantities) for length in runs
    )
    return [ErrorDetail(sentence, attr) for sentence in dict.fromkeys(sentences) if sentence]
