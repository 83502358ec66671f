"""How often a user, or an address without an account, may call the API.

One number in the shared cache counts the requests of an hour (or of what other window the rate has), beginning with the
full hour. The library's own throttle reads a list of times and writes it back: of two requests at once one is lost, and
many at once pass together. `incr` counts each. The price of windows is that a client may ask twice as often around a
full hour; the rates are there to stop floods, so that is no harm.
"""

import hashlib
import ipaddress
import math
from time import time
from typing import Any, Final

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

# A provider's customer has a /64 at least: 2^64 addresses, which would each have limits of their own.
IPV6_PREFIX: Final = 64


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
        scope = "user" if request.user.is_authenticated else "anon"
        rate = getattr(settings, self.rates_setting)[scope]
        if rate is None:
            return True
        limit, seconds = rate
        who = str(request.user.pk) if scope == "user" else _network_of(self.get_ident(request))
        now = time()
        window = int(now // seconds)
        if _counted(f"{self.counted_as}:{scope}:{_digest(who)}:{seconds}:{window}", seconds) <= limit:
            return True
        self.wait_seconds = math.ceil((window + 1) * seconds - now)
        return False

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


def _network_of(address: str) -> str:
    """Return the network of a client: an IPv4 address itself, the first half of an IPv6 address."""
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
