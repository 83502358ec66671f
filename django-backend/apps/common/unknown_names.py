"""Names in a request that mean nothing there; each is refused, with the nearest known one."""

from collections.abc import Collection, Iterable
from itertools import islice
from typing import Final

from rest_framework.exceptions import ErrorDetail

from apps.common.text import nearest

# Of a request with thousands of unknown names the first ones are enough; comparing all of them would take minutes.
MAX_REPORTED: Final = 20


def unknown_names(names: Iterable[str], known: Collection[str], *, kind: str) -> dict[str, list[ErrorDetail]]:
    """Return an error for each name that is not known; `kind` says what the names are: "field", "parameter"."""
    unknown = islice((name for name in names if name not in known), MAX_REPORTED)
    return {name: [ErrorDetail(f"Unknown {kind}. {_hint(name, known)}", "unknown")] for name in unknown}


def _hint(name: str, known: Collection[str]) -> str:
    if near := nearest(name, known):
        return f"Did you mean '{near}'?"
    return f"Choose from: {', '.join(known)}." if known else "This request takes none."
