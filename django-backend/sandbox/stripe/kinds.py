"""Reads parameters by a table, or refuses them as Stripe does, by code and name.

A row of a table is a name as Stripe writes it, a kind, and marks: `!` for required, `?` for what an empty text clears,
values of a choice, and after `-` what Stripe knows and the local Stripe does not model: values of a choice or flag, or
inner names of an object.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Final
from urllib.parse import urlsplit

from sandbox.stripe.errors import WrongParameters, not_modelled
from sandbox.stripe.forms import Given

EMAIL: Final = re.compile(r"(?=.{3,512}$)[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_INTEGER: Final = re.compile(r"-?\d{1,18}")
_PART: Final = re.compile(r"\[\]|[^\[\]]+")
# https://docs.stripe.com/metadata
_MOST_METADATA, _METADATA_KEY, _METADATA_VALUE = 50, 40, 500
# The least total of a payment by currency (https://docs.stripe.com/currencies), in minor units.
LEAST_TOTAL: Final = {
    "usd": 50, "eur": 50, "gbp": 30, "cad": 50, "aud": 50, "nzd": 50, "chf": 50, "sek": 300, "nok": 300, "dkk": 250,
    "mxn": 1_000, "jpy": 50,
}  # fmt: skip


@dataclass
class Row:
    """A parameter. `bounds` are those of a number, or the longest text or list; the item of a list is `inner["[]"]`."""

    kind: str = "object"
    required: bool = False
    clearable: bool = False
    values: tuple[str, ...] = ()
    unmodelled: tuple[str, ...] = ()
    bounds: tuple[int, ...] = ()
    inner: dict[str, "Row"] = field(default_factory=dict)

    def read(self, given: Given, name: str = "") -> Any:
        """Return the value of a parameter called `name`, which errors repeat.

        Raises:
            WrongParameters: It is not of this kind.
        """
        if given == "" and self.clearable:
            return [] if self.kind == "list" else None
        if self.kind in _CONTAINERS:
            if isinstance(given, str) and self.kind != "time":
                raise WrongParameters(f"Invalid {'array' if self.kind == 'list' else 'object'}", param=name)
            return _CONTAINERS[self.kind](given, name, self)
        if isinstance(given, dict):
            raise WrongParameters("Invalid string: must be a string", param=name)
        if given == "":
            raise WrongParameters(
                f"You passed an empty string for '{name}'. We assume empty values are an attempt to unset a parameter; "
                f"however '{name}' cannot be unset. You should remove '{name}' from your request or supply a "
                "non-empty value.",
                code="parameter_invalid_empty",
                param=name,
            )
        return _TEXTS[self.kind](given, name, self)


def table(rows: str, unmodelled: str = "") -> Row:
    """Return the row of all parameters of a call; the second text has its names that are not modelled."""
    root = Row(unmodelled=tuple(unmodelled.split()))
    for line in filter(None, map(str.strip, rows.splitlines())):
        path, kind, *marks = line.split()
        at = root
        for part in _PART.findall(path):
            at = at.inner.setdefault(part, Row())
        at.kind, *bounds = kind.split(":")
        at.bounds = tuple(map(int, bounds))
        at.required, at.clearable = "!" in marks, "?" in marks
        at.values = tuple(mark.removeprefix("-") for mark in marks if mark not in {"!", "?"})
        at.unmodelled = tuple(mark[1:] for mark in marks if mark.startswith("-"))
    return root


def _text(given: str, name: str, row: Row) -> str:
    most = row.bounds[0] if row.bounds else 5_000
    if len(given) > most:
        shown = f"{given[:10]}…{given[-7:]}"
        raise WrongParameters(f"Invalid string: {shown}; must be at most {most} characters", param=name)
    return given


def _email(given: str, name: str, _row: Row) -> str:
    if not EMAIL.fullmatch(given):
        raise WrongParameters(f"Invalid email address: {given}", code="email_invalid", param=name)
    return given


def _url(given: str, name: str, _row: Row) -> str:
    """Return an absolute address. Unlike Stripe in live mode, http and this machine are accepted."""
    parts = urlsplit(given)
    if parts.scheme not in {"http", "https"} or not parts.netloc or " " in given:
        raise WrongParameters("Not a valid URL", code="url_invalid", param=name)
    return given


def _integer(given: str, name: str, row: Row) -> int:
    least, most = (*row.bounds, 10**18)[:2] if row.bounds else (0, 10**18)
    problem = None
    if not _INTEGER.fullmatch(given):
        problem = f"Invalid integer: {given}"
    elif int(given) < least:
        problem = f"This value must be greater than or equal to {least}."
    elif int(given) > most:
        problem = f"This value must be less than or equal to {most}."
    if problem:
        raise WrongParameters(problem, code="parameter_invalid_integer", param=name)
    return int(given)


def _flag(given: str, name: str, row: Row) -> bool:
    if given not in {"true", "false"}:
        raise WrongParameters(f"Invalid boolean: {given}", param=name)
    if given in row.unmodelled:
        raise not_modelled(f"{name}={given}", name)
    return given == "true"


def _choice(given: str, name: str, row: Row) -> str:
    if given not in row.values:
        known = f"{', '.join(row.values[:-1])}, or {row.values[-1]}"
        raise WrongParameters(f"Invalid {name}: must be one of {known}", param=name)
    if given in row.unmodelled:
        raise not_modelled(f"{name}={given}", name)
    return given


def _currency(given: str, name: str, _row: Row) -> str:
    if given.lower() not in LEAST_TOTAL:
        known = ", ".join(LEAST_TOTAL)
        raise WrongParameters(
            f"Invalid currency: {given}. Stripe currently supports these currencies: {known}", param=name
        )
    return given.lower()


def _list(given: Any, name: str, row: Row) -> list[Any]:
    most = row.bounds[0] if row.bounds else 100
    if not all(position.isdecimal() for position in given):
        raise WrongParameters("Invalid array", param=name)
    if len(given) > most:
        raise WrongParameters(f"Array {name} exceeded maximum {most} allowed elements.", param=name)
    ordered = sorted(given.items(), key=lambda item: int(item[0]))
    return [row.inner["[]"].read(value, f"{name}[{place}]") for place, (_, value) in enumerate(ordered)]


def _metadata(given: Any, name: str, _row: Row) -> dict[str, str]:
    if any(isinstance(value, dict) for value in given.values()):
        raise WrongParameters("Invalid object", param=name)
    problem = f"You can have at most {_MOST_METADATA} metadata keys." if len(given) > _MOST_METADATA else None
    for key, value in given.items():
        if len(key) > _METADATA_KEY:
            problem = f"Metadata keys can be at most {_METADATA_KEY} characters long; {key} has {len(key)}."
        if len(value) > _METADATA_VALUE:
            problem = f"Metadata values can be at most {_METADATA_VALUE} characters long; {key} has {len(value)}."
    if problem:
        raise WrongParameters(problem, param=name)
    return dict(given)


def _time(given: Any, name: str, _row: Row) -> Any:
    if isinstance(given, str):
        return _integer(given, name, Row())
    return _BOUNDS.read(given, name)


def _object(given: Any, name: str, row: Row) -> dict[str, Any]:
    """Return the values by name; what was not sent is left out."""
    full = {key: f"{name}[{key}]" if name else key for key in (*given, *row.inner)}
    unknown = [key for key in given if key not in row.inner and key not in row.unmodelled]
    if unknown:
        names = ", ".join(full[key] for key in unknown)
        near = get_close_matches(unknown[0], [*row.inner, *row.unmodelled], 1) if len(unknown) == 1 else []
        message = f"Received unknown parameter{'s' if len(unknown) > 1 else ''}: {names}"
        message += f". Did you mean {near[0]}?" if near else ""
        raise WrongParameters(message, code="parameter_unknown", param=full[unknown[0]])
    for key in given:
        if key not in row.inner:
            raise not_modelled(f"the parameter {full[key]}", full[key])
    found = {key: row.inner[key].read(value, full[key]) for key, value in given.items()}
    for key, inner in row.inner.items():
        if inner.required and key not in given:
            raise WrongParameters(f"Missing required param: {full[key]}.", code="parameter_missing", param=full[key])
    return found


_Reader = Callable[[Any, str, Row], Any]
_CONTAINERS: Final[dict[str, _Reader]] = {"object": _object, "list": _list, "metadata": _metadata, "time": _time}
_TEXTS: Final[dict[str, _Reader]] = {
    "text": _text, "email": _email, "url": _url, "integer": _integer, "flag": _flag, "choice": _choice,
    "currency": _currency,
}  # fmt: skip
_BOUNDS: Final = table("gt integer\n gte integer\n lt integer\n lte integer")
