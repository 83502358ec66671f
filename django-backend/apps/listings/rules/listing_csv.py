"""What the cells of an uploaded listing mean: text in, values or sentences out. docs/csv_listings.md is for people."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from apps.catalog.errors import EVENTS
from apps.common.characters import one_kind_of_break
from apps.common.decimals import DecimalFormat
from apps.common.ids import id_from_text
from apps.common.money import BPS_PER_ONE, cents_from_decimal, cents_to_text, rate_to_text
from apps.listings.enums import DeliveryType
from apps.listings.errors.season_tickets import SEASON_TICKETS
from apps.listings.rules.blocks import seat_problems
from apps.listings.rules.csv_table import CsvRow
from apps.listings.rules.price_plans import MAX_OFF_BPS, FloorBasis, PriceStep
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.terms import ListingTerms, terms_problems

PLACE_COLUMNS: Final = ("team", "season", "section", "row")
# In the order of a download. Those that only tell are passed over in an upload, so a download can be edited and sent.
TOLD_COLUMNS: Final = ("id", "status", "price_today", "payout", "created_at")
INPUT_COLUMNS: Final = (
    "season_ticket", *PLACE_COLUMNS, "event", "date", "opponent", "seats", "price", "floor", "floor_basis",
    "price_steps", "split_rule", "custom_quantities", "in_hand_date", "delivery_type", "disclosures", "notes",
)  # fmt: skip
COLUMNS: Final = (*TOLD_COLUMNS[:2], *INPUT_COLUMNS, *TOLD_COLUMNS[2:])
NEEDED_COLUMNS: Final = (("season_ticket", "team"), ("event", "date"), ("price",))
MAX_CENTS: Final = 100_000_000  # what the models take
MAX_CELL_LENGTH: Final = 1_000
MAX_NUMBER: Final = 32_767  # what the columns of quantities take

_AMOUNT: Final = DecimalFormat(places=2, lowest=Decimal("0.01"), highest=Decimal(MAX_CENTS) / 100)
_SHARE: Final = DecimalFormat(
    places=4, lowest=Decimal(1) / BPS_PER_ONE, highest=Decimal(MAX_OFF_BPS) / BPS_PER_ONE, share=True
)

E = TypeVar("E", bound=Enum)
SeatRange = tuple[int, int]


@dataclass(frozen=True)
class CellProblem:
    """What is wrong with a cell, or with the whole row when it has no `column`."""

    code: str
    detail: str
    column: str | None = None


@dataclass(frozen=True)
class ListingRow:
    """What one row asks for. Empty text means that the cell is; prices are cents of one seat.

    `seats` are numbers and ranges with both ends, None for all of the block.
    """

    line: int
    season_ticket: UUID | None
    place: Mapping[str, str]
    event: UUID | None
    on: date | None
    opponent: str
    seats: tuple[int | SeatRange, ...] | None
    price_cents: int
    terms: ListingTerms


def listing_row(row: CsvRow) -> ListingRow | list[CellProblem]:
    """Return what a row asks for, or everything that is wrong with its cells."""
    problems = [CellProblem("invalid", "The row has more cells than the header has columns.")] if row.surplus else []
    problems += [
        CellProblem("invalid", f"The cell has more than {MAX_CELL_LENGTH} characters.", column)
        for column, cell in row.cells.items()
        if len(cell) > MAX_CELL_LENGTH
    ]
    if problems:  # whatever quotes a cell quotes no book
        return problems
    values: dict[str, Any] = {}
    for column, parse in _PARSERS.items():
        if cell := row.cells.get(column, ""):
            try:
                values[column] = parse(cell)
            except ValueError as error:
                problems.append(CellProblem("invalid", str(error), column))
    problems += _missing(row.cells)
    if problems:
        return problems
    terms = _terms(values)
    if wrong := terms_problems(terms):
        return [terms_cell(problem.detail, problem.attr) for problem in wrong]
    return ListingRow(
        line=row.line,
        season_ticket=values.get("season_ticket"),
        place={column: row.cells[column] for column in PLACE_COLUMNS if row.cells.get(column)},
        event=values.get("event"),
        on=values.get("date"),
        opponent=row.cells.get("opponent", ""),
        seats=values.get("seats"),
        price_cents=values["price"],
        terms=terms,
    )


def terms_cell(detail: str, attr: str | None) -> CellProblem:
    """Return a problem of the terms of a listing as one of a cell; `disclosures.1` is the cell of disclosures."""
    return CellProblem("terms_refused", detail, (attr or "price").partition(".")[0])


def chosen_seats(wish: Sequence[int | SeatRange], block: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the seats of a block that numbers and ranges mean, as named, and what is wrong with them.

    A range means the seats of the block from one end to the other: odd ones only where the block has odd ones. Both
    ends must be in the block (S3-54).
    """
    seats: list[str] = []
    for part in wish:
        if isinstance(part, int):
            seats.append(str(part))
            continue
        first, last = part
        within = [seat for seat in block if first <= int(seat) <= last]
        seats += within
        seats += [str(end) for end in part if str(end) not in within]
    problems = list(dict.fromkeys(seat_problems(seats, block).values()))
    return seats, problems


