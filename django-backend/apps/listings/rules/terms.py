"""What a holder agrees to besides price and seats: values that every way of listing has."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum, auto
from functools import lru_cache
from typing import Annotated, Any, Final, NamedTuple, get_type_hints

from apps.common.characters import character_problem
from apps.common.money import cents_to_text, rate_to_text
from apps.common.problems import Problem
from apps.common.repeats import repeated
from apps.listings.enums import DeliveryType, Disclosure
from apps.listings.errors.problems import OfferProblem
from apps.listings.rules.price_plans import (
    EventClock,
    FloorBasis,
    PriceStep,
    floor_as_list_price,
    next_markdown_at,
    plan_problems,
    price_now,
)
from apps.listings.rules.seat_choice import seat_runs
from apps.listings.rules.split_rules import SplitRule, split_problem

MAX_NOTES_LENGTH: Final = 500
# An even number that no listing exceeds: with it, only what no listing at all could have is refused.
_ANY_LISTING: Final = 100


class TermKind(Enum):
    """The type of a term, which decides its format in the API, CSV files and the database."""

    MONEY = auto()
    DAY = auto()
    WORD = auto()
    WORDS = auto()
    NUMBERS = auto()
    STEPS = auto()
    TEXT = auto()
    FLAG = auto()


@dataclass(frozen=True)
class Term:
    """One term: its `column` in the database and in `ListingTerms`, its `name` in the API and in CSV files.

    Money and days may be null. `words` has the choices of words; those of a single word are its type.
    """

    kind: TermKind
    help: str
    name: str = ""
    words: Any = None
    column: str = ""

    def stored(self, value: Any) -> Any:
        """Return a value as the database keeps it."""
        if self.kind is TermKind.STEPS:
            return [[step.days_before, step.off_bps] for step in value]
        return list(value) if isinstance(value, tuple) else value

    def loaded(self, value: Any) -> Any:
        """Return the value from what `stored` returned."""
        if self.kind is TermKind.STEPS:
            return tuple(PriceStep(days_before, off_bps) for days_before, off_bps in value)
        if self.kind is TermKind.WORD:
            return self.words(value)
        return tuple(value) if isinstance(value, list) else value


@dataclass(frozen=True)
class ListingTerms:
    """The terms of a listing; the defaults are those of a request that names none.

    API, CSV files and SQL take their fields and columns from here: a new term is a line here, and its column.
    """

    floor_cents: Annotated[
        int | None, Term(TermKind.MONEY, "No mark-down goes below it. Null: no floor.", name="floor")
    ] = None
    floor_basis: Annotated[
        FloorBasis,
        Term(TermKind.WORD, "What the floor limits: `list`, the price (default), or `net`, the payout."),
    ] = FloorBasis.LIST
    price_steps: Annotated[
        tuple[PriceStep, ...],
        Term(
            TermKind.STEPS,
            "Mark-downs by days before the event. The largest that applies wins; they are never added up.",
        ),
    ] = ()
    split_rule: Annotated[
        SplitRule,
        Term(TermKind.WORD, "Which quantities may be bought; `any` by default. See the documentation of split rules."),
    ] = SplitRule.ANY
    custom_quantities: Annotated[tuple[int, ...], Term(TermKind.NUMBERS, "For the split rule `custom` only.")] = ()
    in_hand_date: Annotated[date | None, Term(TermKind.DAY, "First day on which tickets can be delivered.")] = None
    delivery_type: Annotated[DeliveryType, Term(TermKind.WORD, "`mobile_transfer` by default.")] = (
        DeliveryType.MOBILE_TRANSFER
    )
    disclosures: Annotated[
        tuple[str, ...], Term(TermKind.WORDS, "What a buyer must know before paying.", words=Disclosure)
    ] = ()
    notes: Annotated[str, Term(TermKind.TEXT, "For buyers.")] = ""
    show_seats: Annotated[
        bool, Term(TermKind.FLAG, "Whether the market shows buyers the seat numbers; `false` by default.")
    ] = False


def _terms() -> Iterator[Term]:
    for column, hint in get_type_hints(ListingTerms, include_extras=True).items():
        term = hint.__metadata__[0]
        yield replace(term, column=column, name=term.name or column, words=term.words or hint.__origin__)


NO_TERMS: Final = ListingTerms()
TERMS: Final = tuple(_terms())


@lru_cache(maxsize=256)  # a season has the same terms for every game
def terms_stored(terms: ListingTerms) -> Mapping[str, Any]:
    """Return terms as the columns of the database."""
    return {term.column: term.stored(getattr(terms, term.column)) for term in TERMS}


def terms_of(listing: Any) -> ListingTerms:
    """Return the terms of a listing that is loaded."""
    return ListingTerms(**{term.column: term.loaded(getattr(listing, term.column)) for term in TERMS})


@lru_cache(maxsize=256)
def terms_problems(terms: ListingTerms) -> tuple[Problem, ...]:
    """Return what is wrong with terms for any listing; empty if they can be saved."""
    problems = [*plan_problems(terms.price_steps), *_split_problems(terms, [_ANY_LISTING])]
    known, again = set(Disclosure.values), repeated(terms.disclosures)
    for index, word in enumerate(terms.disclosures):
        if word not in known:
            problems.append(Problem(OfferProblem.DISCLOSURE_UNKNOWN, f"disclosures.{index}", {"word": word}))
        elif index in again:
            problems.append(Problem(OfferProblem.DISCLOSURE_REPEATED, f"disclosures.{index}", {"word": word}))
    if len(terms.notes) > MAX_NOTES_LENGTH:
        problems.append(Problem(OfferProblem.NOTES_LENGTH, "notes", {"most": MAX_NOTES_LENGTH}))
    if sentence := character_problem(terms.notes, multiline=True):
        problems.append(Problem(OfferProblem.NOTES_CHARACTER, "notes", {"why": sentence}))
    return tuple(problems)


def split_problems(terms: ListingTerms, *, positions: Iterable[int], general_admission: bool) -> list[Problem]:
    """Return why the split rule does not fit the seats, run by run; empty when it does."""
    runs = seat_runs(positions, general_admission=general_admission)
    return _split_problems(terms, sorted({len(run) for run in runs}))


def floor_problem(terms: ListingTerms, *, price_cents: int, rate_bps: int | None) -> Problem | None:
    """Return why the floor does not fit a base price in cents, None if it does.

    `rate_bps` is the commission rate of today; it is needed for a net floor only.
    """
    lowest = floor_list_price(terms, rate_bps=rate_bps)
    if lowest is None or lowest <= price_cents:
        return None
    values = {"floor": cents_to_text(terms.floor_cents or 0), "price": cents_to_text(price_cents)}
    if terms.floor_basis == FloorBasis.LIST:
        return Problem(OfferProblem.FLOOR_ABOVE_PRICE, "floor", values)
    return Problem(OfferProblem.FLOOR_ABOVE_PAYOUT, "floor", values | {"rate": rate_to_text(rate_bps or 0)})


def floor_list_price(terms: ListingTerms, *, rate_bps: int | None) -> int | None:
    """Return the lowest list price in cents that keeps the floor; None without a floor.

    Raises:
        ValueError: the floor is net and there is no `rate_bps`.
    """
    if needs_rate(terms) and rate_bps is None:
        raise ValueError("a net floor needs a commission rate")
    floor_cents, basis = terms.floor_cents, terms.floor_basis
    return floor_cents and floor_as_list_price(floor_cents=floor_cents, basis=basis, rate_bps=rate_bps or 0)


def needs_rate(terms: ListingTerms) -> bool:
    """Return whether the floor depends on the commission rate of the day."""
    return terms.floor_cents is not None and terms.floor_basis == FloorBasis.NET


def in_hand_problem(terms: ListingTerms, *, event_date: date | None) -> Problem | None:
    """Return why the in-hand date does not fit the event's date at the venue, None if it does or there is none."""
    if terms.in_hand_date is None or event_date is None or terms.in_hand_date <= event_date:
        return None
    return Problem(OfferProblem.IN_HAND_LATE, "in_hand_date", {"day": event_date.isoformat()})


class PlannedPrice(NamedTuple):
    """What a seat costs now, in cents, and the UTC moment of its next mark-down, None if there is none."""

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
    """Return the price that the plan gives at `now`; `at_most_cents` is the current price, when it must not go up.

    `rate_bps`, the commission rate of today, is needed for a net floor only. Without a clock nothing is marked down.
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


def _split_problems(terms: ListingTerms, runs: Sequence[int]) -> list[Problem]:
    rule, custom = terms.split_rule, terms.custom_quantities
    found = [split_problem(rule=rule, quantity=length, custom=custom) for length in runs]
    return [problem for index, problem in enumerate(found) if problem and problem not in found[:index]]
