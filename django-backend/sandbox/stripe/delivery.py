"""Sends events to endpoints, signed as Stripe signs, again and again until one answers 2xx; and ends what is due.

https://docs.stripe.com/webhooks#verify-official-libraries: `Stripe-Signature: t=…,v1=…` with an HMAC-SHA256 of
`t.body`, one `v1` for each secret while one is replaced by another.
"""

import hashlib
import hmac
import http.client
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Final
from urllib.parse import urlsplit

from sandbox.stripe import checkout, money
from sandbox.stripe.account import Account, public
from sandbox.stripe.store import Delivery, Object

_AT_ONCE: Final = 4
_PATIENCE_SECONDS: Final = 10.0
_PAUSE: Final = 0.1


def signature(body: bytes, secrets: list[str], at: int) -> str:
    """Return the header of a body for all secrets in force."""
    signed = f"{at}.".encode() + body
    codes = [hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets]
    return ",".join([f"t={at}", *(f"v1={code}" for code in codes)])


def event_body(account: Account, event: Object) -> bytes:
    """Return an event as it is sent: indented, as Stripe sends it."""
    sent = public(event) | {"pending_webhooks": account.store.pending(event["id"])}
    return json.dumps(sent, indent=2, ensure_ascii=False).encode()


def end_due(account: Account) -> None:
    """Expire sessions and end asynchronous refunds whose time has come. Call it inside a transaction."""
    for body in account.store.due_objects(account.now()):
        if body["object"] == "checkout.session":
            checkout.end(account, body)
        else:
            money.refund_end(account, body, succeeds=body["status"] == "pending")


class Courier:
    """Delivers in threads between `start` and `close`. `clock` is the true time, which signatures must have."""

    def __init__(self, account: Account, clock: Callable[[], float] = time.time) -> None:
        self._account, self._clock = account, clock
        self._ended, self._news = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="stripe-events")

    def start(self) -> None:
        """Begin to deliver."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the deliveries that are being made."""
        self._ended.set()
        self.wake()
        self._thread.join()
        self._pool.shutdown(cancel_futures=True)

    def wake(self) -> None:
        """Look for deliveries now."""
        self._news.set()

    def _work(self) -> None:
        store = self._account.store
        while not self._ended.is_set():
            with store.transaction():
                end_due(self._account)
                found = store.due_deliveries(self._clock(), _AT_ONCE * 4)
            for delivery in found:
                self._pool.submit(self._deliver, delivery)
            if not found:
                self._news.wait(_PAUSE)
                self._news.clear()

    def _deliver(self, delivery: Delivery) -> None:
        if self._ended.is_set():
            return
        store, options = self._account.store, self._account.options
        with store.transaction():
            endpoint = store.find("webhook_endpoint", delivery.endpoint)
            event = store.find("event", delivery.event)
            body = event_body(self._account, event) if event else b""
        if endpoint is None or event is None or endpoint["status"] != "enabled":
            store.end_attempt(delivery.number, state="given_up", due=0, status=None)
            return
        at = int(self._clock())
        status = _send(endpoint["url"], body, signature(body, endpoint["_secrets"], at))
        state, wait = "done", 0.0
        if status is None or not 200 <= status < 300:  # noqa: PLR2004 - 2xx; a redirect is a failure for Stripe too
            wait = options.retry_seconds[min(delivery.attempts, len(options.retry_seconds) - 1)]
            state = "waiting" if delivery.attempts + 1 < options.attempts else "given_up"
        if not self._ended.is_set():
            store.end_attempt(delivery.number, state=state, due=self._clock() + wait, status=status)


def _send(url: str, body: bytes, signed: str) -> int | None:
    """Send a body; return the status of the answer, None if there was none."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signed,
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
        "Cache-Control": "no-cache",
    }
    path = f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}"
    try:
        with closing(kind(parts.hostname or "", parts.port, timeout=_PATIENCE_SECONDS)) as connection:
            connection.request("POST", path, body, headers)
            answer = connection.getresponse()
            answer.read()
            return answer.status
    except (OSError, http.client.HTTPException):
        return None
