"""What can go wrong with a file of listings."""

from apps.common.errors import DomainError, ItemsRefused


class ListingCsvUnreadable(DomainError, code="listing_csv_unreadable", status=400, attr="file"):
    """An uploaded file that is not a CSV file of listings."""


class ListingCsvRefused(ItemsRefused, code="listing_csv_refused"):
    """Rows of an uploaded file that cannot be listed, each with line and column; nothing was written."""
