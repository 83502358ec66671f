"""A shop with the official client, and where its events arrive."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import stripe
from werkzeug.wrappers import Request, Response

from sandbox.serving import new_server, served
from sandbox.stripe.app import Sandbox
from sandbox.stripe.options import Options
from sandbox.stripe.server import running

KEY, SECRET = "sk_test_shop", "whsec_shop"
PATIENCE_SECONDS = 10


class Clock:
    """Seconds since 1970 that a test may move on; it starts with the true time, which signatures need."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


@dataclass
class Inbox:
    """Takes events as the product will; `statuses` are the next answers, then 200."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[bytes, str]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: Any, start_response: Any) -> Any:
        request = Request(environ)
        if request.method == "GET":
            return Response("The shop")(environ, start_response)
        with self._lock:
            self.received.append((request.get_data(), request.headers["Stripe-Signature"]))
            self.times.append(time.monotonic())
            status = self.statuses.pop(0) if self.statuses else 200
        return Response(status=status)(environ, start_response)

    def types(self) -> list[str]:
        return [json.loads(body)["type"] for body, _ in self.received]

    def wait(self, count: int) -> list[dict[str, Any]]:
        """Wait for as many deliveries; return all."""
        end = time.monotonic() + PATIENCE_SECONDS
        while len(self.received) < count and time.monotonic() < end:
            time.sleep(0.01)
        assert len(self.received) >= count, self.types()
        return [json.loads(body) for body, _ in self.received]

    def of(self, kind: str) -> dict[str, Any]:
        """Wait for the event of a type; return it."""
        end = time.monotonic() + PATIENCE_SECONDS
        while kind not in self.types() and time.monotonic() < end:
            time.sleep(0.01)
        return next(event for event in map(json.loads, (body for body, _ in self.received)) if event["type"] == kind)


@dataclass
class Shop:
    """A running local Stripe; `v1` is the official client's face."""

    url: str
    sandbox: Sandbox
    client: stripe.StripeClient

    @property
    def v1(self) -> Any:
        return self.client.v1

    def session(self, amount: int = 4_500, quantity: int = 2, **more: Any) -> Any:
        return self.v1.checkout.sessions.create(params=session_parameters(amount, quantity, **more))

    def paid(self, amount: int = 4_500, quantity: int = 2, number: str = "4242424242424242", **more: Any) -> Any:
        """Return a session after its payment, with its charge expanded."""
        session = self.session(amount, quantity, **more)
        assert self.act("pay", session=session.id, number=number) == {"declined": None}
        return self.v1.checkout.sessions.retrieve(session.id, params={"expand": ["payment_intent.latest_charge"]})

    def act(self, name: str, **values: Any) -> Any:
        return self.sandbox.act(name, **values)

    def books(self) -> dict[str, int]:
        return self.ask("GET", "/sandbox/books")["books"]["usd"]

    def events(self) -> list[str]:
        """Return the types of the newest events, oldest first."""
        return [event.type for event in self.v1.events.list(params={"limit": 100}).data][::-1]

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        given = {
            "Content-Type": "application/json",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        request = urllib.request.Request(self.url + path, method=method, data=data, headers=given)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as refused:
            with refused:
                return json.load(refused) | {"http": refused.code}


def session_parameters(amount: int = 4_500, quantity: int = 2, **more: Any) -> dict[str, Any]:
    """Return the parameters of a session as the product sends them."""
    product = {"name": "Tickets"}
    return {
        "mode": "payment",
        "ui_mode": "hosted_page",
        "line_items": [
            {"price_data": {"currency": "usd", "unit_amount": amount, "product_data": product}, "quantity": quantity}
        ],
        "success_url": "http://127.0.0.1:8000/payment/completed/?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "http://127.0.0.1:8000/payment/canceled/",
        "adaptive_pricing": {"enabled": False},
        **more,
    }


def client(url: str, key: str = KEY, retries: int = 0) -> stripe.StripeClient:
    return stripe.StripeClient(key, base_addresses={"api": url}, max_network_retries=retries)


@contextmanager
def shop_with(clock: Any = time.time, **options: Any) -> Iterator[Shop]:
    with running(Options(key=KEY, **options), clock=clock) as (url, sandbox):
        yield Shop(url, sandbox, client(url))


@contextmanager
def inbox() -> Iterator[Inbox]:
    """An endpoint of a shop on its own port."""
    server, found = new_server(0), Inbox()
    server.app = found
    with served(server) as url:
        found.url = f"{url}/payment/webhook/"
        yield found
