"""The client of Stripe, and its failures as four errors that say what to do next.

Unanswered: send the same call again under the same key. Broken: nobody knows whether it took effect, and Stripe repeats
the answer for the key. Refused: it had no effect. Off: there is no key.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Final

import stripe
from django.conf import settings

from apps.payments.errors import PaymentsOff, StripeBroken, StripeRefused, StripeUnanswered

API_VERSION: Final[str] = stripe.api_version
TIMEOUT_SECONDS: Final = 15
MAX_RETRIES: Final = 1
# It was not executed, whatever was sent: limits, keys that are being exchanged, another call under the same key.
_TRY_AGAIN: Final = (
    stripe.APIConnectionError,
    stripe.RateLimitError,
    stripe.AuthenticationError,
    stripe.PermissionError,
)
_CONFLICT: Final = 409
_SERVER_ERROR: Final = 500


def is_live() -> bool:
    """Return whether the key moves real money.

    Raises:
        PaymentsOff: there is none.
    """
    if not settings.STRIPE_SECRET_KEY:
        raise PaymentsOff
    return bool(settings.STRIPE_SECRET_KEY.partition("_")[2].startswith("live_"))


def stripe_client() -> stripe.StripeClient:
    """Return the client for the present settings.

    Raises:
        PaymentsOff: there is no key.
    """
    if not settings.STRIPE_SECRET_KEY:
        raise PaymentsOff
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@lru_cache(maxsize=4)
def _client(key: str, base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        base_addresses={"api": base},
        max_network_retries=MAX_RETRIES,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )


@contextmanager
def failures() -> Iterator[None]:
    """Turn what the SDK raises into one of our errors.

    Without the SDK's words: they quote parameters, and parameters name people.
    """
    try:
        yield
    except _TRY_AGAIN:
        raise StripeUnanswered from None
    except stripe.StripeError as error:
        if error.http_status == _CONFLICT:
            raise StripeUnanswered from None
        if error.http_status is None or error.http_status >= _SERVER_ERROR:
            raise StripeBroken from None
        raise StripeRefused(str(error.code or "invalid_request")[:100]) from None