def seats_text(seats: Sequence[str], block: Sequence[str]) -> str:
    """Return seats as an upload reads them: `1 to 4` when they are neighbours, else `1|3`.

    A spreadsheet would make a date of `1-4` and a number of `1,3`.
    """
    positions = sorted(block.index(seat) for seat in seats)
    if len(seats) > 1 and positions == list(range(positions[0], positions[-1] + 1)):
        return f"{block[positions[0]]} to {block[positions[-1]]}"
    return "|".join(block[position] for position in positions)


def terms_cells(terms: ListingTerms) -> dict[str, str]:
    """Return the cells of terms, as an upload reads them."""
    return {
        "floor": "" if terms.floor_cents is None else cents_to_text(terms.floor_cents),
        "floor_basis": terms.floor_basis.value,
        "price_steps": "|".join(f"{step.days_before}:{rate_to_text(step.off_bps)}" for step in terms.price_steps),
        "split_rule": terms.split_rule.value,
        "custom_quantities": "|".join(map(str, terms.custom_quantities)),
        "in_hand_date": terms.in_hand_date.isoformat() if terms.in_hand_date else "",
        "delivery_type": terms.delivery_type.value,
        "disclosures": "|".join(terms.disclosures),
        "notes": terms.notes,
    }


def _missing(cells: Mapping[str, str]) -> list[CellProblem]:
    problems = []
    if not cells.get("season_ticket") and not all(cells.get(column) for column in PLACE_COLUMNS):
        sentence = f"Name the season ticket by its id, or by {', '.join(PLACE_COLUMNS)}."
        problems.append(CellProblem("required", sentence, "season_ticket"))
    if not cells.get("event") and not cells.get("date"):
        problems.append(CellProblem("required", "Name the event by its id, or the date of the home game.", "event"))
    if not cells.get("price"):
        problems.append(CellProblem("required", "Say what one seat costs.", "price"))
    return problems


def _terms(values: Mapping[str, Any]) -> ListingTerms:
    names = {"floor": "floor_cents"}
    asked = _PARSERS.keys() & {
        "floor", "floor_basis", "price_steps", "split_rule", "custom_quantities", "in_hand_date", "delivery_type",
        "disclosures", "notes",
    }  # fmt: skip
    return ListingTerms(**{names.get(column, column): values[column] for column in asked if column in values})


def _id(look_up: str) -> Callable[[str], UUID]:
    return partial(id_from_text, look_up=look_up)


def _date(text: str) -> date:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("A date is written as 2027-09-30.")


def _cents(text: str) -> int:
    cents = cents_from_decimal(_AMOUNT.read(text))
    if not 1 <= cents <= MAX_CENTS:
        raise ValueError("An amount is 0.01 to 1,000,000.00.")
    return cents


def _word(enum: type[E]) -> Callable[[str], E]:
    def parse(text: str) -> E:
        try:
            return enum("_".join(text.lower().split()))
        except ValueError:
            words = ", ".join(str(member.value) for member in enum)
            raise ValueError(f"{text[:50]} is none of {words}.") from None

    return parse


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"\s*[,;|]\s*", text.strip()) if part]


def _seats(text: str) -> tuple[int | SeatRange, ...]:
    seats: list[int | SeatRange] = []
    for part in _parts(text):
        numbers = re.fullmatch(r"([0-9]{1,9})(?:\s*(?:-|–|\.\.|to)\s*([0-9]{1,9}))?", part)
        if numbers is None:
            raise ValueError(
                f"{part[:50]} is no seat number and no range such as 1 to 4. A spreadsheet may have made a date of 1-4."
            )
        ends = [int(number) for number in numbers.groups() if number]
        if ends[0] < 1 or (len(ends) > 1 and ends[1] <= ends[0]):
            raise ValueError("Seats are numbered from 1, and a range goes up: 1 to 4.")
        seats.append((ends[0], ends[1]) if len(ends) > 1 else ends[0])
    if not seats:
        raise ValueError("Name seats, or leave the cell empty for all of them.")
    return tuple(seats)


def _quantities(text: str) -> tuple[int, ...]:
    parts = _parts(text)
    if not all(re.fullmatch(r"[0-9]{1,5}", part) and 1 <= int(part) <= MAX_NUMBER for part in parts):
        raise ValueError("Quantities are written as 2|4.")
    return tuple(int(part) for part in parts)


def _steps(text: str) -> tuple[PriceStep, ...]:
    steps = []
    for part in _parts(text):
        numbers = re.fullmatch(r"([0-9]{1,4})\s*:\s*([^:]+)", part)
        if numbers is None:
            raise ValueError("Mark-downs are written as days before the event and share off: 14:0.10|3:0.25.")
        steps.append(PriceStep(int(numbers[1]), int(_SHARE.read(numbers[2]) * BPS_PER_ONE)))
    return tuple(steps)


def _disclosures(text: str) -> tuple[str, ...]:
    return tuple("_".join(part.lower().split()) for part in _parts(text))


_PARSERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "season_ticket": _id(SEASON_TICKETS),
    "event": _id(EVENTS),
    "date": _date,
    "seats": _seats,
    "price": _cents,
    "floor": _cents,
    "floor_basis": _word(FloorBasis),
    "price_steps": _steps,
    "split_rule": _word(SplitRule),
    "custom_quantities": _quantities,
    "in_hand_date": _date,
    "delivery_type": _word(DeliveryType),
    "disclosures": _disclosures,
    "notes": one_kind_of_break,
}
