"""A CSV file as people save it from a spreadsheet: bytes in, rows by column name out."""

import csv
import io
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from apps.common.csv_safety import original_cell
from apps.common.text import nearest
from apps.listing_files.errors import ListingCsvUnreadable

MAX_CSV_BYTES: Final = 2_000_000
MAX_CSV_ROWS: Final = 5_000
_SEP_LINE: Final = re.compile(
    r"""(?P<quote>"?)sep=(?P<said>[,;\t])(?P=quote)(?P<behind>[,;\t]?)(?P=behind)*\s*""", re.IGNORECASE
)


@dataclass(frozen=True)
class CsvRow:
    """One row: the number of its first line in the file, and its cells by column, trimmed.

    A cell that a download made safe against formulas is as it was. With `surplus`, there is text right of the columns.
    A spreadsheet that separates by semicolons may write a `decimal_comma`.
    """

    line: int
    cells: Mapping[str, str]
    surplus: bool = False
    decimal_comma: bool = False


def csv_rows(content: bytes, *, columns: Collection[str], needed: Sequence[Collection[str]]) -> list[CsvRow]:
    """Return the rows below the header, blank ones left out.

    UTF-8 with or without a byte order mark; commas, semicolons or tabs, with or without a line `sep=;` that says so;
    any line ends, quoted as RFC 4180 says. `columns` are those the header may name, in any order; of each collection of
    `needed` it names at least one.

    Raises:
        ListingCsvUnreadable: the file is too large, no such text, has no rows, or a header that means something else.
    """
    text = _text(content)
    delimiter, has_line = _delimiter(text)
    lines = _lines(text, delimiter)[has_line:]
    header = [_column_name(cell) for cell in lines[0][1]] if lines else []
    while header and not header[-1]:
        header.pop()  # a spreadsheet may write empty columns on the right
    _check_header(header, columns, needed)
    rows = [_row(line, cells, header, decimal_comma=delimiter == ";") for line, cells in lines[1:]]
    if not rows:
        raise ListingCsvUnreadable("The file has no row below its header.")
    if len(rows) > MAX_CSV_ROWS:
        raise ListingCsvUnreadable(f"The file has {len(rows)} rows; at most {MAX_CSV_ROWS} can be uploaded at once.")
    return rows


def _text(content: bytes) -> str:
    if len(content) > MAX_CSV_BYTES:
        raise ListingCsvUnreadable(f"The file is larger than {MAX_CSV_BYTES // 1_000_000} MB.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ListingCsvUnreadable("The file is not UTF-8 text. Save it as CSV UTF-8.") from None
    if "\0" in text:
        raise ListingCsvUnreadable("The file is not CSV text: it contains NUL bytes. Save it as CSV UTF-8.")
    if not text.strip():
        raise ListingCsvUnreadable("The file is empty.")
    return text


def _delimiter(text: str) -> tuple[str, bool]:
    """Return what separates the cells, and whether a separate line says so: Excel's `sep=;`.

    A program that does not know such a line saves it as a row, with separators of its own behind it.
    """
    first = text.lstrip(" \r\n").splitlines()[0]
    if said := _SEP_LINE.fullmatch(first):
        return said["behind"] or said["said"], True
    if first.lower().startswith(("sep=", '"sep=')):
        raise ListingCsvUnreadable(f"{first[:50]} names no separator: write sep=, or sep=; or leave the line out.")
    return max(",;\t", key=first.count), False


def _lines(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    """Return line number and cells of every row that is not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    lines, begins = [], 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append((begins, [cell.strip() for cell in cells]))
            begins = reader.line_num + 1
    except csv.Error as error:
        raise ListingCsvUnreadable(f"The file is not valid CSV from line {begins} on: {error}.") from None
    return lines


def _column_name(cell: str) -> str:
    return "_".join(cell.lower().split())


def _check_header(header: Sequence[str], columns: Collection[str], needed: Sequence[Collection[str]]) -> None:
    for index, name in enumerate(header):
        if name not in columns:
            what = f"{name[:50]} is not a column" if name else f"Column {index + 1} has no name"
            if near := nearest(name, columns):
                raise ListingCsvUnreadable(f"{what}. Did you mean {near}?")
            raise ListingCsvUnreadable(f"{what}. The first line names the columns: {', '.join(columns)}.")
        if name in header[:index]:
            raise ListingCsvUnreadable(f"The column {name} appears twice.")
    for choice in needed:
        if not set(choice) & set(header):
            raise ListingCsvUnreadable(f"The file needs the column {' or '.join(choice)}.")


def _row(line: int, cells: Sequence[str], header: Sequence[str], *, decimal_comma: bool) -> CsvRow:
    originals = dict(zip(header, map(original_cell, cells), strict=False))
    return CsvRow(line, originals, surplus=any(cells[len(header) :]), decimal_comma=decimal_comma)
