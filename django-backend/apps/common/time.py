"""Time zones: aware UTC inside, IANA region names at the edges."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError

from apps.common.text import nearest

# The other names have no clock of a place (UTC, EST, Etc/GMT+6), or are old names of one that has (US/Eastern).
AREAS: Final = frozenset(
    {"Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"}
)
# A region for each standard offset from UTC, in hours, the likeliest in North America first.
REGION_OF_OFFSET: Final[Mapping[float | None, str]] = {
    -10: "Pacific/Honolulu", -9: "America/Anchorage", -8: "America/Los_Angeles", -7: "America/Denver",
    -6: "America/Chicago", -5: "America/New_York", -4: "America/Halifax", -3: "America/Sao_Paulo",
    0: "Europe/London", 1: "Europe/Berlin", 2: "Europe/Athens", 9: "Asia/Tokyo",
}  # fmt: skip
ABBREVIATION: Final = re.compile("([ECMP])[SD]?T", re.IGNORECASE)
OFFSET_OF_LETTER: Final = {"E": -5, "C": -6, "M": -7, "P": -8}
_UNITS: Final = (("day", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
WINTER: Final = datetime(2027, 1, 15, tzinfo=UTC)


@cache
def every_time_zone_name() -> frozenset[str]:
    """Return every name of the IANA database; read once, as it consists of hundreds of files."""
    return frozenset(available_timezones())


@cache
def time_zone_names() -> frozenset[str]:
    """Return the names of regions, such as `America/New_York`: the zones that people may choose."""
    return frozenset(name for name in every_time_zone_name() if "/" in name and name.split("/")[0] in AREAS)


def validate_time_zone(name: str) -> None:
    """Refuse a name that is not the IANA name of a region; the message suggests the nearest."""
    if name in time_zone_names():
        return
    near = nearest_time_zone(name)
    hint = f"Did you mean {near}?" if near else "Choose from: GET /api/v1/timezones/"
    kind = "the time zone of a region" if name in every_time_zone_name() else "an IANA time zone"
    sentence = "%(name)s is not %(kind)s. %(hint)s"
    raise ValidationError(sentence, code="unknown_time_zone", params={"name": name, "kind": kind, "hint": hint})


def nearest_time_zone(name: str) -> str | None:
    """Return the most likely region: by the offset for `EST` or `Etc/GMT+6`, else by the spelling."""
    hours: float | None = None
    if match := ABBREVIATION.fullmatch(name):
        hours = OFFSET_OF_LETTER[match[1].upper()]
    elif name in every_time_zone_name():
        hours = (WINTER.astimezone(ZoneInfo(name)).utcoffset() or timedelta(0)) / timedelta(hours=1)
    return REGION_OF_OFFSET.get(hours) or nearest(name, time_zone_names())


def utc_text(moment: datetime) -> str:
    """Return an aware time as the API writes it: in UTC, with `Z` at the end, and microseconds unless they are 0."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"


def before_request(since: datetime, now: datetime) -> str:
    """Return how long before a request made at `now` something was, in its largest whole unit: `3 s before …`."""
    seconds = int((now - since) / timedelta(seconds=1))
    if since > now:
        return "while your request waited"
    for unit, size in _UNITS:
        if count := seconds // size:
            return f"{count} {unit}{'s' if unit == 'day' and count > 1 else ''} before your request"
    return "less than 1 s before your request"
