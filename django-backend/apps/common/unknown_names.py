"""Names in a request that mean nothing there; each is refused, with the nearest known one."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from itertools import islice
from typing import Final

from rest_framework.exceptions import ErrorDetail

# Of a request with thousands of unknown names the first ones are enough; comparing all of them would take minutes.
MAX_REPORTED: Final = 20
MAX_COMPARED_LENGTH: Final = 60


def unknown_names(names: Iterable[str], known: Collection[str], *, kind: str) -> dict[str, list[ErrorDetail]]:
    """Return an error for each name that is not known; `kind` says what the names are: "field", "parameter"."""
    unknown = islice((name for name in names if name not in known), MAX_REPORTED)
    return {name: [ErrorDetail(f"Unknown {kind}. {_hint(name, known)}", "unknown")] for name in unknown}


def nearest(word: str, known: Collection[str]) -> str | None:
    """Return the known word that looks most like `word`, whatever its case; None when none does."""
    by_lower = {name.lower(): name for name in known}
    found = get_close_matches(word[:MAX_COMPARED_LENGTH].lower(), by_lower, n=1)
    return by_lower[found[0]] if found else None


def _hint(name: str, known: Collection[str]) -> str:
    if near := nearest(name, known):
        return f"Did you mean '{near}'?"
    return f"Choose from: {', '.join(known)}." if known else "None is expected here."
