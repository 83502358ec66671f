"""The WSGI application: the API, the pages, and the interface for tests below /sandbox/."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from werkzeug.exceptions import BadRequest, UnsupportedMediaType
from werkzeug.routing import Map, Rule
from werkzeug.utils import redirect
from werkzeug.wrappers import Request, Response

from sandbox.serving import PAGE_HEADERS, ConnectionCut, LocalApp, json_answer
from sandbox.stripe import endpoints, payments
from sandbox.stripe.account import Account
from sandbox.stripe.acts import ACTS, act
from sandbox.stripe.api import Api
from sandbox.stripe.delivery import Courier, end_due
from sandbox.stripe.errors import StripeError
from sandbox.stripe.faults import CallFault, EventFault, fault_of
from sandbox.stripe.options import API_VERSION, Options
from sandbox.stripe.page import entered, index_page, message_page, pay_page
from sandbox.stripe.reading import books
from sandbox.stripe.store import Object, Store

_NAMES: Final = ", ".join(f'"{name}"' for name in ACTS)
_URLS: Final = Map(
    [
        Rule("/", endpoint="page", methods=["GET"]),
        Rule("/static/<name>", endpoint="static", methods=["GET"]),
        Rule("/c/pay/<identity>", endpoint="pay", methods=["GET", "POST"]),
        Rule("/v1/<path:rest>", endpoint="call"),
        Rule("/sandbox/books", endpoint="books", methods=["GET"]),
        Rule("/sandbox/calls", endpoint="calls", methods=["GET", "DELETE"]),
        Rule("/sandbox/deliveries", endpoint="deliveries", methods=["GET"]),
        Rule("/sandbox/faults/<any(calls, events):of>", endpoint="faults", methods=["GET", "POST", "DELETE"]),
        Rule(f"/sandbox/<any({_NAMES}):name>", endpoint="act", methods=["POST"]),
    ]
)
_HTML: Final = "text/html; charset=utf-8"


class Sandbox(LocalApp):
    """One local Stripe; `url` is its address. `clock` returns seconds since 1970."""

    urls, static = _URLS, Path(__file__).parent / "static"

    def __init__(self, options: Options, url: str, clock: Callable[[], float] = time.time) -> None:
        self.account = Account(options, Store(options.database), clock, url)
        self._ended = threading.Event()
        self._courier = Courier(self.account, clock)
        self._api = Api(self.account, self._ended.wait, self._courier.wake)
        with self.account.store.transaction():
            self._begin(options)
        self._courier.start()

    def _begin(self, options: Options) -> None:
        if options.balance and not self.account.store.select("balance_transaction", limit=1):
            self.account.post("topup", options.balance, "usd")
        if not options.webhook_url:
            return
        begun = self.account.store.select("webhook_endpoint", "AND json_extract(body, '$._begun')", limit=1)
        given = {"url": options.webhook_url, "enabled_events": ["*"], "api_version": API_VERSION}
        endpoint = begun[0] if begun else endpoints.create(self.account, given)
        # After a restart, address and secret may be others.
        self.account.change(endpoint, url=options.webhook_url, _secrets=[options.webhook_secret], _begun=True)

    def close(self) -> None:
        """Release requests that wait, stop the deliveries and close the file."""
        self._ended.set()
        self._courier.close()
        self.account.store.close()

    def act(self, name: str, **values: Any) -> dict[str, Any]:
        """Do what `sandbox.stripe.acts` names, such as `act("pay", session=…, number=…)`."""
        done = act(self.account, name, values)
        self._courier.wake()
        return done

    def add_fault(self, of: str, **described: Any) -> None:
        """Activate a fault of `calls` or `events`."""
        if of == "calls":
            self._api.faults.add(fault_of(described, CallFault))
        else:
            self.account.event_faults.add(fault_of(described, EventFault))

    def answer(self, request: Request) -> Response:
        """Answer a request."""
        request.get_data(cache=True)  # if the body were unread, a cut connection would look different to the client
        try:
            return super().answer(request)
        except sqlite3.ProgrammingError:
            if self._ended.is_set():  # the file was closed during the last request
                raise ConnectionCut from None
            raise

    def _on_call(self, request: Request, rest: str) -> Response:
        return self._api.answer(request)

    def _on_page(self, request: Request) -> Response:
        with self.account.store.transaction():
            return Response(index_page(self.account), content_type=_HTML)

    def _on_pay(self, request: Request, identity: str) -> Response:
        with self.account.store.transaction():
            end_due(self.account)
            try:
                session = self.account.get("checkout.session", identity)
            except StripeError:
                return Response(message_page("Not found", "There is no such payment."), 404, content_type=_HTML)
            response = self._paid(request, session)
        self._courier.wake()
        return response

    def _paid(self, request: Request, session: Object) -> Response:
        """Answer the payment page, or what a payment leads to."""
        form = request.form.to_dict()
        if session["status"] == "expired":
            text = "This Checkout Session has expired. Nothing was paid."
            return Response(message_page("Expired", text, session["cancel_url"]), content_type=_HTML)
        declined: str | None = None
        wrong: dict[str, str] = {}
        if session["status"] == "open" and request.method == "POST":
            buyer, wrong = entered(form, session)
            try:
                declined = None if wrong else payments.pay(self.account, session["id"], buyer)
            except StripeError as refused:
                raise BadRequest(str(refused)) from None
            session = self.account.get("checkout.session", session["id"])
        if session["status"] == "complete":
            return redirect(session["success_url"].replace("{CHECKOUT_SESSION_ID}", session["id"]), 303)
        response = Response(pay_page(session, form, wrong, declined), content_type=_HTML)
        # A browser holds the redirect after the form against this policy too.
        parts = urlsplit(session["success_url"])
        policy = PAGE_HEADERS["Content-Security-Policy"].replace("form-action 'none'", "form-action 'self' {}")
        response.headers["Content-Security-Policy"] = policy.format(f"{parts.scheme}://{parts.netloc}")
        return response

    def _on_books(self, request: Request) -> Response:
        with self.account.store.transaction():
            return json_answer({"books": books(self.account)})

    def _on_calls(self, request: Request) -> Response:
        if request.method == "DELETE":
            self._api.calls.clear()
        return json_answer({"calls": list(self._api.calls)})

    def _on_deliveries(self, request: Request) -> Response:
        return json_answer({"deliveries": self.account.store.deliveries()})

    def _on_faults(self, request: Request, of: str) -> Response:
        faults: Any = self._api.faults if of == "calls" else self.account.event_faults
        if request.method == "POST":
            described = _object(request)
            faults.add(fault_of(described, CallFault) if of == "calls" else fault_of(described, EventFault))
        elif request.method == "DELETE":
            faults.clear()
        return json_answer({"faults": [asdict(fault) for fault in faults.listed()]})

    def _on_act(self, request: Request, name: str) -> Response:
        return json_answer(self.act(name, **_object(request)))


def _object(request: Request) -> dict[str, Any]:
    """Return the JSON of a request. Other sites cannot send this type without asking first."""
    if request.mimetype != "application/json":
        raise UnsupportedMediaType("Send JSON.")
    try:
        body = json.loads(request.get_data() or "{}")
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise BadRequest("Send a JSON object.")
    return body
