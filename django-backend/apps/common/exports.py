"""CSV downloads of the admin (django-import-export)."""

from typing import Any

from import_export.admin import ExportMixin
from import_export.fields import Field
from import_export.formats.base_formats import CSV
from import_export.resources import ModelResource
from unfold.contrib.import_export.forms import ExportForm

from apps.common.csv_downloads import BYTE_ORDER_MARK
from apps.common.csv_safety import safe_cell
from apps.common.money import cents_to_text


class ExcelCsv(CSV):
    """CSV that Excel opens with its accents."""

    def export_data(self, dataset: Any, **kwargs: Any) -> str:
        return f"{BYTE_ORDER_MARK}{super().export_data(dataset, **kwargs)}"


class CsvExportMixin(ExportMixin):
    """An admin page whose rows are downloaded as CSV."""

    export_form_class = ExportForm
    formats = (ExcelCsv,)


class CentsField(Field):
    """A column of cents, written as decimals."""

    def get_value(self, instance: Any) -> str:
        return cents_to_text(super().get_value(instance))


class SafeResource(ModelResource):
    """Columns of a CSV in which no cell is run by a spreadsheet; the library's own setting knows `=` only."""

    def export_field(self, field: Any, instance: Any, *args: Any, **kwargs: Any) -> Any:
        value = super().export_field(field, instance, *args, **kwargs)
        return safe_cell(value) if isinstance(value, str) else value
