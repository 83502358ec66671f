"""Time zones: aware UTC inside, IANA names at the edges."""

from datetime import UTC, datetime
from functools import cache
from zoneinfo import available_timezones

from django.core.exceptions import ValidationError

from apps.common.text import nearest


@cache
def time_zone_names() -> frozenset[str]:
    """Return every IANA time zone name; the database is read once, it lies in hundreds of files."""
    return frozenset(available_timezones())


def validate_time_zone(name: str) -> None:
    """Refuse a name that is not in the IANA time zone database."""
    if name not in time_zone_names():
        near = nearest(name, time_zone_names())
        hint = f"Did you mean {near}?" if near else "Choose from: GET /api/v1/timezones/"
        sentence = "%(name)s is not an IANA time zone. %(hint)s"
        raise ValidationError(sentence, code="unknown_time_zone", params={"name": name, "hint": hint})


def utc_text(moment: datetime) -> str:
    """Return an aware time as the API writes it: in UTC, with `Z` at the end, and microseconds unless they are 0."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"
