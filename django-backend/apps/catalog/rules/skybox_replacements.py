r"""Replacements: spellings that staff correct while they import, `{"column": {"regex": "new"}}`.

Matching ignores case. JSON wants a double backslash: `{"name": {"\\bSt Louis\\b": "St. Louis"}}`.

The regexes are RE2's, whose search is linear in the text, whatever the pattern. Python's engine backtracks: a pattern
of ten characters can keep it busy for years, and a thread cannot be interrupted.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import re2

from apps.catalog.errors import ReplacementsRefused
from apps.catalog.rules.skybox_text import NOT_STORABLE

COLUMNS: Final = ("name", "stubhub_event_url", "venue_name")
MAX_RULES: Final = 200
MAX_LENGTH: Final = 300
# Bytes that one compiled regex may take. RE2 refuses what needs more, such as `(\pL{100}){100}`.
MAX_MEMORY: Final = 1 << 18
# A new text names groups as \1 or \g<name>; \\ is a backslash.
ESCAPE: Final = re.compile(r"\\(?:([1-9][0-9]?)|g<(\w{1,50})>|(.?))")
NOT_IN_RE2: Final = "Look-around, back-references and comments are not possible"


class TextTooLong(Exception):
    """A replacement has made a text too long; `length` is its length."""

    def __init__(self, length: int) -> None:
        super().__init__(length)
        self.length = length


@dataclass(frozen=True)
class Replacement:
    """One regex and what writes the new text of a match."""

    regex: "re2._Regexp"
    new: Callable[["re2._Match"], str]


@dataclass(frozen=True)
class Replacements:
    """Compiled replacements by column, applied in the order of the JSON text."""

    rules: dict[str, tuple[Replacement, ...]]

    def apply(self, column: str, text: str, *, max_length: int) -> str:
        """Return `text` of a column with every replacement made.

        Raises:
            TextTooLong: a replacement made more than `max_length` characters of it; the rest is not tried, since each
                could make it hundreds of times longer.
        """
        for rule in self.rules.get(column, ()):
            text = rule.regex.sub(rule.new, text)
            if len(text) > max_length:
                raise TextTooLong(len(text))
        return text


NO_REPLACEMENTS: Final = Replacements({})


def parse_replacements(text: str) -> Replacements:
    """Read the JSON text of replacements; the empty text means none.

    Raises:
        ReplacementsRefused: not JSON, not of the form, an unknown column, or a regex or new text that is wrong; the
            sentence names the column and the regex, and the character at which it goes wrong.
    """
    if not text.strip():
        return NO_REPLACEMENTS
    try:
        columns = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ReplacementsRefused(f"The replacements are not valid JSON: {error}.") from None
    if not isinstance(columns, dict) or not all(isinstance(pairs, dict) for pairs in columns.values()):
        raise ReplacementsRefused('The replacements must have the form {"column": {"regex": "new text"}}.')
    for column in columns:
        if column not in COLUMNS:
            raise ReplacementsRefused(
                f"The replacements name the column {column!r}; possible are {', '.join(COLUMNS)}."
            )
    if sum(len(pairs) for pairs in columns.values()) > MAX_RULES:
        raise ReplacementsRefused(f"There are more than {MAX_RULES} replacements.")
    return Replacements(
        {column: tuple(_rule(column, *pair) for pair in pairs.items()) for column, pairs in columns.items()}
    )


def _rule(column: str, regex: str, new: Any) -> Replacement:
    where = f"The replacement {regex[:MAX_LENGTH]!r} of the column {column!r}"
    if not isinstance(new, str) or not regex:
        raise ReplacementsRefused(f"{where} must be a regex and its new text.")
    if max(len(regex), len(new)) > MAX_LENGTH:
        raise ReplacementsRefused(f"{where} is longer than {MAX_LENGTH} characters.")
    if NOT_STORABLE.search(regex + new):
        raise ReplacementsRefused(f"{where} holds a NUL or a broken character.")
    if problem := _problem(regex):
        raise ReplacementsRefused(f"{where} is not a valid regex: {problem}.")
    compiled = re2.compile(regex, _options())
    try:
        return Replacement(compiled, _new_text(compiled, new))
    except ValueError as error:
        raise ReplacementsRefused(f"{where} has a new text that cannot be written: {error}.") from None


def _options() -> re2.Options:
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = MAX_MEMORY
    return options


def _complaint(regex: str) -> tuple[str, str]:
    """Return RE2's complaint about a regex and the part it refers to; nothing for a valid one."""
    try:
        re2.compile(regex, _options())
    except re2.error as error:
        kind, _, part = error.args[0].decode().partition(": ")
        return kind, part
    return "", ""


def _problem(regex: str) -> str:
    """Return what is wrong with a regex and at which character, counted from 1; nothing for a valid one."""
    kind, part = _complaint(regex)
    if not kind:
        return ""
    if kind.startswith("pattern too large"):
        return "it is too large"
    # RE2 does not say where. The fault is where every longer prefix of the regex fails in the same way.
    end = len(regex)
    while _complaint(regex[: end - 1])[0] == kind:
        end -= 1
    start = end - 1 if part in {"", regex} else regex.find(part, max(0, end - len(part) - 1))
    hint = f". {NOT_IN_RE2}" if kind in {"invalid perl operator", "invalid escape sequence"} else ""
    return f"{kind} at character {start + 1}{hint}"


def _new_text(regex: "re2._Regexp", new: str) -> Callable[["re2._Match"], str]:
    """Return a function that makes the new text of a match. The library's own templates garble letters such as é."""
    pieces: list[str | int] = []
    end = 0
    for escape in ESCAPE.finditer(new):
        number, name, other = escape.groups()
        group = number or regex.groupindex.get(name, name)
        if other is None and not (str(group).isdecimal() and int(group) <= regex.groups):
            raise ValueError(f"there is no group {group} at character {escape.start() + 1}")
        if other is not None and other != "\\":
            raise ValueError(f"\\{other} at character {escape.start() + 1} means nothing")
        pieces += [new[end : escape.start()], int(group) if other is None else other]
        end = escape.end()
    pieces.append(new[end:])
    return lambda match: "".join(match[piece] or "" if isinstance(piece, int) else piece for piece in pieces)
