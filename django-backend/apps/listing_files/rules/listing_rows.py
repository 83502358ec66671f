"""What the cells of an uploaded listing mean: text in, values or sentences out. docs/csv_listings.md is for people."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import partial
from typing import Any, Final, TypeVar
from uuid import UUID

from apps.catalog.enums import EVENTS
from apps.common.characters import one_kind_of_break
from apps.common.decimals import DecimalFormat
from apps.common.errors import ErrorDetail
from apps.common.ids import id_from_text
from apps.common.money import BPS_PER_ONE, MAX_PRICE_CENTS, cents_from_decimal, cents_to_text, rate_to_text
from apps.common.text import normalise_printed
from apps.listing_files.rules.csv_table import CsvRow
from apps.listing_files.rules.seat_cells import kept_as_text
from apps.listing_files.rules.spreadsheets import (
    DayOrder,
    WrittenDate,
    changes_in_spreadsheets,
    is_unreadable,
    read_date,
)
from apps.listings.rules.price_plans import MAX_OFF_BPS, PriceStep
from apps.listings.rules.terms import TERMS, ListingTerms, TermKind, terms_problems
from apps.season_tickets.enums import SEASON_TICKETS

PLACE_COLUMNS: Final = ("team", "season", "section", "row")
# In the order of a download. An upload ignores those that only inform, so a download can be edited and uploaded.
DOWNLOAD_COLUMNS: Final = ("id", "status", "event_label", "price_today", "payout", "created_at")
INPUT_COLUMNS: Final = (
    "season_ticket", *PLACE_COLUMNS, "event", "date", "opponent", "seats", "price", *(term.name for term in TERMS),
)  # fmt: skip
COLUMNS: Final = (*DOWNLOAD_COLUMNS[:2], *INPUT_COLUMNS, *DOWNLOAD_COLUMNS[2:])
NEEDED_COLUMNS: Final = (("season_ticket", "team"), ("event", "date"), ("price",))
MAX_CELL_LENGTH: Final = 1_000
MAX_QUOTED_LENGTH: Final = 50
MAX_NUMBER: Final = 32_767  # what the columns of quantities accept

_AMOUNT: Final = DecimalFormat(places=2, lowest=Decimal("0.01"), highest=Decimal(MAX_PRICE_CENTS) / 100)
_SHARE: Final = DecimalFormat(
    places=4, lowest=Decimal(1) / BPS_PER_ONE, highest=Decimal(MAX_OFF_BPS) / BPS_PER_ONE, share=True
)

# A spreadsheet turns `14:0.10` into the time 00:14:00.1, and shows less than there was.
_CLOCK: Final = re.compile(r"[0-9]{1,2}:[0-9]{2}(?:[.,:].*)?|.*[AP]M", re.IGNORECASE)
_CENTS_BEHIND_COMMA: Final = re.compile(r"[0-9]+,[0-9]{1,2}")

E = TypeVar("E", bound=Enum)


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

    def terms_in(self, order: DayOrder | None) -> ListingTerms | ErrorDetail:
        """Return the terms with their date, or what is wrong with it; `order` is that of the dates of the file."""
        try:
            return replace(self.terms, in_hand_date=self.in_hand.meant(order) if self.in_hand else None)
        except ValueError as error:
            return ErrorDetail(str(error), "in_hand_date", "invalid")


def listing_row(row: CsvRow) -> ListingRow | list[ErrorDetail]:
    """Return what a row asks for, or everything that is wrong with its cells."""
    problems = (
        [ErrorDetail("The row has more cells than the header has columns.", None, "invalid")] if row.surplus else []
    )
    problems += [
        ErrorDetail(f"The cell has more than {MAX_CELL_LENGTH} characters.", column, "invalid")
        for column, cell in row.cells.items()
        if len(cell) > MAX_CELL_LENGTH
    ]
    if problems:  # alone: other sentences would quote the whole cell
        return problems
    cells, problems = _readable(row)
    values: dict[str, Any] = {}
    for column, parse in _PARSERS.items():
        if cell := cells.get(column):
            try:
                values[column] = parse(cell)
            except ValueError as error:
                problems.append(ErrorDetail(_sentence(cell, str(error)), column, "invalid"))
    if "date" in values and not cells.get("event"):
        try:
            values["date"].meant()
        except ValueError as error:
            problems.append(ErrorDetail(str(error), "date", "invalid"))
    problems += _missing(row.cells)
    if problems:
        return problems
    named = {term.column: values[term.name] for term in TERMS if term.name in values}
    terms = ListingTerms(**named | {"in_hand_date": None})
    if wrong := terms_problems(terms):
        return [cell_error(problem.error()) for problem in wrong]
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


def _readable(row: CsvRow) -> tuple[dict[str, str], list[ErrorDetail]]:
    """Return the cells that say something, and the problems of those that a spreadsheet could not show.

    What an id says need not be readable.
    """
    told_by = dict.fromkeys(PLACE_COLUMNS, "season_ticket") | dict.fromkeys(("date", "opponent"), "event")
    cells, problems = dict(row.cells), list[ErrorDetail]()
    for column, cell in row.cells.items():
        if column in INPUT_COLUMNS and is_unreadable(cell):
            cells[column] = ""
            if not row.cells.get(told_by.get(column, "")):
                sentence = "The spreadsheet could not show what it had: make the column wider, or write it again."
                problems.append(ErrorDetail(_sentence(cell, sentence), column, "invalid"))
        elif row.decimal_comma and column in {"price", "floor"} and _CENTS_BEHIND_COMMA.fullmatch(cell):
            cells[column] = cell.replace(",", ".")
    return cells, problems


def _sentence(cell: str, expected: str) -> str:
    """Return what was read, and what is expected, as sentences."""
    return f"The cell has {cell[:MAX_QUOTED_LENGTH]}. {expected}"


def cell_error(error: ErrorDetail) -> ErrorDetail:
    """Return a problem of an offer as one of a cell; `disclosures.1` is the cell of disclosures."""
    return replace(error, attr=(error.attr or "price").partition(".")[0])


def terms_cells(terms: ListingTerms) -> dict[str, str]:
    """Return the cells of terms, as an upload reads them."""
    values = {term: getattr(terms, term.column) for term in TERMS}
    return {term.name: "" if value is None else _WRITERS[term.kind](value) for term, value in values.items()}


def _missing(cells: Mapping[str, str]) -> list[ErrorDetail]:
    problems = []
    if not cells.get("season_ticket") and not all(cells.get(column) for column in PLACE_COLUMNS):
        sentence = f"Name the season ticket by its id, or by {', '.join(PLACE_COLUMNS)}."
        problems.append(ErrorDetail(sentence, "season_ticket", "required"))
    if not cells.get("event") and not cells.get("date"):
        problems.append(ErrorDetail("Name the event by its id, or the date of the home game.", "event", "required"))
    if not cells.get("price"):
        problems.append(ErrorDetail("Say what one seat costs.", "price", "required"))
    return problems


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


def _flag(text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError("It is true or false.")
    return text.lower() == "true"


def _written_steps(steps: Iterable[PriceStep]) -> str:
    return kept_as_text("|".join(f"{step.days_before}:{rate_to_text(step.off_bps)}" for step in steps))


def _written_notes(notes: str) -> str:
    return f"'{notes}" if changes_in_spreadsheets(notes) else notes


_WRITERS: Final[Mapping[TermKind, Callable[[Any], str]]] = {
    TermKind.MONEY: cents_to_text,
    TermKind.DAY: date.isoformat,
    TermKind.WORD: str,
    TermKind.WORDS: "|".join,
    TermKind.NUMBERS: lambda numbers: "|".join(map(str, numbers)),
    TermKind.STEPS: _written_steps,
    TermKind.TEXT: _written_notes,
    TermKind.FLAG: lambda flag: "true" if flag else "false",
}
_READERS: Final[Mapping[TermKind, Callable[[str], Any]]] = {
    TermKind.MONEY: _cents,
    TermKind.DAY: read_date,
    TermKind.WORDS: _disclosures,
    TermKind.NUMBERS: _quantities,
    TermKind.STEPS: _steps,
    TermKind.TEXT: _notes,
    TermKind.FLAG: _flag,
}
_PARSERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "season_ticket": _id(SEASON_TICKETS),
    "event": _id(EVENTS),
    "date": read_date,
    "seats": _seats,
    "price": _cents,
    **{term.name: _word(term.words) if term.kind is TermKind.WORD else _READERS[term.kind] for term in TERMS},
}
