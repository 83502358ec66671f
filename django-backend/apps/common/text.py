"""Text that people typed: its normal form, its folded form for comparing names, and which words look alike."""

import re
import unicodedata
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from itertools import groupby
from typing import Final

MAX_COMPARED_LENGTH: Final = 60
# The parts of folding: `folded` does them in Python. Marks are what NFKD splits off a letter.
MARKS: Final = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
FOLDED_CHARACTERS: Final = {
    **dict(zip("øłđðħıŧŋς", "olddhitnσ", strict=True)),
    **dict.fromkeys("-\u2010\u2012\u2013\u2014\u2015\u2212", " "),
    **dict.fromkeys(".'`\u2018\u2019\u02b9\u02bb\u02bc", ""),
}
FOLDED_PAIRS: Final = {"ß": "ss", "æ": "ae", "œ": "oe", "þ": "th"}
_FOLDING: Final = str.maketrans(FOLDED_CHARACTERS | FOLDED_PAIRS)
# From this many neighbours on, the first and the last of them say enough.
_RUN: Final = 3


def normalise_printed(text: str) -> str:
    """Return a section, row or seat as it is stored: trimmed, single-spaced, upper case (`" 10a "` becomes `"10A"`).

    Names that look alike become equal: wide forms, split accents and invisible characters are normalised (Unicode's
    NFKC).
    """
    visible = "".join(
        character
        for character in unicodedata.normalize("NFKC", text)
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cf"}
    )
    return unicodedata.normalize("NFKC", " ".join(visible.split()).upper())


def folded(text: str) -> str:
    """Return a name for comparing and searching: without accents, dots, apostrophes, case and extra spaces.

    `"St. Louis"` equals `"ST LOUIS"`, and `"Montréal"` equals `"Montreal"`; dashes become spaces.
    """
    plain = re.sub(MARKS, "", unicodedata.normalize("NFKD", text)).lower()
    return " ".join(plain.translate(_FOLDING).split())


def nearest(word: str, known: Collection[str]) -> str | None:
    """Return the known word that looks most like `word`, whatever its case; None when none does."""
    by_lower = {name.lower(): name for name in known}
    found = get_close_matches(word[:MAX_COMPARED_LENGTH].lower(), by_lower, n=1)
    return by_lower[found[0]] if found else None


def counted(number: int, noun: str) -> str:
    """Return a number of things as people say it: `1 seat`, `2 seats`, `1,200 open listings`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def seats_named(names: Sequence[str]) -> str:
    """Return seats as people say them: `seat 3`, `seats 1 and 2`, `seats 1 to 4, 7 and 9`; names come lowest first."""
    numbers = [
        [name for _, name in run]
        for _, run in groupby(
            enumerate(names), key=lambda item: int(item[1]) - item[0] if item[1].isdecimal() else item
        )
    ]
    parts = [
        part for run in numbers for part in ([f"{run[0]} to {run[-1]}"] if len(run) >= _RUN else run)
    ]  # fmt: skip
    if len(names) == 1:
        return f"seat {names[0]}"
    return f"seats {parts[0]}" if len(parts) == 1 else f"seats {', '.join(parts[:-1])} and {parts[-1]}"


def place_named(section: str, row: str, seats: Sequence[str]) -> str:
    """Return a place as people say it: `section 101, row A, seats 1 and 2`."""
    return f"section {section}, row {row}, {seats_named(seats)}"
