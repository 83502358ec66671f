"""What PostgreSQL says about a failure."""

from django.db import Error, IntegrityError, InterfaceError, OperationalError


def violated_constraint(error: IntegrityError) -> str | None:
    """Return the name of the constraint or unique index that `error` is about, None when the server named none."""
    diagnostics = getattr(error.__cause__, "diag", None)
    name: str | None = getattr(diagnostics, "constraint_name", None)
    return name


def is_unreachable(error: Error) -> bool:
    """Return whether the server could not be asked, or went away; not whether it refused what it was asked."""
    # A refusal has a code; without one it is an error of the client library about the connection.
    is_about_connection = isinstance(error, OperationalError | InterfaceError)
    return is_about_connection and getattr(error.__cause__, "pgcode", None) is None
