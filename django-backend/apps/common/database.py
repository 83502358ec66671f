"""What PostgreSQL says about a failure, and transactions that block nobody."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.db import Error, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.db.models import QuerySet

_COLLISIONS: Final = {"40P01", "40001"}  # deadlock, serialization failure
_BUSY: Final = {"55P03", "57014"} | _COLLISIONS  # lock_timeout, statement_timeout


def violated_constraint(error: IntegrityError) -> str | None:
    """Return the name of the constraint or unique index that `error` is about, None when the server named none."""
    diagnostics = getattr(error.__cause__, "diag", None)
    name: str | None = getattr(diagnostics, "constraint_name", None)
    return name


def is_unreachable(error: Error) -> bool:
    """Return whether the server could not be reached or went away, as opposed to refusing a statement."""
    # A refusal has a code; without one it is an error of the client library about the connection.
    is_about_connection = isinstance(error, OperationalError | InterfaceError)
    return is_about_connection and getattr(error.__cause__, "pgcode", None) is None


def is_busy(error: Exception) -> bool:
    """Return whether the server gave up because of other transactions: a timeout, a deadlock or a collision.

    The transaction is rolled back, and the same request may succeed a moment later.
    """
    return isinstance(error, OperationalError) and getattr(error.__cause__, "pgcode", None) in _BUSY


def is_collision(error: OperationalError) -> bool:
    """Return whether the server rolled one of two transactions back so that the other one could go on."""
    return getattr(error.__cause__, "pgcode", None) in _COLLISIONS


@contextmanager
def read_only() -> Iterator[None]:
    """Open a transaction in which PostgreSQL refuses to write and to lock rows, so that nobody ever waits for it.

    Dry runs use it, so that one that takes a lock fails in its first test.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION READ ONLY")
        yield


def deleted_in_batches(rows: QuerySet[Any], *, size: int) -> int:
    """Delete rows in batches, each in a transaction of its own, in their order; return how many."""
    deleted = 0
    while batch := list(rows.values_list("pk", flat=True)[:size]):
        deleted += rows.model._default_manager.filter(pk__in=batch).delete()[0]  # noqa: SLF001 - Django documents it
    return deleted
