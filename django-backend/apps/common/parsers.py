"""How request bodies are read. How large one may be is Django's setting DATA_UPLOAD_MAX_MEMORY_SIZE: 2.5 MB."""

import codecs
from collections import Counter
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from io import BytesIO
from typing import IO, Any, Final, Self, cast

from rest_framework import parsers
from rest_framework.exceptions import ParseError
from rest_framework.utils import json

MAX_DEPTH: Final = 32
_UTF8: Final = codecs.lookup("utf-8").name


class JSONParser(parsers.JSONParser):
    """JSON with at most MAX_DEPTH levels, so that code which walks a body can recurse.

    Numbers with a point stay as they were written, `1e2` and 0.1 too, and no object may have duplicate names.

    It must be UTF-8 (RFC 8259): some other encodings that a client could name need minutes for one body (punycode).
    """

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        """Return the body.

        Raises:
            ParseError: it is not JSON in UTF-8, or has more levels.
        """
        coding = (parser_context or {}).get("encoding") or _UTF8
        if codecs.lookup(coding).name != _UTF8:
            raise ParseError("JSON parse error - JSON is sent as UTF-8.")
        try:
            body = json.load(
                cast("IO[str]", codecs.getreader(_UTF8)(stream)),
                parse_float=_exact,
                object_pairs_hook=_without_repetition,
            )
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from None
        except RecursionError:
            too_deep = True  # so deep that the standard library gave up
        else:
            too_deep = _is_deeper_than(MAX_DEPTH, body)
        if too_deep:
            raise ParseError(f"JSON parse error - more than {MAX_DEPTH} levels.")
        return body


class WrittenNumber(Decimal):
    """A number with a point or an exponent; its text is the one that was sent."""

    text: str

    def __new__(cls, text: str) -> Self:
        """Return the number that a text writes."""
        number = super().__new__(cls, text)
        number.text = text
        return number

    def __str__(self) -> str:
        """Return what was sent: a decimal would turn 1.5e1 into 15."""
        return self.text


def _exact(text: str) -> WrittenNumber:
    try:
        return WrittenNumber(text)
    except InvalidOperation:
        raise ValueError("a number is too large.") from None


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        name = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise ValueError(f"duplicate name {name!r} in an object.")
    return found


def parse_json(text: str | bytes) -> Any:
    """Parse JSON that is not the body of a REST framework view, by the same rules.

    Raises:
        ParseError: see JSONParser.
    """
    return JSONParser().parse(BytesIO(text if isinstance(text, bytes) else text.encode()))


def _is_deeper_than(depth: int, value: Any) -> bool:
    level = [value]
    for _ in range(depth):
        level = [
            child
            for container in level
            if isinstance(container, dict | list)
            for child in (container.values() if isinstance(container, dict) else container)
        ]
    return any(isinstance(item, dict | list) for item in level)
