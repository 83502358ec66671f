"""Reads environment variables by the table in config/variables/.

A name that is not in the table cannot be read, and config/environment_docs.py writes docs/settings.md and
.env.dev.example from the same table, so code, documentation and example never drift apart.
"""

import os
import re
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
_BY_NAME: Final = {variable.name: variable for variable in VARIABLES}


def source_of(name: str) -> str | None:
    """Return the name by which the environment has the variable, None when it is unset."""
    return next((candidate for candidate in _BY_NAME[name].names if os.environ.get(candidate)), None)


class Environment:
    """Reads the variables of the table for one stage; an unknown name is a programming error (KeyError)."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._env = environ.Env()

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
            return self._parse(variable.kind, os.environ[source] if source else str(default))
        except (ValueError, KeyError) as error:
            raise ImproperlyConfigured(
                f"The environment variable {source} has a value of the wrong form: {error}"
            ) from None

    def _parse(self, kind: str, text: str) -> Any:  # noqa: PLR0911 - one return a kind
        match kind:
            case "bool":
                if text.strip().lower() not in {*self._env.BOOLEAN_TRUE_STRINGS, "false", "off", "no", "n", "0"}:
                    raise ValueError("expected True or False")
                return text.strip().lower() in self._env.BOOLEAN_TRUE_STRINGS
            case "int":
                return int(text)
            case "list":
                return [item.strip() for item in text.split(",") if item.strip()]
            case "api_url" | "days" | "hours" | "rate" | "request_rate" | "seconds" | "site_url":
                return _OWN_FORMS[kind](text)
            case "encryption_keys" | "repositories" | "time_zone" | "weekly_time":
                return _OWN_FORMS[kind](text)
            case "db_url":
                return self._env.db_url_config(text)
            case "cache_url":
                return self._env.cache_url_config(text)
            case "email_url":
                return self._env.email_url_config(text)
            case _:
                return text


def _days(text: str) -> int:
    days = int(text)
    if not 0 <= days <= 365:  # noqa: PLR2004 - a year
        raise ValueError("expected 0 to 365 days")
    return days


def _seconds(text: str) -> int:
    seconds = int(text)
    if not 0 <= seconds <= 3_600:  # noqa: PLR2004 - an hour
        raise ValueError("expected 0 to 3600 seconds")
    return seconds


def _hours(text: str) -> int:
    hours = int(text)
    if not 1 <= hours <= 8_760:  # noqa: PLR2004 - a year
        raise ValueError("expected 1 to 8760 hours")
    return hours


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
    keys = [key.strip() for key in text.split(",") if key.strip()]
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
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/(?!\.{1,2}$)[\w.-]{1,100}", name, re.ASCII):
            raise ValueError(f"{name!r} is no owner/name of a repository")
    return list(dict.fromkeys(names))


def _time_zone(text: str) -> ZoneInfo:
    if text.strip() not in available_timezones():
        raise ValueError(f"{text!r} is no IANA time zone such as America/New_York")
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


_OWN_FORMS: Final = {
    "api_url": _api_url,
    "days": _days,
    "encryption_keys": _encryption_keys,
    "hours": _hours,
    "rate": _rate,
    "repositories": _repositories,
    "request_rate": _request_rate,
    "seconds": _seconds,
    "site_url": _site_url,
    "time_zone": _time_zone,
    "weekly_time": _weekly_time,
}
