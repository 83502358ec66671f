"""The faults that a stand-in has been asked for."""

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar


class Limited(Protocol):
    """A fault that happens `times` more times; None means until it is cleared."""

    times: int | None


F = TypeVar("F", bound=Limited)


class Faults(Generic[F]):
    """The active faults, oldest first; they are kept in memory and end with the process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[F] = []

    def add(self, fault: F) -> None:
        """Activate a fault."""
        with self._lock:
            self._faults.append(fault)

    def take(self, hits: Callable[[F], bool]) -> F | None:
        """Return the first fault for which `hits` is true, and count it; None if there is none."""
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
        """Return the active faults with how often each is left."""
        with self._lock:
            return list(self._faults)
