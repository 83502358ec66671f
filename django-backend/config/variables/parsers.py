"""What the text of a variable means: each parser returns the typed value, or raises ValueError with what it expects."""

import re
from collections.abc import Callable
from datetime import time
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import environ

from apps.common.decimals import DecimalFormat

_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ENV: Final = environ.Env()
cache_url: Final = _ENV.cache_url_config
email_url: Final = _ENV.email_url_config


def postgres_url(text: str) -> dict[str, Any]:
    """Return the database that an address names, in the form of Django's settings."""
    if not re.match(r"(postgres(ql)?|pg?sql)://", text.strip(), re.IGNORECASE):
        raise ValueError("expected postgres://user:password@host:port/name")
    return {**_ENV.db_url_config(text.strip()), "ENGINE": "apps.common.postgresql"}


def boolean(text: str) -> bool:
    """Return whether the text says yes; only the usual words are accepted."""
    word = text.strip().lower()
    if word not in {*_ENV.BOOLEAN_TRUE_STRINGS, "false", "off", "no", "n", "0"}:
        raise ValueError("expected True or False")
    return word in _ENV.BOOLEAN_TRUE_STRINGS


def comma_separated(text: str) -> list[str]:
    """Return the items, without spaces around them and without empty ones."""
    return [item.strip() for item in text.split(",") if item.strip()]


def text_lines(text: str) -> list[str]:
    """Return the lines of a text that has a `|` between them."""
    if not (lines := [line.strip() for line in text.split("|") if line.strip()]):
        raise ValueError("expected at least one line of text")
    return lines


def _whole(unit: str, lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not lowest <= int(text) <= highest:
            raise ValueError(f"expected {lowest} to {highest} {unit}")
        return int(text)

    return read


def request_rate(text: str) -> tuple[int, int] | None:
    """Return how many requests in how many seconds, None for `none`."""
    if text.strip().lower() == "none":
        return None
    number, _, unit = text.strip().partition("/")
    seconds = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}.get(unit)
    if seconds is None or not (number.isascii() and number.isdigit()) or int(number) == 0:
        raise ValueError("expected a number above 0, a slash and second, minute, hour or day, such as 15/hour, or none")
    return int(number), seconds


def encryption_keys(text: str) -> list[str]:
    """Return the keys in their order; what is refused is not quoted, since it is a secret."""
    keys = comma_separated(text)
    shortest = min((len(key) for key in keys[keys[:1] == ["plain"] :]), default=32)
    if shortest < 32:  # noqa: PLR2004 - half of it random, still more than anybody tries
        raise ValueError("expected keys of 32 characters or more, comma-separated; only the first may be `plain`")
    return keys


def stripe_key(text: str) -> str:
    """Return a secret key of Stripe; what is refused is not quoted."""
    if not re.fullmatch(r"[sr]k_(test|live)_\w+", text.strip(), re.ASCII):
        raise ValueError("expected a secret key, sk_test_… or sk_live_…")
    return text.strip()


def webhook_secrets(text: str) -> list[str]:
    """Return secrets of a webhook endpoint; what is refused is not quoted."""
    secrets = comma_separated(text)
    if not all(re.fullmatch(r"whsec_\S+", secret, re.ASCII) for secret in secrets):
        raise ValueError("expected secrets that begin with whsec_, comma-separated")
    return secrets


def rate(text: str) -> Decimal:
    """Return a share from 0 up to but not including 1, at most four decimals."""
    share = DecimalFormat(places=4, lowest=Decimal(0), highest=Decimal("0.9999"), share=True).read(text)
    if share < 0:
        raise ValueError("a rate is at least 0 and less than 1")
    return share


def api_url(text: str) -> str:
    """Return an http(s) address without a slash at its end."""
    url = urlsplit(text.strip())
    if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.query or url.fragment:
        raise ValueError("expected an address such as https://host/path, without user, query or fragment")
    if url.port == 0 or re.search(r"[\s<>\"]", url.geturl()):
        raise ValueError("expected a port above 0, and neither spaces nor quotes")
    return url.geturl().rstrip("/")


def repositories(text: str) -> list[str]:
    """Return names of GitHub repositories, each once."""
    names = comma_separated(text)
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[\w.-]{1,100}", name, re.ASCII):
            raise ValueError(f"{name!r} is not the owner/name of a repository")
    return list(dict.fromkeys(names))


def time_zone(text: str) -> ZoneInfo:
    """Return the zone of an IANA name."""
    if text.strip() not in available_timezones():
        raise ValueError(f"{text!r} is not an IANA time zone such as America/New_York")
    return ZoneInfo(text.strip())


def weekly_time(text: str) -> tuple[int, time]:
    """Return the weekday, Monday is 0, and the time of the day."""
    day, _, clock = text.strip().lower().partition(" ")
    if day not in _WEEKDAYS or not re.fullmatch(r"([01]\d|2[0-3]):(00|15|30|45)", clock, re.ASCII):
        raise ValueError("expected a weekday and a quarter of an hour, such as sunday 13:00")
    return _WEEKDAYS.index(day), time.fromisoformat(clock)


def site_url(text: str) -> str:
    """Return scheme, host and port."""
    url = api_url(text)
    if urlsplit(url).path:
        raise ValueError("expected an address without a path, such as https://host")
    return url


days: Final = _whole("days", 0, 365)
hours: Final = _whole("hours", 1, 8_760)
retention_days: Final = _whole("days", 180, 3_650)
seconds: Final = _whole("seconds", 0, 3_600)
session_seconds: Final = _whole("seconds", 60, 31_536_000)
