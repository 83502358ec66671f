"""When events start: in local words, whether they have begun, and what another time zone changes."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from apps.catalog.enums import EventStatus


def has_begun(*, status: str, starts_at: datetime, at: datetime) -> bool:
    """Return whether an event has begun at the time `at`."""
    return status != EventStatus.POSTPONED and starts_at <= at


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


def zone_changes(events: Iterable[Mapping[str, Any]], *, old: str, new: str) -> list[str]:
    """Return a line with the old and the new local start of each event whose local time would change.

    `events` have `label`, `starts_at`, `time_tbd` and `date_tbd`; the zones are IANA names.
    """
    return [
        f"{event['label']}: {before} → {after}"
        for event in events
        if (before := _start(event, old)) != (after := _start(event, new))
    ]


def _start(event: Mapping[str, Any], zone: str) -> str:
    return local_start(event["starts_at"], zone=ZoneInfo(zone), time_tbd=event["time_tbd"], date_tbd=event["date_tbd"])
