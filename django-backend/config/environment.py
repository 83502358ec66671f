"""Reads environment variables by the table in config/variables/.

A name that is not in the table cannot be read, and devtools/environment_docs.py writes docs/settings.md and
.env.dev.example from the same table, so code, documentation and example never drift apart.
"""

import os
import re
from collections.abc import Callable
from datetime import time
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

import environ
from django.core.exceptions import ImproperlyConfigured

from apps.common.decimals import DecimalFormat
from config.variables import REQUIRED, VARIABLES

BACKEND_DIR: Final = Path(__file__).resolve().parent.parent
PROJECT_DIR: Final = BACKEND_DIR.parent


class Stage(Enum):
    """Which column of defaults applies; the test settings use the local one."""

    LOCAL = "local"
    PRODUCTION = "production"

    @classmethod
    def of(cls, settings_module: str) -> "Stage":
        """Return the stage of a settings module such as `config.settings.production`."""
        return cls.PRODUCTION if settings_module.endswith(".production") else cls.LOCAL


_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_ENV: Final = environ.Env()
_BY_NAME: Final = {variable.name: variable for variable in VARIABLES}


def source_of(name: str) -> str | None:
    """Return the name by which the environment has the variable, None when it is unset."""
    return next((candidate for candidate in _BY_NAME[name].names if os.environ.get(candidate)), None)


class Environment:
    """Reads the variables of the table for one stage; an unknown name is a programming error (KeyError)."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def __call__(self, name: str) -> Any:
        """Return the typed value of `name`, or None when it is unset and has no default.

        Raises:
            ImproperlyConfigured: names the variable that is missing or has a value of the wrong form.
        """
        variable = _BY_NAME[name]
        default = variable.production if self.stage is Stage.PRODUCTION else variable.local
        source = source_of(name)
        if source is None:
            if default is REQUIRED:
                raise ImproperlyConfigured(
                    f"Set the environment variable {' or '.join(variable.names)}: {variable.purpose}"
                )
            if default is None:
                return [] if variable.kind in {"list", "encryption_keys"} else None
        try:
            return _FORMS.get(variable.kind, str)(os.environ[source] if source else str(default))
        except (ValueError, KeyError) as error:
            raise ImproperlyConfigured(
                f"The environment variable {source} has a value of the wrong form: {error}"
            ) from None


def _bool(text: str) -> bool:
    word = text.strip().lower()
    if word not in {*_ENV.BOOLEAN_TRUE_STRINGS, "false", "off", "no", "n", "0"}:
        raise ValueError("expected True or False")
    return word in _ENV.BOOLEAN_TRUE_STRINGS


def _list(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _whole(unit: str, lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not lowest <= int(text) <= highest:
            raise ValueError(f"expected {lowest} to {highest} {unit}")
        return int(text)

    return read


def _request_rate(text: str) -> tuple[int, int] | None:
    """Return how many requests in how many seconds, None for `none`."""
    if text.strip().lower() == "none":
        return None
    number, _, unit = text.strip().partition("/")
    seconds = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400}.get(unit)
    if seconds is None or not (number.isascii() and number.isdigit()) or int(number) == 0:
        raise ValueError("expected a number above 0, a slash and second, minute, hour or day, such as 15/hour, or none")
    return int(number), seconds


def _encryption_keys(text: str) -> list[str]:
    """Return the keys in their order; what is refused is not quoted, since it is a secret."""
    keys = _list(text)
    shortest = min((len(key) for key in keys[keys[:1] == ["plain"] :]), default=32)
    if shortest < 32:  # noqa: PLR2004 - half of it random, still more than anybody tries
        raise ValueError("expected keys of 32 characters or more, comma-separated; only the first may be `plain`")
    return keys


def _rate(text: str) -> Decimal:
    rate = DecimalFormat(places=4, lowest=Decimal(0), highest=Decimal("0.9999"), share=True).read(text)
    if rate < 0:
        raise ValueError("a rate is at least 0 and less than 1")
    return rate


def _api_url(text: str) -> str:
    """Return an http(s) address without a slash at its end."""
    url = urlsplit(text.strip())
    if url.scheme not in {"http", "https"} or not url.hostname or url.username or url.query or url.fragment:
        raise ValueError("expected an address such as https://host/path, without user, query or fragment")
    if url.port == 0 or re.search(r"[\s<>\"]", url.geturl()):
        raise ValueError("expected a port above 0, and neither spaces nor quotes")
    return url.geturl().rstrip("/")


def _repositories(text: str) -> list[str]:
    """Return names of GitHub repositories, each once."""
    names = _list(text)
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[\w.-]{1,100}", name, re.ASCII):
            raise ValueError(f"{name!r} is not the owner/name of a repository")
    return list(dict.fromkeys(names))


def _time_zone(text: str) -> ZoneInfo:
    if text.strip() not in available_timezones():
        raise ValueError(f"{text!r} is not an IANA time zone such as America/New_York")
    return ZoneInfo(text.strip())


def _weekly_time(text: str) -> tuple[int, time]:
    """Return the weekday, Monday is 0, and the time of the day."""
    day, _, clock = text.strip().lower().partition(" ")
    if day not in _WEEKDAYS or not re.fullmatch(r"([01]\d|2[0-3]):(00|15|30|45)", clock, re.ASCII):
        raise ValueError("expected a weekday and a quarter of an hour, such as sunday 13:00")
    return _WEEKDAYS.index(day), time.fromisoformat(clock)


def _site_url(text: str) -> str:
    """Return scheme, host and port."""
    url = _api_url(text)
    if urlsplit(url).path:
        raise ValueError("expected an address without a path, such as https://host")
    return url


_FORMS: Final[dict[str, Callable[[str], Any]]] = {
    "api_url": _api_url,
    "bool": _bool,
    "cache_url": _ENV.cache_url_config,
    "days": _whole("days", 0, 365),
    "db_url": _ENV.db_url_config,
    "email_url": _ENV.email_url_config,
    "encryption_keys": _encryption_keys,
    "hours": _whole("hours", 1, 8_760),
    "int": int,
    "list": _list,
    "rate": _rate,
    "repositories": _repositories,
    "request_rate": _request_rate,
    "seconds": _whole("seconds", 0, 3_600),
    "site_url": _site_url,
    "time_zone": _time_zone,
    "weekly_time": _weekly_time,
}
