"""A gatherer that records what it gets and fails on request."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime

from apps.common.listeners import Message
from apps.notifications.services.slack import slack_put
from apps.notifications.tests.listening import Numbered

CHANNEL = "C0TRIAGE01"
gathered: list[list[str]] = []
failures: dict[str, Exception] = {}
before_each: list[Callable[[], object]] = []
# Numbers that kill the worker, and numbers that no gatherer can bear.
deadly: set[str] = set()
bad: set[str] = set()
_lock = threading.Lock()


class Killed(BaseException):
    """As near to a dead worker as a test can come: nothing that is only an error handles it."""


def clear() -> None:
    """Forget everything."""
    deadly.clear()
    bad.clear()
    gathered.clear()
    failures.clear()
    before_each.clear()


def gather(*, messages: Sequence[Message[Numbered]], now: datetime) -> None:
    """Record the numbers of the messages as one group, put a message for Slack with them, then fail on request."""
    numbers = [str(message.payload.number) for message in messages]
    slack_put(channel=CHANNEL, text=",".join(numbers), blocks=[], now=now)
    for action in before_each:
        action()
    if deadly & set(numbers):
        raise Killed
    if bad & set(numbers):
        raise ValueError("a bad one")
    if messages[0].aggregate_key in failures:
        raise failures[messages[0].aggregate_key]
    with _lock:
        gathered.append(numbers)
