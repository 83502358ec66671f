"""What PostgreSQL says about a failure."""

from django.db import IntegrityError


def violated_constraint(error: IntegrityError) -> str | None:
    """Return the name of the constraint or unique index that `error` is about, None when the server named none."""
    diagnostics = getattr(error.__cause__, "diag", None)
    name: str | None = getattr(diagnostics, "constraint_name", None)
    return name
