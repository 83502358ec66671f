"""What PostgreSQL says about a failure."""

from typing import Final

from django.db import Error, IntegrityError, InterfaceError, OperationalError
from psycopg2 import errorcodes

# A connection that is lost, and (57P) a server that is being stopped or started.
_CONNECTION_CLASSES: Final = (errorcodes.CLASS_CONNECTION_EXCEPTION, "57P")


def violated_constraint(error: IntegrityError) -> str | None:
    """Return the name of the constraint or unique index that `error` is about, None when the server named none."""
    diagnostics = getattr(error.__cause__, "diag", None)
    name: str | None = getattr(diagnostics, "constraint_name", None)
    return name


def is_unreachable(error: Error) -> bool:
    """Return whether the server could not be asked, or went away; not whether it refused what it was asked."""
    code: str | None = getattr(error.__cause__, "pgcode", None)
    if code is None:  # libpq's own word: no server has answered
        return isinstance(error, OperationalError | InterfaceError)
    return code.startswith(_CONNECTION_CLASSES)
