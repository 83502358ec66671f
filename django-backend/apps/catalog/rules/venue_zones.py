"""What another time zone of a venue changes: starts stay the same in UTC, local times change."""

from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from apps.catalog.rules.local_time import local_start


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
