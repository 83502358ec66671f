"""What can go wrong with a file of listings."""

from apps.common.errors import DomainError, ItemsRefused


class ListingCsvUnreadable(DomainError):
    """An uploaded file that is no CSV of listings at all."""

    code = "listing_csv_unreadable"
    status = 400
    attr = "file"


class ListingCsvRefused(ItemsRefused):
    """Rows of an uploaded file that cannot be listed, each with line and column; nothing was written."""

    code = "listing_csv_refused"
