"""Whether an event has begun; a postponed one has not, whatever its old date says."""

from datetime import datetime

from apps.catalog.enums import EventStatus


def has_begun(*, status: str, starts_at: datetime, at: datetime) -> bool:
    """Return whether an event has begun at the time `at`."""
    return status != EventStatus.POSTPONED and starts_at <= at
