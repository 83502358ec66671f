"""What each log line says about its origin: the request or task that the current code works for.

A context variable, so threads and coroutines never see each other's. Whoever sets it resets it, so that a thread starts
its next request without the id of the last one.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

HEADER: Final = "X-Request-ID"
# Where the web server's access log finds what only Django knows; the server reads this module before Django is set up.
ACCESS_FACTS: Final = "stt.access_facts"
_FORM: Final = re.compile(r"[0-9A-Fa-f-]{16,64}")


@dataclass(frozen=True, kw_only=True)
class LogContext:
    """A request or a task; `request` is Django's, read late because user and route are known later than the id."""

    request_id: str
    task: str | None = None
    request: Any = None

    @property
    def route(self) -> str | None:
        """The pattern of the address, such as `api/v1/listings/<pk>/`, without any values."""
        match = getattr(self.request, "resolver_match", None)
        return getattr(match, "route", None)

    @property
    def user_id(self) -> str | None:
        """The id of the signed-in user, if it was loaded already; a log line causes no query."""
        if self.request is None:
            return None
        known = vars(self.request)
        # Sessions: the lazy `user` keeps whom it has loaded here. Tokens: DRF and allauth set `user` itself.
        user = known.get("_cached_user") or known.get("user")
        if user is None or type(user).__name__ == "SimpleLazyObject":
            return None
        key = getattr(user, "pk", None)
        return str(key) if key else None


_CURRENT: ContextVar[LogContext | None] = ContextVar("log_context", default=None)


def current_log_context() -> LogContext | None:
    """Return the request or task that the current code works for."""
    return _CURRENT.get()


@contextmanager
def log_context(context: LogContext) -> Iterator[LogContext]:
    """Work for `context` until the block ends, then for whom one worked before."""
    before = _CURRENT.set(context)
    try:
        yield context
    finally:
        _CURRENT.reset(before)


def request_id_of(text: str) -> str:
    """Return the id that a proxy sent, or a new one when the text does not look like one (hexadecimal, or a UUID)."""
    return text if _FORM.fullmatch(text) else uuid4().hex


def outgoing_headers() -> dict[str, str]:
    """Return the header that passes the id of the request or task to another service; none outside of both."""
    context = current_log_context()
    return {HEADER: context.request_id} if context else {}
