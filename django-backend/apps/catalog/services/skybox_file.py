"""Reads a SkyBox export of any size row by row: `{"rows": […], "rowCount": n}` or a bare list."""

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, TypeVar

import ijson

from apps.catalog.errors import SkyBoxFileRefused

# A row is 4 deep. The parser keeps its path, so absurd nesting would exhaust the memory.
MAX_DEPTH: Final = 32
# ijson's C parser crashes the process on a whole number that Python refuses to convert; 640 digits is Python's lowest
# setting of that limit. Searched only where digits begin: from every digit, 20 MB of them would take 8 seconds.
ENDLESS_NUMBER: Final = re.compile(rb"(?<![0-9])[0-9]{640}")
OPENING: Final = frozenset({"start_map", "start_array"})
NOT_AN_EXPORT: Final = 'The file is not a SkyBox export: expected {"rows": […]} or a list of events.'
T = TypeVar("T")


@dataclass(frozen=True)
class SkyBoxExport:
    """A file that is complete JSON of the right form; `row_count` is the number it claims, or None."""

    file: BinaryIO
    rows_path: str
    row_count: int | None

    def rows(self) -> Iterator[Any]:
        """Read the rows one after the other."""
        yield from _parsed(ijson.items(_at_start(self.file), self.rows_path))


def skybox_export_open(*, file: BinaryIO) -> SkyBoxExport:
    """Read the whole file, keeping nothing, to check its form before the first row is imported.

    Raises:
        SkyBoxFileRefused: not JSON, cut off, nested absurdly, with an endless number, or neither a list nor an object
            with a list of rows.
    """
    _refuse_endless_numbers(file)
    rows_path = ""
    row_count = None
    for depth, key, event, value in _outline(_parsed(ijson.basic_parse(_at_start(file)))):
        if depth == 0:
            rows_path = _path_of_root(event)
        elif key == "rows":
            if event != "start_array":
                raise SkyBoxFileRefused(NOT_AN_EXPORT)
            rows_path = "rows.item"
        elif key == "rowCount" and isinstance(value, int) and event == "number":
            row_count = value
    if not rows_path:
        raise SkyBoxFileRefused(NOT_AN_EXPORT)
    return SkyBoxExport(file, rows_path, row_count)


def _outline(events: Iterator[tuple[str, Any]]) -> Iterator[tuple[int, str, str, Any]]:
    """Return depth, key, event and value of where the root (depth 0) and its members (depth 1) begin."""
    depth, key = 0, ""
    for event, value in events:
        if event in {"end_map", "end_array"}:
            depth -= 1
        elif event == "map_key":
            key = value if depth == 1 else key
        else:
            if depth <= 1:
                yield depth, key, event, value
            depth += event in OPENING
            if depth > MAX_DEPTH:
                raise SkyBoxFileRefused(f"{NOT_AN_EXPORT} It is nested more than {MAX_DEPTH} levels deep.")


def _path_of_root(event: str) -> str:
    """Return the path of the rows of a bare list; in an object it is known once the key `rows` comes."""
    if event not in OPENING:
        raise SkyBoxFileRefused(NOT_AN_EXPORT)
    return "item" if event == "start_array" else ""


def _refuse_endless_numbers(file: BinaryIO) -> None:
    file.seek(0)
    tail = b""
    while block := file.read(1 << 20):
        if ENDLESS_NUMBER.search(tail + block):
            raise SkyBoxFileRefused(f"{NOT_AN_EXPORT} It holds a number of hundreds of digits.")
        tail = block[-640:]


def _at_start(file: BinaryIO) -> BinaryIO:
    """Rewind, and skip the byte order mark that some Windows programs write."""
    file.seek(0)
    if file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
        file.seek(0)
    return file


def _parsed(events: Iterator[T]) -> Iterator[T]:
    """Pass the parser's output on; its failures become a refusal in one sentence."""
    try:
        yield from events
    # ArithmeticError: a number whose exponent has dozens of digits.
    except (ijson.JSONError, ArithmeticError) as error:
        raise SkyBoxFileRefused(f"The file is not complete, valid JSON: {_first_line(error)}.") from None


def _first_line(error: Exception) -> str:
    message = error.args[0] if isinstance(error, ijson.JSONError) else "a number is too large"
    text = message.decode(errors="replace") if isinstance(message, bytes) else str(message)
    return text.strip().split("\n", 1)[0].strip().rstrip(".")
