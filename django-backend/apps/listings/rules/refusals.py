"""The sentence that says why a listing stays as it is."""

from datetime import datetime

from apps.listings.enums import ListingStatus


def status_refusal(*, wish: str, status: str, since: datetime) -> str:
    """Return why a wish, named as a verb, is refused: the listing has another status, and since when."""
    label = ListingStatus(status).label.lower()
    return f"Cannot {wish}: the listing has been {label} since {since.isoformat(timespec='seconds')}."
