"""One call of the API: authorization, version, faults, idempotency, then the call itself.

https://docs.stripe.com/api/idempotent_requests: the answer to the first request under a key is kept once its execution
has begun, a 500 too. What is refused for its parameters, or because the key is in use, may be sent again under the key.
"""

import base64
import binascii
import hmac
import json
import secrets
import threading
from collections.abc import Callable
from typing import Any, Final

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.wrappers import Request, Response

from sandbox.faults import Faults
from sandbox.serving import ConnectionCut
from sandbox.stripe.account import Account
from sandbox.stripe.delivery import end_due
from sandbox.stripe.errors import StripeError, WrongParameters, bad_key, internal_error, not_modelled
from sandbox.stripe.faults import CallFault
from sandbox.stripe.forms import parameters
from sandbox.stripe.options import API_VERSION
from sandbox.stripe.reading import expanded, presented
from sandbox.stripe.routes import CALLS, Call
from sandbox.stripe.store import Answer

_LONGEST_KEY: Final = 255
_FORM: Final = "application/x-www-form-urlencoded"
_REFUSALS: Final = {
    "error_503": StripeError("Stripe is temporarily unavailable.", status=503, type="api_error"),
    "rate_limit": StripeError(
        "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits.",
        status=429,
        code="rate_limit",
        headers={"Stripe-Rate-Limited-Reason": "global-rate"},
    ),
    "lock_timeout": StripeError(
        "This object cannot be accessed right now because another API request or Stripe process is currently accessing "
        "it. If you see this error intermittently, retry the request.",
        status=429,
        code="lock_timeout",
        headers={"Stripe-Should-Retry": "true"},
    ),
}


class Api:
    """The calls. `on_change` is called after each; `wait` returns after some seconds, or when the server ends."""

    def __init__(self, account: Account, wait: Callable[[float], object], on_change: Callable[[], None]) -> None:
        self._account, self._wait, self._on_change = account, wait, on_change
        self.faults: Faults[CallFault] = Faults()
        self.calls: list[dict[str, Any]] = []
        self._in_use: set[str] = set()
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Response:
        """Answer one call, and record it."""
        request_id = f"req_{secrets.token_hex(7)}"
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        given, unreadable = _given(request)
        call: dict[str, Any] = {
            "method": request.method,
            "path": request.path,
            "parameters": given,
            "idempotency_key": key,
        }
        self.calls.append(call)
        fault = self.faults.take(lambda one: request.path.startswith(one.path) and one.method in {"*", request.method})
        kind = fault.kind if fault else ""
        answer: Answer | None = None
        headers: dict[str, str] = {}
        try:
            if fault and kind in {"timeout", "drop"}:
                self._wait(fault.seconds if kind == "timeout" else 0)
                raise ConnectionCut
            self._admit(request, kind)
            if unreadable:
                raise unreadable
            answer = self._carried_out(request, given, key, request_id, fault)
        except StripeError as refused:
            headers = refused.headers
            answer = Answer("", request_id, refused.status, json.dumps(refused.body(), indent=2))
        finally:
            call["status"] = answer.status if answer else None
            call["replayed"] = answer is not None and answer.request_id != request_id
            call["fault"] = kind or None
        self._on_change()
        if kind == "lose_answer":
            raise ConnectionCut
        return _response(answer, request_id, key, headers)

    def _admit(self, request: Request, fault: str) -> None:
        """Refuse a wrong key or version, and what a fault refuses."""
        given = _key(request.headers.get("Authorization", ""))
        if not hmac.compare_digest(given.encode(), self._account.options.key.encode()):
            raise bad_key(given)
        if fault in _REFUSALS:
            raise _REFUSALS[fault]
        version = request.headers.get("Stripe-Version", API_VERSION)
        if version != API_VERSION:
            raise WrongParameters(f"Invalid Stripe API version: {version}. The local Stripe knows {API_VERSION} only.")
        if "Stripe-Account" in request.headers or "Stripe-Context" in request.headers:
            raise not_modelled("calls on behalf of another account")
        if request.method == "POST" and request.content_length and request.mimetype != _FORM:
            raise WrongParameters(f"Invalid request (check that your POST content type is {_FORM}).")

    def _carried_out(
        self, request: Request, given: dict[str, Any], key: str | None, request_id: str, fault: CallFault | None
    ) -> Answer:
        call, arguments = _call(request)
        described = json.dumps([request.path, given], sort_keys=True)
        if key is None:
            return self._run(call, arguments, given, Answer(described, request_id, 200, ""), None, fault)
        if len(key) > _LONGEST_KEY:
            raise WrongParameters(f"Idempotency keys are at most {_LONGEST_KEY} characters long.")
        with self._lock:
            if key in self._in_use or (fault and fault.kind == "conflict"):
                raise _in_use(key)
            self._in_use.add(key)
        try:
            kept = self._account.store.answer(key, self._account.now())
            if kept is None:
                return self._run(call, arguments, given, Answer(described, request_id, 200, ""), key, fault)
            _compare(kept.request, described, key)
            return kept
        finally:
            with self._lock:
                self._in_use.discard(key)

    def _run(
        self,
        call: Call,
        arguments: dict[str, Any],
        given: dict[str, Any],
        empty: Answer,
        key: str | None,
        fault: CallFault | None,
    ) -> Answer:
        """Check the parameters, carry the call out, and keep its answer under the key in the same transaction."""
        values = call.parameters.read(given)
        account, store = self._account, self._account.store
        try:
            if fault and fault.kind == "error_500":
                raise internal_error()
            with store.transaction():
                account.request = {"id": empty.request_id, "idempotency_key": key}
                end_due(account)
                body = presented(account, call.run(account, values, *arguments.values()))
                body = expanded(account, body, values.get("expand", []))
                if fault and fault.kind == "error_500_after":
                    body, status = internal_error().body(), 500
                else:
                    status = 200
                answer = Answer(empty.request, empty.request_id, status, json.dumps(body, indent=2))
                if key:
                    store.keep_answer(key, answer, account.now())
        except WrongParameters:
            raise
        except StripeError as refused:
            answer = Answer(empty.request, empty.request_id, refused.status, json.dumps(refused.body(), indent=2))
            if key:
                with store.transaction():
                    store.keep_answer(key, answer, account.now())
        finally:
            account.request = {"id": None, "idempotency_key": None}
        if fault and fault.kind == "slow":
            self._wait(fault.seconds)
        return answer


