"""Faults on demand: of calls, and of the delivery of events."""

from dataclasses import dataclass
from typing import Any, TypeVar

from werkzeug.exceptions import BadRequest

# Kinds of faults of a call. Those of `STORED` answer 500 and keep it under the idempotency key, as Stripe does.
STORED = ("error_500", "error_500_after")
REFUSED = ("error_503", "rate_limit", "lock_timeout")
CALL_KINDS = (
    *STORED,  # before anything is done; after all is done
    *REFUSED,  # nothing is done and nothing is kept
    "timeout",  # nothing is done; no answer for `seconds`, then the connection is cut
    "drop",  # nothing is done; the connection is cut
    "lose_answer",  # done and kept; the connection is cut
    "slow",  # answered `seconds` later; until then the key is in use
    "conflict",  # the key is in use: 409
)
EVENT_KINDS = (
    "lose",  # never sent, until `release`
    "duplicate",  # sent twice
    "delay",  # sent `seconds` later
    "reorder",  # sent once a later one has arrived
    "hold",  # sent when released
)
_MOST_SECONDS = 600.0


@dataclass
class CallFault:
    """What happens to calls whose path starts with `path`, `times` more often; None: until it is cleared."""

    kind: str
    path: str = "/v1/"
    method: str = "POST"
    times: int | None = 1
    seconds: float = 2


@dataclass
class EventFault:
    """What happens to the delivery of events of a type ("*": all), `times` more often; None: until it is cleared."""

    kind: str
    type: str = "*"
    times: int | None = 1
    seconds: float = 2


F = TypeVar("F", CallFault, EventFault)


def fault_of(described: Any, of: type[F]) -> F:
    """Return the fault that JSON describes.

    Raises:
        BadRequest: A field is unknown or out of range.
    """
    kinds = CALL_KINDS if of is CallFault else EVENT_KINDS
    names = of.__dataclass_fields__
    if not isinstance(described, dict) or not described.keys() <= names.keys():
        raise BadRequest(f"A fault is an object with {', '.join(sorted(names))}.")
    if described.get("kind") not in kinds:
        raise BadRequest(f"kind is one of {', '.join(kinds)}.")
    fault = of(**described)
    times, seconds = fault.times, fault.seconds
    if not (times is None or (type(times) is int and times >= 1)):
        raise BadRequest("times is a whole number from 1, or null.")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _MOST_SECONDS:
        raise BadRequest(f"seconds is a number from 0 to {_MOST_SECONDS:g}.")
    return fault
