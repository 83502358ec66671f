"""Filters of lists in the admin."""

from typing import Any

from django.contrib import admin
from django.db.models.fields.related import RelatedField
from django.http import HttpRequest


class RowFilter(admin.RelatedFieldListFilter):
    """Related rows, labelled with the rows that they refer to in turn."""

    def field_choices(
        self, field: "RelatedField[Any, Any]", request: HttpRequest, model_admin: "admin.ModelAdmin[Any]"
    ) -> list[tuple[str, Any]]:
        return [(str(row.pk), str(row)) for row in field.related_model._default_manager.select_related()]  # noqa: SLF001 - Django documents it
