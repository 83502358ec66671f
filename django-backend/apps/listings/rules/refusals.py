"""The sentence that says why a listing stays as it is."""

from datetime import datetime

from apps.listings.enums import ListingStatus


def status_refusal(*, wish: str, status: str, since: datetime) -> str:
    """Return why a wish, named as a noun, is refused: the listing stands elsewhere, since when."""
    label = ListingStatus(status).label.lower()
    return f"{wish} is not possible: the listing is {label} since {since.isoformat(timespec='seconds')}."
