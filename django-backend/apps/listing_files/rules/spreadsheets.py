"""What spreadsheets do to cells: `0117` becomes 117, `1-2` becomes 2-Jan, and a date gets the country's format."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Context, Decimal
from enum import Enum, auto
from functools import lru_cache
from typing import Final

from apps.common.text import folded

# Months as spreadsheets write them in some languages; accents are folded away.
_MONTHS: Final = (
    "jan january januar janv ene gen", "feb february februar fev fevr", "mar march marz mrz mars mrt",
    "apr april avr abr", "may mai mag mei", "jun june juni juin giu", "jul july juli juil lug", "aug august aout ago",
    "sep sept september set", "oct october okt oktober out ott", "nov november", "dec december dez dezember dic",
)  # fmt: skip
_MONTH_OF: Final = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split()}
_CLOCK: Final = re.compile(r"(\d{1,2})(?::(\d\d))?(?::(\d\d))?(?:\s*([AP])M?)?", re.IGNORECASE | re.ASCII)
_MIDNIGHT: Final = re.compile(r"(?:,?\s+|T)(?:0{1,2}(?::00){1,2}|12(?::00){1,2}\s*AM)(?:\.0+)?Z?$", re.IGNORECASE)
_WEEKDAY: Final = re.compile(r"^[^\W\d]+\.?,\s*")
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:E[+-]?[0-9]{1,3})?|[0-9]*\.[0-9]+", re.IGNORECASE)
_UNREADABLE: Final = re.compile(r"#{2,}|#(?:NAME\?|REF!|VALUE!|DIV/0!|N/A|NUM!|NULL!)", re.IGNORECASE)
_SPREADSHEET_DIGITS: Final = 15  # of a number; the digits after them become zeros
_PARTS: Final = 3  # of a whole date
_YEAR: Final = 4  # digits
_SHORT_YEAR: Final = 2
MAX_LENGTH: Final = 60  # of text that a spreadsheet reads as a date or a number


class DayOrder(Enum):
    """Which number of a date comes first."""

    YEAR = auto()
    MONTH = auto()
    DAY = auto()


@dataclass(frozen=True)
class WrittenDate:
    """A date as a cell has it, and what it may mean: `5/12/2027` is 12 May or 5 December."""

    text: str
    readings: Mapping[DayOrder, date]

    def order_if(self, day: date | None) -> DayOrder | None:
        """Return the order in which the text means `day`; None if it does in none, or in several."""
        orders = [order for order, reading in self.readings.items() if reading == day]
        return orders[0] if len(orders) == 1 else None

    def meant(self, order: DayOrder | None = None) -> date:
        """Return the one date that the text means, in the `order` of the file where that is known.

        Raises:
            ValueError: it may be several; the sentence names them.
        """
        dates = sorted(set(self.readings.values()))
        if len(dates) == 1:
            return dates[0]
        if order and order in self.readings:
            return self.readings[order]
        raise ValueError(
            f"{self.text} may be {' or '.join(map(str, dates))}. Write the date that is meant, as {dates[0]}."
        )


def read_date(text: str) -> WrittenDate:
    """Return what a date may mean: `2027-05-12`, `5/12/2027`, `12.05.27`, `12-May-2027`, a midnight behind it or not.

    Raises:
        ValueError: it is no date with a year.
    """
    plain = _WEEKDAY.sub("", _MIDNIGHT.sub("", text))
    tokens = _tokens(plain)
    orders: dict[DayOrder, tuple[str, str, str]] = {}
    if len(tokens) == _PARTS:
        first, second, third = tokens
        if first.isdigit() and len(first) == _YEAR:
            orders = {DayOrder.YEAR: (first, second, third)}
        elif first.isdigit() and second.isdigit():
            orders = {DayOrder.MONTH: (third, first, second), DayOrder.DAY: (third, second, first)}
        else:  # the name of a month says which one it is
            orders = {DayOrder.YEAR: (third, second, first) if first.isdigit() else (third, first, second)}
    readings = {}
    for order, (year, month, day) in orders.items():
        if len(year) in {_SHORT_YEAR, _YEAR}:
            with suppress(ValueError):  # a day that is a word, or that its month does not have
                readings[order] = date(int(year) + (2000 if len(year) == _SHORT_YEAR else 0), _number(month), int(day))
    if not readings:
        raise ValueError("A date is written as 2027-09-30.")
    return WrittenDate(text, readings)


@lru_cache(maxsize=20_000)
def spreadsheet_made(cell: str, *, of: str) -> bool:
    """Return whether a spreadsheet may have made `cell` of a text; what people changed does not count.

    Numbers lose zeros and digits (`0117`, `1E5`), what looks like a date or a time takes their form (`1-2`, `MAR 1`,
    `10 A`), letters with accents break when the file is opened or saved in a code page.
    """
    return (
        _same_number(cell, of)
        or _same_date(cell, of)
        or (_clock(cell) is not None and ":" in cell and _clock(cell) == _clock(of))
        or _same_letters(cell, of)
    )


def changes_in_spreadsheets(text: str) -> bool:
    """Return whether a spreadsheet may read a text as a number, a date, a time or a boolean."""
    is_truth = text.lower() in {"true", "false"}
    return bool(is_truth or _is_number(text) or _tokens(text) or _clock(text))


def is_unreadable(cell: str) -> bool:
    """Return whether a spreadsheet could not show the cell: `########` or `#NAME?`."""
    return _UNREADABLE.fullmatch(cell) is not None


def date_pair(cell: str) -> tuple[int, int] | None:
    """Return the two numbers that a spreadsheet made a date of, the lower first: `4-Jan` and `1/4/2027` are 1 and 4."""
    tokens = [token for token in _tokens(cell) if len(token) < _YEAR or not token.isdigit()]
    if len(tokens) != _PARTS - 1 or not _is_made_date(cell):
        return None
    first, second = sorted(map(_number, tokens))
    return first, second


@lru_cache(maxsize=20_000)
def _tokens(text: str) -> tuple[str, ...]:
    """Return the two or three parts of a date, numbers and at most one name of a month; `()` if it is not a date."""
    plain = folded(re.sub("[-./,]", " ", text)) if len(text) <= MAX_LENGTH else ""
    tokens = re.findall("[a-z]+|[0-9]+", plain)
    words = [token for token in tokens if not token.isdigit()]
    is_date = (
        len(tokens) in {_PARTS - 1, _PARTS}
        and "".join(tokens) == plain.replace(" ", "")
        and len(words) <= 1
        and _MONTH_OF.keys() >= set(words)
        and all(len(token) <= _YEAR or token in words for token in tokens)
    )
    return tuple(tokens) if is_date else ()


def _is_number(text: str) -> bool:
    return len(text) <= MAX_LENGTH and bool(_NUMBER.fullmatch(text))


def _number(token: str) -> int:
    return int(token) if token.isdigit() else _MONTH_OF[token]


def _is_made_date(cell: str) -> bool:
    """Return whether a date is as spreadsheets write it and people do not write seats: with month or year."""
    tokens = _tokens(cell)
    return any(not token.isdigit() for token in tokens) or (len(tokens) == _PARTS and max(map(len, tokens)) == _YEAR)


def _same_date(cell: str, of: str) -> bool:
    if not _is_made_date(cell):
        return False
    left = [_number(token) % 100 for token in _tokens(cell)]
    wanted = [_number(token) % 100 for token in _tokens(of)]
    for number in wanted:
        if number not in left:
            return False
        left.remove(number)
    return bool(wanted)  # left may be the year, or the first of the month, that the text did not have


def _same_number(cell: str, of: str) -> bool:
    if not (_is_number(cell) and _is_number(of)):
        return False
    shown, printed = Decimal(cell), Decimal(of)
    mantissa: Sequence[int] = shown.as_tuple().digits
    if "e" in cell.lower():
        return shown == Context(prec=len(mantissa)).plus(printed)
    return shown == Context(prec=_SPREADSHEET_DIGITS, rounding=ROUND_DOWN).plus(printed)


def _clock(text: str) -> tuple[int, int, int] | None:
    found = _CLOCK.fullmatch(text)
    if not found or not (found[2] or found[4]):
        return None
    hour, half = int(found[1]), (found[4] or "").upper()
    hour = hour % 12 + (12 if half == "P" else 0) if half else hour
    return hour, int(found[2] or 0), int(found[3] or 0)


def _same_letters(cell: str, of: str) -> bool:
    if of.isascii():
        return False
    broken = {of.encode().decode(page, "replace") for page in ("cp1252", "mac-roman")}
    lost = "".join(letter if letter.isascii() else "?" for letter in of)
    return cell in broken or cell == lost
