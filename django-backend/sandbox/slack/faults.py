"""Faults on demand, and Slack's rate limit for posting."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from werkzeug.exceptions import BadRequest

KINDS = ("rate_limited", "error_500", "error_503_html", "timeout", "lose_answer", "drop", "slow")
NOT_DONE = frozenset({"rate_limited", "error_500", "error_503_html", "timeout", "drop"})
BURST = 3
MOST_SECONDS = 600.0
_numbers = count(1)
_FIELDS = {"method", "kind", "times", "seconds", "retry_after"}


@dataclass
class Fault:
    """What happens to calls of `method` ("*": all), `times` more often; None: until it is taken away.

    `seconds` is how long `timeout` and `slow` let the caller wait, `retry_after` those in the answer of `rate_limited`.
    """

    id: int
    method: str
    kind: str
    times: int | None
    seconds: float
    retry_after: int


def fault_of(described: Any) -> Fault:
    """Return the fault that JSON describes.

    Raises:
        BadRequest: A field is unknown or out of range.
    """
    if not isinstance(described, dict) or not described.keys() <= _FIELDS:
        raise BadRequest(f"A fault is an object with {', '.join(sorted(_FIELDS))}.")
    if described.get("kind") not in KINDS:
        raise BadRequest(f"kind is one of {', '.join(KINDS)}.")
    try:
        fault = Fault(
            id=next(_numbers),
            method=str(described.get("method") or "*"),
            kind=described["kind"],
            times=None if described.get("times") is None else int(described["times"]),
            seconds=float(described.get("seconds") or (2 if described["kind"] == "slow" else 60)),
            retry_after=int(described.get("retry_after") or 30),
        )
    except (TypeError, ValueError):
        raise BadRequest("times and retry_after are whole numbers, seconds is a number.") from None
    if (fault.times is not None and fault.times < 1) or not 0 < fault.seconds <= MOST_SECONDS:
        raise BadRequest(f"times is at least 1, seconds above 0 and at most {MOST_SECONDS:g}.")
    if fault.retry_after < 1:
        raise BadRequest("retry_after is at least 1.")
    return fault


class Pace:
    """A token bucket per channel: `BURST` at once, then `per_second`; without a number there is no limit."""

    def __init__(self, per_second: float | None, clock: Callable[[], float]) -> None:
        self._per_second, self._clock = per_second, clock
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def admits(self, channel: str) -> bool:
        """Return whether the channel may get one more message now; counts it if so."""
        if self._per_second is None:
            return True
        now = self._clock()
        with self._lock:
            tokens, since = self._buckets.get(channel, (float(BURST), now))
            tokens = min(float(BURST), tokens + max(0.0, now - since) * self._per_second)
            admitted = tokens >= 1
            self._buckets[channel] = (tokens - 1 if admitted else tokens, now)
        return admitted
