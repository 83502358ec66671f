"""Columns of admin pages that show one expression."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin


def column(description: str, value: Callable[[Any], Any], *, by: str | None = None) -> Any:
    """Return a column that shows `value` of a row and is ordered by the field `by`, if any."""

    @admin.display(description=description, ordering=by)
    def show(_page: Any, row: Any) -> Any:
        return value(row)

    return show
