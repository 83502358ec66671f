"""Reads from a streaming replica, which never shows less than its reader knows; ADR 41 has the reasons.

A view with `reads_replica` answers `GET` from there when `DATABASE_REPLICA_URL` is set, to visitors without an account
and to holders who have not written in the last `WROTE_SECONDS`. Each statement first requires that the replica has
replayed what the primary had a moment ago. If it has not, or anything else goes wrong, the primary answers.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from threading import Lock
from time import monotonic
from typing import Any, Final

from django.core.cache import cache
from django.db import DEFAULT_DB_ALIAS, DataError, Error, OperationalError, connection, connections
from django.http import Http404
from psycopg2.errorcodes import DIVISION_BY_ZERO
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from rest_framework.exceptions import NotFound
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from apps.common.database import is_unreachable
from apps.common.throttling import Counted

logger = logging.getLogger(__name__)

REPLICA: Final = "replica"
# How often a process asks the primary for its position. What it requires is less than three times as old.
SAMPLE_SECONDS: Final = 1
# How long the primary answers a user who has written: long enough that every process then requires the write.
WROTE_SECONDS: Final = 5
# How long a process leaves an unreachable replica alone.
REST_SECONDS: Final = 10

Handler = Callable[..., Response]


class ReplicaBehind(OperationalError):
    """The replica has not replayed what the statement requires."""


@dataclass(frozen=True)
class _Sample:
    at: float
    position: str


class _Positions:
    """What this process has learned of the primary's position in its log."""

    def __init__(self) -> None:
        nothing = _Sample(float("-inf"), "0/0")
        self._known = (nothing, nothing)

    def required(self) -> str:
        """Return a position that the primary had one to three `SAMPLE_SECONDS` ago.

        The newest one would be too much to ask: the replica needs some milliseconds.
        """
        older, newer = self._known
        if monotonic() - newer.at >= SAMPLE_SECONDS:
            fresh = _Sample(monotonic(), _position_of_primary())
            older = newer if fresh.at - newer.at < 2 * SAMPLE_SECONDS else fresh
            self._known = (older, fresh)
        return older.position


class _Rest:
    """Leaves an unreachable replica alone for a while, then lets one request at a time try it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._until: float | None = None

    def is_over(self) -> bool:
        """Return whether the caller may ask the replica."""
        with self._lock:
            if self._until is not None and monotonic() < self._until:
                return False
            if self._until is not None:
                self.begin()
            return True

    def begin(self) -> None:
        self._until = monotonic() + REST_SECONDS

    def end(self) -> None:
        self._until = None


positions: Final = _Positions()
rest: Final = _Rest()


def has_replica() -> bool:
    """Return whether there is a replica to read from."""
    return REPLICA in connections.settings


def replica_lag_seconds() -> float:
    """Return for how long the replica has not followed the primary; 0 while it does.

    Raises:
        OperationalError: it does not answer.
    """
    with connections[REPLICA].cursor() as cursor:
        cursor.execute(
            "SELECT CASE WHEN pg_last_wal_replay_lsn() >= %s::pg_lsn THEN 0 ELSE extract(epoch FROM now() "
            "- coalesce(pg_last_xact_replay_timestamp(), pg_postmaster_start_time())) END",
            [positions.required()],
        )
        return float(cursor.fetchone()[0])


def write_flag(user_id: object) -> str | None:
    """Return the key of the cache that says that a user has just written; None without a replica."""
    return f"wrote:{user_id}" if has_replica() else None


def routed(handler: Handler, request: Request, *, may_read: bool) -> Handler:
    """Return the handler of a request as it is to be called: on the replica, with a flag for its user, or as it is."""
    if request.method not in SAFE_METHODS:
        return partial(_flagged, handler) if request.user.is_authenticated else handler
    return partial(_read, handler) if may_read and _may_lag(request) else handler


def _may_lag(request: Request) -> bool:
    user = request.user
    if user.is_authenticated and (user.is_staff or not isinstance(request.auth, Counted) or request.auth.wrote):
        return False
    return not connection.in_atomic_block and rest.is_over()


def _flagged(handler: Handler, request: Request, *args: Any, **kwargs: Any) -> Response:
    """Write, and set the flag after the commit and before the answer."""
    try:
        return handler(request, *args, **kwargs)
    finally:
        cache.set(write_flag(request.user.pk), 1, WROTE_SECONDS)


def _read(handler: Handler, *args: Any, **kwargs: Any) -> Response:
    """Read from the replica; ask the primary for whatever the replica fails at or does not find."""
    required = positions.required()
    try:
        with _reading_from_replica(required):
            response = handler(*args, **kwargs)
    except (Http404, NotFound, ReplicaBehind):
        rest.end()
    except Error as error:
        logger.warning("The replica failed, so the primary answers: %s.", type(error.__cause__ or error).__name__)
        if is_unreachable(error):
            connections[REPLICA].close()
            rest.begin()
    else:
        rest.end()
        return response
    return handler(*args, **kwargs)


@contextmanager
def _reading_from_replica(required: str) -> Iterator[None]:
    """Let everything that this thread reads come from the replica, by the ORM or not."""
    primary, replica = connections[DEFAULT_DB_ALIAS], connections[REPLICA]
    replica.execute_wrappers = [*primary.execute_wrappers, partial(_requiring, required)]
    connections[DEFAULT_DB_ALIAS] = replica
    try:
        yield
    finally:
        connections[DEFAULT_DB_ALIAS], replica.execute_wrappers = primary, []


def _requiring(
    required: str, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Execute a statement if the replica has replayed `required`, in the same message: no further round trip."""
    if context["connection"].connection.info.transaction_status == TRANSACTION_STATUS_IDLE:
        # PostgreSQL has no statement that fails unless a condition holds; a division by zero does.
        # A server that is not, or no longer, a replica says NULL.
        sql = f"SELECT 1 / coalesce(pg_last_wal_replay_lsn() >= '{required}', false)::int;{sql}"
    try:
        return execute(sql, params, many, context)
    except DataError as error:
        if getattr(error.__cause__, "pgcode", None) == DIVISION_BY_ZERO:
            raise ReplicaBehind from error
        raise


def _position_of_primary() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_wal_insert_lsn()::text")
        return str(cursor.fetchone()[0])
