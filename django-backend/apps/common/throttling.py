"""How often a user, or an address without an account, may call the API.

One number in the shared cache counts the requests of an hour (or of what other window the rate has), beginning with the
full hour. The library's own throttle reads a list of times and writes it back: of two requests at once one is lost, and
many at once pass together. `incr` counts each. The price of windows is that a client may ask twice as often around a
full hour; the rates are there to stop floods, so that is no harm.
"""

import hashlib
import ipaddress
import math
from contextlib import suppress
from dataclasses import dataclass
from time import time
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

# A provider's customer has a /64 at least: 2^64 addresses, which would each have limits of their own.
IPV6_PREFIX: Final = 64


@dataclass(frozen=True)
class Window:
    """The counter of a window, how many requests it allows, its length, and how much of it is left."""

    counter: str
    limit: int
    seconds: int
    seconds_left: float


@dataclass(frozen=True)
class Counted:
    """What the look-up of a login has found beside it: the counter in which it counted, and what that has become.

    `wrote` is False where the user has not written lately; see replica.py.
    """

    counter: str | None = None
    number: int | None = None
    wrote: bool = True

    def take_back(self) -> None:
        """Uncount a refused request."""
        if self.counter is not None and self.number is not None:
            with suppress(ValueError):  # the counter's time is over
                cache.decr(self.counter)


def user_counter(request: Request, user_id: str) -> str | None:
    """Return the counter of a user at the view of this request; None when nothing limits them there."""
    for throttle in request.parser_context["view"].get_throttles():
        if isinstance(throttle, ApiThrottle) and (window := throttle.window("user", user_id)):
            return window.counter
    return None


class ApiThrottle(BaseThrottle):
    """The limits of `settings.API_THROTTLES`, on every API view that does not say `throttle_classes = ()`.

    Users are counted by id, everybody else by address; REST_FRAMEWORK's `NUM_PROXIES` says which part of
    `X-Forwarded-For` our own proxy wrote. Refused requests without an account are not counted: permissions come first.
    """

    # Override these for another limit: the name of the setting and of its counters.
    rates_setting = "API_THROTTLES"
    counted_as = "throttle"

    def __init__(self) -> None:
        self.wait_seconds: float | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count the request and return whether it is within the limit."""
        window = self.window_of(request)
        if window is None:
            return True
        counted = request.auth if isinstance(request.auth, Counted) else Counted()
        number = counted.number if counted.counter == window.counter else None
        if (number or _counted(window.counter, window.seconds)) <= window.limit:
            return True
        self.wait_seconds = math.ceil(window.seconds_left)
        return False

    def window_of(self, request: Request) -> Window | None:
        """Return the current window of who sends the request; None without a limit."""
        if request.user.is_authenticated:
            return self.window("user", str(request.user.pk))
        return self.window("anon", network_of(request))

    def window(self, scope: str, who: str) -> Window | None:
        """Return the current window of a user or an address; None without a limit."""
        rate = getattr(settings, self.rates_setting)[scope]
        if rate is None:
            return None
        limit, seconds = rate
        now = time()
        number = int(now // seconds)
        counter = f"{self.counted_as}:{scope}:{_digest(who)}:{seconds}:{number}"
        return Window(counter, limit, seconds, (number + 1) * seconds - now)

    def wait(self) -> float | None:
        """Return the seconds until the next window, for `Retry-After`."""
        return self.wait_seconds


def _counted(key: str, seconds: int) -> int:
    """Return the ordinal number of the request in its window."""
    try:
        return cache.incr(key)
    except ValueError:  # the first one, or one of the first at once: `add` lets one of them set the number
        # Kept longer than the window lasts, so that it never expires between the two commands of `incr`.
        cache.add(key, 0, timeout=2 * seconds)
    try:
        return cache.incr(key)
    except ValueError:  # Redis went away or came back after `add`, which set the number in the other store
        return 1


def network_of(request: Request) -> str:
    """Return the network that a request comes from: an IPv4 address itself, the first half of an IPv6 address."""
    address = BaseThrottle().get_ident(request) or ""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_PREFIX), strict=False))


def _digest(who: str) -> str:
    # Headers of a client must not make keys of any length.
    return hashlib.sha256(who.encode(errors="backslashreplace")).hexdigest()[:32]
