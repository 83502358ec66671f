"""Starts of events in local words."""

from datetime import datetime
from zoneinfo import ZoneInfo


def local_start(starts_at: datetime, *, zone: ZoneInfo | None, time_tbd: bool, date_tbd: bool) -> str:
    """Return date, time and zone at the venue: `Sunday, September 9, 2040, 1:00 PM EDT`; or what is to be decided.

    Without a zone, `starts_at` is used as it is.
    """
    if date_tbd:
        return "a date to be decided"
    local = starts_at.astimezone(zone) if zone else starts_at
    day = f"{local:%A, %B} {local.day}, {local.year}"
    if time_tbd:
        return f"{day}, time to be decided"
    return f"{day}, {local.hour % 12 or 12}:{local:%M %p %Z}".rstrip()
