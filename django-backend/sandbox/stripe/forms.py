"""Reads form-encoded parameters: `line_items[0][quantity]=2` is `{"line_items": {"0": {"quantity": "2"}}}`."""

import re
from typing import Final, TypeAlias
from urllib.parse import parse_qsl

from sandbox.stripe.errors import WrongParameters

Given: TypeAlias = "str | dict[str, Given]"
_NAME: Final = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_BRACKET: Final = re.compile(r"\[([^\[\]]*)\]")
_MOST_FIELDS: Final = 2_000


def parameters(encoded: str) -> dict[str, Given]:
    """Return the parameters of a query or a body as nested dictionaries; `[]` appends.

    Raises:
        WrongParameters: A name is malformed, or is both a value and a container.
    """
    found: dict[str, Given] = {}
    try:
        pairs = parse_qsl(encoded, keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise WrongParameters("Invalid form encoding.") from None
    for name, value in pairs:
        matched = _NAME.fullmatch(name)
        if not matched:
            raise WrongParameters(f"Invalid parameter name: {name}", param=name)
        _put(found, [matched[1], *_BRACKET.findall(matched[2])], value, name)
    return found


def _put(target: dict[str, Given], path: list[str], value: str, name: str) -> None:
    for part in path[:-1]:
        inner = target.setdefault(part or str(len(target)), {})
        if isinstance(inner, str):
            raise WrongParameters(f"Invalid parameter: {name} is both a value and an object.", param=name)
        target = inner
    last = path[-1] or str(len(target))
    if isinstance(target.get(last), dict):
        raise WrongParameters(f"Invalid parameter: {name} is both a value and an object.", param=name)
    target[last] = value
