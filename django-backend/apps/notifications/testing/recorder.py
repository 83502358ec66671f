"""A handler that records what it delivers and fails on request."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from apps.common.listeners import Message

delivered: list[str] = []
failures: dict[str, Exception] = {}
before_each: list[Callable[[Message[Any]], object]] = []
_lock = threading.Lock()


def clear() -> None:
    """Forget everything."""
    delivered.clear()
    failures.clear()
    before_each.clear()


def handle(*, message: Message[Any], now: datetime) -> None:
    """Note the message's key, or fail."""
    for action in before_each:
        action(message)
    if message.aggregate_key in failures:
        raise failures[message.aggregate_key]
    with _lock:
        delivered.append(message.aggregate_key)
