"""Signed events, and the endpoint at Stripe that they come from."""

import json
import time
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, Final

import stripe
from django.conf import settings

from apps.payments.errors import EventRefused
from apps.payments.gateways.client import API_VERSION, failures, is_live, stripe_client
from apps.payments.rules import EventFacts

TOLERANCE_SECONDS: Final = 300
_MAX_ID: Final = 255


def event_read(*, body: bytes, signature: str) -> EventFacts:
    """Return what a signed body says; any of our secrets may have signed it, so that they can be exchanged.

    The SDK takes a stamp from the future; we do not.

    Raises:
        EventRefused: no secret of ours signed it within the last five minutes, or it is of the other mode.
        PaymentsOff: there is no key.
    """
    if not any(_is_signed(body, signature, secret) for secret in settings.STRIPE_WEBHOOK_SECRETS):
        raise EventRefused
    try:
        event: dict[str, Any] = json.loads(body)
        facts = EventFacts(
            id=event["id"],
            type=event["type"],
            object_id=event["data"]["object"].get("id") or "",
            is_live=event["livemode"],
            api_version=event.get("api_version") or "",
            made_at=datetime.fromtimestamp(event["created"], UTC),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        raise EventRefused from None
    texts = (facts.id, facts.type, facts.object_id, facts.api_version)
    if not all(map(_is_id, texts)) or not (facts.id and facts.type) or facts.is_live is not is_live():
        raise EventRefused
    return facts


def _is_id(text: Any) -> bool:
    return isinstance(text, str) and len(text) <= _MAX_ID and text.isascii() and text.isprintable()


def _is_signed(body: bytes, signature: str, secret: str) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body, signature, secret, TOLERANCE_SECONDS)
        stamp = next(int(part[2:]) for part in signature.split(",") if part.startswith("t="))
    except (stripe.SignatureVerificationError, ValueError, TypeError):  # not UTF-8, not ASCII, not a time
        return False
    return stamp <= time.time() + TOLERANCE_SECONDS


def endpoint_ensure(*, url: str, event_types: Collection[str]) -> tuple[str, str]:
    """Create or correct the endpoint at Stripe that sends these events to `url`; return what was done, and a secret.

    Only a new endpoint has a secret. The API version of an endpoint never changes, so one of another version is left
    alone and a new one is created.

    Raises:
        PaymentsOff, StripeUnanswered, StripeBroken, StripeRefused: see `client`.
    """
    wanted: Any = sorted(event_types)
    with failures():
        endpoints = stripe_client().v1.webhook_endpoints
        for found in endpoints.list({"limit": 100}).auto_paging_iter():
            if (found.url, found.api_version) == (url, API_VERSION):
                if sorted(found.enabled_events) == wanted and found.status == "enabled":
                    return "unchanged", ""
                endpoints.update(found.id, {"enabled_events": wanted, "disabled": False})
                return "updated", ""
        made = endpoints.create({"url": url, "enabled_events": wanted, "api_version": _version()})
    return "created", str(made.to_dict().get("secret") or "")


def _version() -> Any:
    return API_VERSION
