"""The faults that a stand-in has been asked for."""

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Limited(Protocol):
    """A fault that happens `times` more often; None: until it is taken away."""

    times: int | None


F = TypeVar("F", bound=Limited)


class Faults(Generic[F]):
    """The faults in force, oldest first; they live in memory and end with the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[F] = []

    def add(self, fault: F) -> None:
        """Put a fault in force."""
        with self._lock:
            self._faults.append(fault)

    def take(self, hits: Callable[[F], bool]) -> F | None:
        """Return the first fault that hits and count it, or None."""
        with self._lock:
            fault = next(filter(hits, self._faults), None)
            if fault is not None and fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
            return fault

    def clear(self) -> None:
        """End every fault."""
        with self._lock:
            self._faults.clear()

    def listed(self) -> list[F]:
        """Return the faults in force with what is left of their times."""
        with self._lock:
            return list(self._faults)
