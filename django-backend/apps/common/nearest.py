"""The known name that a mistyped one was meant to be."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

# Nobody mistypes a longer name, and comparing takes the product of both lengths.
_MAX_LENGTH: Final = 60


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that looks most like `name`, whatever its case; None when none does."""
    by_lower = {one.lower(): one for one in known}
    found = get_close_matches(name[:_MAX_LENGTH].lower(), by_lower, n=1)
    return by_lower[found[0]] if found else None