def _given(request: Request) -> tuple[dict[str, Any], StripeError | None]:
    encoded = request.query_string.decode(errors="replace")
    if request.method == "POST":
        encoded = request.get_data().decode(errors="replace")
    try:
        return dict(parameters(encoded)), None
    except StripeError as unreadable:
        return {}, unreadable


def _key(authorization: str) -> str:
    """Return the secret key of a header: a bearer token, or the user of Basic."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return value.strip() if scheme.lower() == "bearer" else ""


def _call(request: Request) -> tuple[Call, dict[str, Any]]:
    try:
        endpoint, arguments = CALLS.bind_to_environ(request.environ).match()
    except (HTTPException, MethodNotAllowed):
        raise StripeError(
            f"Unrecognized request URL ({request.method}: {request.path}). Please see https://stripe.com/docs or we "
            "can help at https://support.stripe.com/.",
            status=404,
        ) from None
    if not isinstance(endpoint, Call):  # pragma: no cover - the map has nothing else
        raise TypeError(endpoint)
    return endpoint, dict(arguments)


def _compare(kept: str, now: str, key: str) -> None:
    """Refuse a key that was used for something else."""
    (path, parameters_then), (path_now, parameters_now) = json.loads(kept), json.loads(now)
    if path != path_now:
        raise StripeError(
            f"Keys for idempotent requests can only be used for the same endpoint they were first used for "
            f"('{path_now}' vs '{path}'). Try "
            f"using a key other than '{key}' if you meant to execute a different request.",
            type="idempotency_error",
        )
    if parameters_then != parameters_now:
        raise StripeError(
            "Keys for idempotent requests can only be used with the same parameters they were first used with. Try "
            f"using a key other than '{key}' if you meant to execute a different request.",
            type="idempotency_error",
        )


def _in_use(key: str) -> StripeError:
    return StripeError(
        "There is currently another in-progress request using this Idempotent Key (that probably means you submitted "
        f"twice, and the other request is still going through): {key}. Please try again later.",
        status=409,
        type="idempotency_error",
        code="idempotency_key_in_use",
        headers={"Stripe-Should-Retry": "true"},
    )


def _response(answer: Answer, request_id: str, key: str | None, headers: dict[str, str]) -> Response:
    response = Response(answer.body, answer.status, content_type="application/json", headers=headers)
    response.headers["Request-Id"] = request_id
    response.headers["Stripe-Version"] = API_VERSION
    if key:
        response.headers["Idempotency-Key"] = key
        response.headers["Original-Request"] = answer.request_id
    if answer.request_id != request_id:
        response.headers["Idempotent-Replayed"] = "true"
    if key and answer.status == 500:  # noqa: PLR2004 - another attempt would only get the same answer
        response.headers["Stripe-Should-Retry"] = "false"
    return response
