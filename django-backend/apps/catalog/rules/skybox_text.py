"""Text of a SkyBox export: what a field may contain, and when two names are the same."""

import re
import unicodedata
from typing import Any, Final

NOT_STORABLE: Final = re.compile("[\x00\ud800-\udfff]")
SHOWN_CHARACTERS: Final = 60


class RowRefused(Exception):
    """A row is not imported; `code` is stable, the message says what is wrong in words."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class RowSkipped(RowRefused):
    """A row is skipped on purpose: it is not a game (parking, a package) or SkyBox has disabled it."""


class RowDoubtful(RowRefused):
    """A row may mean something else than it says: it changes nothing until staff have decided."""


def single_spaced(text: str) -> str:
    """Return `text` trimmed and with single blanks (`" A  at B "` is `"A at B"`)."""
    return " ".join(text.split())


def same_name_key(text: str) -> str:
    """Return a key that is equal for two spellings of a name: case, spaces and the form of accents do not count."""
    # PostgreSQL lowers a dotted capital I to a plain i, Python to an i with a dot above: follow the database, whose
    # unique indexes decide.
    return unicodedata.normalize("NFC", single_spaced(text)).casefold().replace("i̇", "i")


def shown(value: Any) -> str:
    """Return a value as problem details quote it: on one line, printable, and never long."""
    text = repr(value[:SHOWN_CHARACTERS] if isinstance(value, str) else value)
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]}…"


def text_field(value: Any, *, what: str, code: str, max_length: int) -> str:
    """Return the text of a field, with null as the empty text; `what` names the field in refusals.

    Raises:
        RowRefused: `code` for anything but text or null, `nul_character` for text that the database cannot hold,
            `too_long` for more than `max_length` characters.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RowRefused(code, f"{what} is {shown(value)}, not text.")
    if NOT_STORABLE.search(value):
        raise RowRefused("nul_character", f"{what} holds a NUL or a broken character: {shown(value)}.")
    text = single_spaced(value)
    if len(text) > max_length:
        raise RowRefused("too_long", f"{what} has {len(text)} characters, at most {max_length} are possible.")
    return text
