"""Printed text: its normal form, so that equal things compare equal in the database, and how people say things."""

import unicodedata
from collections.abc import Collection, Sequence
from difflib import get_close_matches
from typing import Final

MAX_COMPARED_LENGTH: Final = 60


def normalise_printed(text: str) -> str:
    """Return a section, row or seat as it is stored: trimmed, single-spaced, upper case (`" 10a "` is `"10A"`).

    What looks alike is alike: wide forms, accents in two pieces and invisible characters are gone (Unicode's NFKC).
    """
    visible = "".join(
        character
        for character in unicodedata.normalize("NFKC", text)
        if character.isspace() or unicodedata.category(character) not in {"Cc", "Cf"}
    )
    return unicodedata.normalize("NFKC", " ".join(visible.split()).upper())


def nearest(word: str, known: Collection[str]) -> str | None:
    """Return the known word that looks most like `word`, whatever its case; None when none does."""
    by_lower = {name.lower(): name for name in known}
    found = get_close_matches(word[:MAX_COMPARED_LENGTH].lower(), by_lower, n=1)
    return by_lower[found[0]] if found else None


def counted(number: int, noun: str) -> str:
    """Return a number of things as people say it: `1 seat`, `2 seats`, `1,200 open listings`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def seats_named(names: Sequence[str]) -> str:
    """Return seats by name: `seat 3`, `seats 3 and 4`, `seats 3, 4 and 7`."""
    return f"seat {names[0]}" if len(names) == 1 else f"seats {', '.join(names[:-1])} and {names[-1]}"
