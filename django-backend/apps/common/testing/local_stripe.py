"""The local Stripe as tests see it: who pays, which events there are, and what is to go wrong."""

import json
from datetime import datetime, timedelta
from typing import Any, Final

import requests
import stripe
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

KEY: Final = "sk_test_suite"
SECRET: Final = "whsec_suite"
WEBHOOK: Final = "/payment/webhook/"


class LocalStripe:
    """A running local Stripe, asked by its interface for tests."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.client = stripe.StripeClient(KEY, base_addresses={"api": url}, max_network_retries=0)

    def reset(self) -> None:
        """Forget faults and calls."""
        self._ask("DELETE", "faults/calls")
        self._ask("DELETE", "calls")

    def act(self, name: str, **values: Any) -> dict[str, Any]:
        """Do what happens without a call of ours: `pay`, `expire`, `dispute`, `warn`, `decide`, `end-refund`."""
        return self._ask("POST", name, **values)

    def pay(self, session_id: str, number: str = "4242424242424242") -> None:
        """Let Bea Buyer pay a session: she types another name than the checkout asked for."""
        assert self.act("pay", session=session_id, number=number) == {"declined": None}

    def fault(self, kind: str, path: str = "/v1/", method: str = "POST", **more: Any) -> None:
        """Let the next call whose path begins with `path` go wrong."""
        self._ask("POST", "faults/calls", kind=kind, path=path, method=method, **more)

    def calls(self, path: str, method: str = "POST") -> list[dict[str, Any]]:
        """Return the calls to a path, in the order of their arrival."""
        found = self._ask("GET", "calls")["calls"]
        return [call for call in found if call["method"] == method and call["path"] == path]

    def _ask(self, method: str, path: str, /, **values: Any) -> dict[str, Any]:
        answer = requests.request(method, f"{self.url}/sandbox/{path}", json=values, timeout=10)
        assert answer.ok, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def session(self, session_id: str) -> Any:
        return self.client.v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent.latest_charge"]})

    def books(self) -> dict[str, int]:
        """Return the sums in cents of what Stripe has charged, refunded and so on."""
        found: dict[str, int] = requests.get(f"{self.url}/sandbox/books", timeout=10).json()["books"]["usd"]
        return found

    def events(self, object_id: str, *types: str) -> list[dict[str, Any]]:
        """Return the events about an object, oldest first, as Stripe would send them."""
        listed = self.client.v1.events.list({"limit": 100}).data
        found = [event.to_dict() for event in reversed(listed)]
        return [
            event
            for event in found
            if event["data"]["object"]["id"] == object_id and (not types or event["type"] in types)
        ]


class StripeTime:
    """The time at the local Stripe, which tests move; services get it as `now`."""

    def __init__(self, local_stripe: LocalStripe) -> None:
        self.local_stripe, self._seconds = local_stripe, 0

    @property
    def now(self) -> datetime:
        return timezone.now() + timedelta(seconds=self._seconds)

    def forward(self, minutes: int) -> None:
        """Let time pass: sessions end."""
        self._seconds += minutes * 60
        self.local_stripe.act("advance", seconds=minutes * 60)

    def back(self) -> None:
        """Return to the present, for the test that comes next."""
        self.local_stripe.act("advance", seconds=-self._seconds)


def post_event(client: Client, event: Any, *, secret: str = SECRET, stamp: int | None = None) -> HttpResponse:
    """Send an event as Stripe does, signed."""
    body = event if isinstance(event, str) else json.dumps(event)
    signature = stripe.WebhookSignature.generate_signature_header(body, secret, stamp)
    answer: HttpResponse = client.post(WEBHOOK, body, "application/json", headers={"Stripe-Signature": signature})
    return answer
