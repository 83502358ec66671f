"""Who listens to the outbox while a test runs."""

from collections.abc import Callable, Mapping
from typing import Any
from unittest.mock import patch

from apps.common.listeners import LISTENERS, Listener
from apps.common.topics import Topic


class Numbered(Topic, name="test"):
    """What messages of tests say."""

    n: int | None = None
    number: int | None = None


def listening(
    handlers: Mapping[str, Callable[..., None]] | None = None,
    gatherers: Mapping[str, Callable[..., None]] | None = None,
) -> Any:
    """Let these listen under their names, and nobody else, until the context ends."""
    one_by_one = {name: Listener(Numbered, function, gathers=False) for name, function in (handlers or {}).items()}
    gathered = {name: Listener(Numbered, function, gathers=True) for name, function in (gatherers or {}).items()}
    return patch.dict(LISTENERS, one_by_one | gathered, clear=True)


def only(*names: str) -> Any:
    """Let the listeners of these names listen, and no other, until the context ends."""
    return patch.dict(LISTENERS, {name: LISTENERS[name] for name in names}, clear=True)
