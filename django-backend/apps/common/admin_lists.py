"""Columns and filters of lists in the admin."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models.fields.related import RelatedField
from django.http import HttpRequest


def column(description: str, value: Callable[[Any], Any], *, by: str | None = None) -> Any:
    """Return a column that shows `value` of a row and is ordered by the field `by`, if any."""

    @admin.display(description=description, ordering=by)
    def show(_page: Any, row: Any) -> Any:
        return value(row)

    return show


class RowFilter(admin.RelatedFieldListFilter):
    """Related rows, labelled with the rows that they refer to in turn."""

    def field_choices(
        self, field: "RelatedField[Any, Any]", request: HttpRequest, model_admin: "admin.ModelAdmin[Any]"
    ) -> list[tuple[str, Any]]:
        return [(str(row.pk), str(row)) for row in field.related_model._default_manager.select_related()]  # noqa: SLF001 - Django documents it
