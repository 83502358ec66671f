"""Shapes of uploads and downloads of listings as CSV."""

from typing import Any, Final

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.catalog.api import LABEL_HELP
from apps.common.fields import MoneyField
from apps.common.serializers import StrictSerializer
from apps.listing_files.rules.csv_table import MAX_CSV_BYTES
from apps.listing_files.rules.listing_rows import INPUT_COLUMNS

ROW_STATUSES: Final = ["ok", "error"]


class ListingCsvInput(StrictSerializer[Any]):
    """An upload."""

    file = serializers.FileField(
        allow_empty_file=True,  # reported by the service like any other file without rows
        help_text=f"CSV in UTF-8, at most {MAX_CSV_BYTES // 1_000_000} MB. Columns: {', '.join(INPUT_COLUMNS)}.",
    )
    dry_run = serializers.BooleanField(
        default=False, help_text="True: write nothing, and report for each row what would happen."
    )

    def content(self) -> bytes:
        """Return the file, cut off after the first byte that makes it too large."""
        upload = self.validated_data["file"]
        upload.seek(0)
        content: bytes = upload.read(MAX_CSV_BYTES + 1)
        return content


class CsvProblemOutput(serializers.Serializer[Any]):
    """What is wrong with a cell; `attr` is its column, null for the row as a whole."""

    code = serializers.CharField()
    detail = serializers.CharField()
    attr = serializers.CharField(allow_null=True)


class CsvSplitOutput(serializers.Serializer[Any]):
    """What a sale of one seat today would bring."""

    commission = MoneyField(source="commission_cents")
    payout = MoneyField(source="payout_cents")


class CsvListingOutput(serializers.Serializer[Any]):
    """The listing of a row."""

    id = serializers.UUIDField(source="listing.id", help_text="After a dry run it exists nowhere.")
    season_ticket = serializers.UUIDField(source="listing.block.id")
    event = serializers.UUIDField(source="listing.offer.game.id")
    event_name = serializers.CharField(source="event_label", help_text=LABEL_HELP)
    seats = serializers.ListField(
        child=serializers.CharField(), source="listing.offer.positions", help_text="Lowest first."
    )
    price = MoneyField(source="listing.price.price_cents", help_text="List price of one seat today.")
    split = CsvSplitOutput()


class CsvRowOutput(serializers.Serializer[Any]):
    """What became of one row."""

    row = serializers.IntegerField(
        source="line", min_value=1, help_text="First line of the row in the file; the header is line 1."
    )
    status = serializers.SerializerMethodField()
    errors = CsvProblemOutput(source="problems", many=True)  # type: ignore[assignment]  # a field here, a property there
    listing = serializers.SerializerMethodField()

    @extend_schema_field(serializers.ChoiceField(choices=ROW_STATUSES))
    def get_status(self, row: Any) -> str:
        return "error" if row.problems else "ok"

    @extend_schema_field(CsvListingOutput(allow_null=True))
    def get_listing(self, row: Any) -> dict[str, Any] | None:
        return CsvListingOutput(row).data if row.listing and not row.problems else None


class ListingCsvOutput(serializers.Serializer[Any]):
    """What became of an upload, row by row."""

    dry_run = serializers.BooleanField()
    count = serializers.SerializerMethodField()
    error_count = serializers.IntegerField(min_value=0)
    rows = CsvRowOutput(many=True)

    @extend_schema_field({"type": "integer", "minimum": 0})
    def get_count(self, outcome: Any) -> int:
        return sum(not row.problems for row in outcome.rows)
