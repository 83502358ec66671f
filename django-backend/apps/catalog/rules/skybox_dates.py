"""Dates of SkyBox events: wall-clock times of the venue, without an offset."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any, Final
from zoneinfo import ZoneInfo

from apps.catalog.rules.skybox_text import RowRefused, shown

FORMS: Final = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)"
    r"(?:[T ](?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.(?P<fraction>\d{1,9}))?)?"
    r" ?(?P<offset>Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?)?",
    re.ASCII | re.IGNORECASE,
)
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2100
# Ticketing systems write midnight, 03:30 or only the date for a time to be decided; no game starts then.
PLACEHOLDER_TIMES: Final = frozenset({time(0, 0), time(3, 30)})


@dataclass(frozen=True)
class StartTime:
    """When an event starts. `ambiguous`: clocks go back and the local time comes twice; the first one is meant."""

    starts_at: datetime
    time_tbd: bool
    ambiguous: bool


def parse_date(value: Any) -> datetime:
    """Read `2025-09-04T20:20:00`, with a blank for the T, with a fraction, without seconds, or the date alone.

    The moment is naive, in the venue's zone, unless `Z` or an offset such as `-04:00` makes it exact. A date alone is
    midnight.

    Raises:
        RowRefused: `invalid_date` for anything else, `date_out_of_range` outside the years 2000 to 2100.
    """
    match = FORMS.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise RowRefused("invalid_date", f"date is {shown(value)}, expected text like '2025-09-04T20:20:00'.")
    if not FIRST_YEAR <= int(match["year"]) <= LAST_YEAR:
        raise RowRefused("date_out_of_range", f"date {shown(value)} is not in the years {FIRST_YEAR} to {LAST_YEAR}.")
    day = int(match["year"]), int(match["month"]), int(match["day"])
    clock = int(match["hour"] or 0), int(match["minute"] or 0), int(match["second"] or 0)
    microsecond = int((match["fraction"] or "").ljust(6, "0")[:6])
    try:
        return datetime(*day, *clock, microsecond, tzinfo=_offset(match["offset"]))
    except ValueError:
        raise RowRefused("invalid_date", f"date is {shown(value)}: there is no such date or time.") from None


def start_time(moment: datetime, *, zone: ZoneInfo, time_tbd: bool) -> StartTime:
    """Return when an event at a venue in `zone` starts; `time_tbd` says that its name leaves the time open.

    A local time that comes twice means its first, daylight-saving, occurrence.

    Raises:
        RowRefused: `nonexistent_local_time` for a time that the clocks of the zone jump over. A time that is to be
            decided is a placeholder and is not refused for that.
    """
    aware = moment.tzinfo is not None
    local = moment.astimezone(zone) if aware else moment.replace(tzinfo=zone)
    open_time = time_tbd or local.time() in PLACEHOLDER_TIMES
    starts_at = local.astimezone(UTC)
    if aware or open_time:
        return StartTime(starts_at, open_time, ambiguous=False)
    if starts_at.astimezone(zone).replace(tzinfo=None) != moment:
        raise RowRefused(
            "nonexistent_local_time", f"{moment:%Y-%m-%d %H:%M} does not exist in {zone.key}: the clocks go forward."
        )
    return StartTime(starts_at, open_time, ambiguous=local.utcoffset() != local.replace(fold=1).utcoffset())


def _offset(text: str | None) -> timezone | None:
    """Return the offset, None for a wall-clock time."""
    if text is None:
        return None
    if text in {"Z", "z"}:
        return UTC
    hours, minutes = int(text[1:3]), int(text[-2:])
    return timezone((-1 if text[0] == "-" else 1) * timedelta(hours=hours, minutes=minutes))
