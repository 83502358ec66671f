"""What the cells of an uploaded listing mean: text in, values or sentences out. docs/csv_listings.md is for people."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from apps.catalog.enums import EVENTS
from apps.common.characters import one_kind_of_break
from apps.common.decimals import DecimalFormat
from apps.common.ids import id_from_text
from apps.common.money import BPS_PER_ONE, MAX_PRICE_CENTS, cents_from_decimal, cents_to_text, rate_to_text
from apps.common.text import normalise_printed
from apps.listings.enums import DeliveryType
from apps.listings.errors.season_tickets import SEASON_TICKETS
from apps.listings.rules.csv_seats import kept_as_text
from apps.listings.rules.csv_table import CsvRow
from apps.listings.rules.price_plans import MAX_OFF_BPS, FloorBasis, PriceStep
from apps.listings.rules.split_rules import SplitRule
from apps.listings.rules.spreadsheets import (
    DayOrder,
    WrittenDate,
    changes_in_spreadsheets,
    is_unreadable,
    read_date,
)
from apps.listings.rules.terms import ListingTerms, terms_problems

PLACE_COLUMNS: Final = ("team", "season", "section", "row")
# In the order of a download. Those that only tell are passed over in an upload, so a download can be edited and sent.
TOLD_COLUMNS: Final = ("id", "status", "event_label", "price_today", "payout", "created_at")
INPUT_COLUMNS: Final = (
    "season_ticket", *PLACE_COLUMNS, "event", "date", "opponent", "seats", "price", "floor", "floor_basis",
    "price_steps", "split_rule", "custom_quantities", "in_hand_date", "delivery_type", "disclosures", "notes",
)  # fmt: skip
COLUMNS: Final = (*TOLD_COLUMNS[:2], *INPUT_COLUMNS, *TOLD_COLUMNS[2:])
NEEDED_COLUMNS: Final = (("season_ticket", "team"), ("event", "date"), ("price",))
MAX_CELL_LENGTH: Final = 1_000
MAX_TOLD_LENGTH: Final = 50
MAX_NUMBER: Final = 32_767  # what the columns of quantities take

_AMOUNT: Final = DecimalFormat(places=2, lowest=Decimal("0.01"), highest=Decimal(MAX_PRICE_CENTS) / 100)
_SHARE: Final = DecimalFormat(
    places=4, lowest=Decimal(1) / BPS_PER_ONE, highest=Decimal(MAX_OFF_BPS) / BPS_PER_ONE, share=True
)

# A spreadsheet makes the time 00:14:00.1 of `14:0.10`, and shows less of it than it was.
_CLOCK: Final = re.compile(r"[0-9]{1,2}:[0-9]{2}(?:[.,:].*)?|.*[AP]M", re.IGNORECASE)
_CENTS_BEHIND_COMMA: Final = re.compile(r"[0-9]+,[0-9]{1,2}")

E = TypeVar("E", bound=Enum)


@dataclass(frozen=True)
class CellProblem:
    """What is wrong with a cell, or with the whole row when it has no `column`."""

    code: str
    detail: str
    column: str | None = None


@dataclass(frozen=True)
class ListingRow:
    """What one row asks for. Empty text means that the cell is; prices are cents of one seat.

    `seats` are names and ranges of them, None for all of the block. With an `event`, `on` may mean several dates, and
    `in_hand` may always; the date of `terms` is none.
    """

    line: int
    season_ticket: UUID | None
    place: Mapping[str, str]
    event: UUID | None
    on: WrittenDate | None
    opponent: str
    seats: tuple[str, ...] | None
    price_cents: int
    terms: ListingTerms
    in_hand: WrittenDate | None = None

    def terms_in(self, order: DayOrder | None) -> ListingTerms | CellProblem:
        """Return the terms with their date, or what is wrong with it; `order` is that of the dates of the file."""
        try:
            return replace(self.terms, in_hand_date=self.in_hand.meant(order) if self.in_hand else None)
        except ValueError as error:
            return CellProblem("invalid", str(error), "in_hand_date")


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
    cells, problems = _readable(row)
    values: dict[str, Any] = {}
    for column, parse in _PARSERS.items():
        if cell := cells.get(column):
            try:
                values[column] = parse(cell)
            except ValueError as error:
                problems.append(CellProblem("invalid", _told(cell, str(error)), column))
    if "date" in values and not cells.get("event"):
        try:
            values["date"].meant()
        except ValueError as error:
            problems.append(CellProblem("invalid", str(error), "date"))
    problems += _missing(row.cells)
    if problems:
        return problems
    terms = _terms(values)
    if wrong := terms_problems(terms):
        return [terms_cell(problem.detail, problem.attr) for problem in wrong]
    return ListingRow(
        line=row.line,
        season_ticket=values.get("season_ticket"),
        place={column: cells[column] for column in PLACE_COLUMNS if cells.get(column)},
        event=values.get("event"),
        on=values.get("date"),
        opponent=cells.get("opponent", ""),
        seats=values.get("seats"),
        price_cents=values["price"],
        terms=terms,
        in_hand=values.get("in_hand_date"),
    )


def _readable(row: CsvRow) -> tuple[dict[str, str], list[CellProblem]]:
    """Return the cells that say something, and the problems of those that a spreadsheet could not show.

    What an id says need not be readable.
    """
    told_by = dict.fromkeys(PLACE_COLUMNS, "season_ticket") | dict.fromkeys(("date", "opponent"), "event")
    cells, problems = dict(row.cells), list[CellProblem]()
    for column, cell in row.cells.items():
        if column in INPUT_COLUMNS and is_unreadable(cell):
            cells[column] = ""
            if not row.cells.get(told_by.get(column, "")):
                sentence = "The spreadsheet could not show what it had: make the column wider, or write it again."
                problems.append(CellProblem("invalid", _told(cell, sentence), column))
        elif row.decimal_comma and column in {"price", "floor"} and _CENTS_BEHIND_COMMA.fullmatch(cell):
            cells[column] = cell.replace(",", ".")
    return cells, problems


def _told(cell: str, expected: str) -> str:
    """Return what was read, and what is expected, as sentences."""
    return f"The cell has {cell[:MAX_TOLD_LENGTH]}. {expected}"


def terms_cell(detail: str, attr: str | None) -> CellProblem:
    """Return a problem of the terms of a listing as one of a cell; `disclosures.1` is the cell of disclosures."""
    return CellProblem("terms_refused", detail, (attr or "price").partition(".")[0])


def terms_cells(terms: ListingTerms) -> dict[str, str]:
    """Return the cells of terms, as an upload reads them."""
    steps = (f"{step.days_before}:{rate_to_text(step.off_bps)}" for step in terms.price_steps)
    return {
        "floor": "" if terms.floor_cents is None else cents_to_text(terms.floor_cents),
        "floor_basis": terms.floor_basis.value,
        "price_steps": kept_as_text("|".join(steps)),
        "split_rule": terms.split_rule.value,
        "custom_quantities": "|".join(map(str, terms.custom_quantities)),
        "in_hand_date": terms.in_hand_date.isoformat() if terms.in_hand_date else "",
        "delivery_type": terms.delivery_type.value,
        "disclosures": "|".join(terms.disclosures),
        "notes": f"'{terms.notes}" if changes_in_spreadsheets(terms.notes) else terms.notes,
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
        "floor", "floor_basis", "price_steps", "split_rule", "custom_quantities", "delivery_type", "disclosures",
        "notes",
    }  # fmt: skip
    return ListingTerms(**{names.get(column, column): values[column] for column in asked if column in values})


def _id(look_up: str) -> Callable[[str], UUID]:
    return partial(id_from_text, look_up=look_up)


def _cents(text: str) -> int:
    cents = cents_from_decimal(_AMOUNT.read(text))
    if not 1 <= cents <= MAX_PRICE_CENTS:
        raise ValueError("An amount is 0.01 to 1,000,000.00.")
    return cents


def _word(enum: type[E]) -> Callable[[str], E]:
    def parse(text: str) -> E:
        try:
            return enum("_".join(text.lower().split()))
        except ValueError:
            words = ", ".join(str(member.value) for member in enum)
            raise ValueError(f"It is one of {words}.") from None

    return parse


def _parts(text: str) -> list[str]:
    return [part for part in re.split(r"\s*[,;|]\s*", text) if part]


def _seats(text: str) -> tuple[str, ...]:
    seats = tuple(normalise_printed(part) for part in _parts(text))
    if not seats:
        raise ValueError("Name seats, or leave the cell empty for all of them.")
    return seats


def _quantities(text: str) -> tuple[int, ...]:
    parts = _parts(text)
    if not all(re.fullmatch(r"[0-9]{1,5}", part) and 1 <= int(part) <= MAX_NUMBER for part in parts):
        raise ValueError("Quantities are written as 2|4.")
    return tuple(int(part) for part in parts)


def _steps(text: str) -> tuple[PriceStep, ...]:
    steps = []
    for part in _parts(text):
        numbers = re.fullmatch(r"([0-9]{1,4})\s*:\s*([^:]+)", part)
        if numbers is None or _CLOCK.fullmatch(part):
            raise ValueError("Mark-downs are written as days before the event and share off: 14:0.10|3:0.25.")
        steps.append(PriceStep(int(numbers[1]), int(_SHARE.read(numbers[2]) * BPS_PER_ONE)))
    return tuple(steps)


def _notes(text: str) -> str:
    original = text[1:] if text.startswith("'") and changes_in_spreadsheets(text[1:]) else text
    return one_kind_of_break(original)


def _disclosures(text: str) -> tuple[str, ...]:
    return tuple("_".join(part.lower().split()) for part in _parts(text))


_PARSERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "season_ticket": _id(SEASON_TICKETS),
    "event": _id(EVENTS),
    "date": read_date,
    "seats": _seats,
    "price": _cents,
    "floor": _cents,
    "floor_basis": _word(FloorBasis),
    "price_steps": _steps,
    "split_rule": _word(SplitRule),
    "custom_quantities": _quantities,
    "in_hand_date": read_date,
    "delivery_type": _word(DeliveryType),
    "disclosures": _disclosures,
    "notes": _notes,
}
