"""Idempotency-Key for requests that create or move money: the same key and request give the stored answer.

Forms of the admin use the same store; see `admin_once`.

The rules are those of the IETF draft `draft-ietf-httpapi-idempotency-key-header`: another request under the same key is
422, a request that is still running is 409. Only successful answers are stored: a refused request wrote nothing and may
be sent again.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.encoders import JSONEncoder
from rest_framework.views import APIView

from apps.common.errors import DomainError
from apps.common.models import IdempotencyRecord

HEADER: Final = "Idempotency-Key"
RETENTION: Final = timedelta(hours=24)
MAX_KEY_LENGTH: Final = 255
REPLAYED: Final = "Idempotency-Replayed"

IDEMPOTENCY_KEY: Final = OpenApiParameter(
    HEADER,
    {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH, "pattern": "^[ -~]+$"},
    OpenApiParameter.HEADER,
    description="1 to 255 printable ASCII characters. The same key and request give the first answer again for 24 "
    "hours; another request 422; 409 while the first one is still running.",
)

P = ParamSpec("P")
R = TypeVar("R")
V = TypeVar("V", bound=APIView)
Handler = Callable[Concatenate[V, Request, P], Response]
# Says whose key it is: two requests share an answer only if they have the same scope.
Scope = Callable[[Request], str]


class IdempotencyKeyInvalid(DomainError, code="idempotency_key_invalid", status=400):
    """The key is not 1 to 255 printable ASCII characters."""


class IdempotencyKeyReused(DomainError, code="idempotency_key_reused", status=422):
    """The key was used with another request."""


class IdempotencyKeyInUse(DomainError, code="idempotency_key_in_use"):
    """The first request with this key is still running."""

    retry_after_seconds = 1


def by_user(request: Request) -> str:
    """Return the scope of the signed-in user.

    Raises:
        ImproperlyConfigured: nobody is signed in: all visitors would share one scope, and read each other's answers.
    """
    if not request.user.is_authenticated:
        raise ImproperlyConfigured(f"{request.path} takes keys of users, but lets in people who are not signed in.")
    return f"user:{request.user.pk}"


def idempotent(*, scope: Scope) -> Callable[[Handler[V, P]], Handler[V, P]]:
    """Decorate a view method so that a repeated request with the same Idempotency-Key has one effect.

    `scope` says whose key it is. It is asked for every request, with a key or without, so that a view that lets in
    somebody without a scope fails in its first test.

    Raises:
        IdempotencyKeyInvalid: the header is empty, too long or not printable ASCII.
        IdempotencyKeyReused: the key came with another request before: method, path, query string or body differ.
        IdempotencyKeyInUse: the first request with the key is still running.
    """

    def decorate(handler: Handler[V, P]) -> Handler[V, P]:
        @wraps(handler)
        def wrapped(view: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Response:
            return keyed(request, scope=scope, work=lambda: handler(view, request, *args, **kwargs))

        return wrapped

    return decorate


def keyed(request: Request, *, scope: Scope, work: Callable[[], Response]) -> Response:
    """Do the work of a request once for its Idempotency-Key, if it has one; return the answer, or the stored one.

    For views with a step that cannot be in the transaction of the work, such as a call to another system. Raises as
    `idempotent`.
    """
    owner, key = scope(request), request.headers.get(HEADER)
    if not owner:
        raise ImproperlyConfigured(f"{request.path} has no scope for this request.")
    return work() if key is None else _once(owner, key, request, work)


def once(
    *,
    scope: str,
    key: str,
    request_hash: str,
    work: Callable[[], R],
    kept: Callable[[R], tuple[int, Any] | None],
    waits: bool = False,
) -> R | IdempotencyRecord:
    """Do the work and return its answer; if the key was used before, return the record of the first answer.

    Args:
        scope: whose key it is.
        key: the same for requests that are to have one effect.
        request_hash: what was asked; the same for every request with the key.
        work: writes and answers, in the transaction that stores the answer.
        kept: the status and the JSON to store of an answer; None: this one is not stored, as nothing was written.
        waits: while another request with the key is at work, wait for its answer.

    Raises:
        IdempotencyKeyReused: the key came with another request before.
        IdempotencyKeyInUse: the first request with the key is still running, and this one does not wait.
    """
    # The answer is stored in the transaction of the work itself, so that a crash keeps both or neither.
    with transaction.atomic():
        _claim(scope, key, waits=waits)
        now = timezone.now()
        record = IdempotencyRecord.objects.filter(scope=scope, key=key, stored_at__gt=now - RETENTION).first()
        if record is not None:
            if record.request_hash != request_hash:
                raise IdempotencyKeyReused("This Idempotency-Key was used with another request.", attr=HEADER)
            return record
        answer = work()
        if (stored := kept(answer)) is not None:
            _store(scope, key, request_hash, *stored, now)
    return answer


def _once(scope: str, key: str, request: Request, work: Callable[[], Response]) -> Response:
    if not 1 <= len(key) <= MAX_KEY_LENGTH or not (key.isascii() and key.isprintable()):
        sentence = f"An Idempotency-Key has 1 to {MAX_KEY_LENGTH} printable ASCII characters."
        raise IdempotencyKeyInvalid(sentence, attr=HEADER)
    answer = once(
        scope=scope,
        key=key,
        request_hash=_request_hash(request),
        work=work,
        kept=lambda response: (response.status_code, json.loads(json.dumps(response.data, cls=JSONEncoder))),
    )
    if isinstance(answer, IdempotencyRecord):
        return Response(answer.response_body, status=answer.response_status, headers={REPLAYED: "true"})
    return answer


def _claim(scope: str, key: str, *, waits: bool) -> None:
    # The race: two copies of one request at once. The lock is held to the end of the transaction and dies with the
    # connection, so a crashed request never leaves the key locked.
    digest = hashlib.sha256(f"{scope}\0{key}".encode()).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)
    with connection.cursor() as cursor:
        if waits:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])
            return
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise IdempotencyKeyInUse("The first request with this Idempotency-Key is still running.", attr=HEADER)


def _store(scope: str, key: str, request_hash: str, status: int, body: Any, now: datetime) -> None:
    answer = {"request_hash": request_hash, "response_status": status, "response_body": body, "stored_at": now}
    IdempotencyRecord.objects.bulk_create(
        [IdempotencyRecord(scope=scope, key=key, **answer)],
        update_conflicts=True,  # an expired answer that the sweep has not removed yet
        unique_fields=["scope", "key"],
        update_fields=list(answer),
    )


class _BodyEncoder(JSONEncoder):
    """Writes an uploaded file as its hash; the library's would take it for text."""

    def default(self, obj: Any) -> Any:
        """Return a replacement for an object that JSON cannot represent."""
        if not isinstance(obj, UploadedFile):
            return super().default(obj)
        digest = hashlib.sha256()
        for chunk in obj.chunks():
            digest.update(chunk)
        return digest.hexdigest()


def _request_hash(request: Request) -> str:
    # Neither the order of fields nor that of query parameters means anything; that of one parameter's values may.
    query = urlencode(sorted(request.query_params.lists()), doseq=True)
    address = f"{request.path}?{query}" if query else request.path
    body = json.dumps(request.data, sort_keys=True, separators=(",", ":"), cls=_BodyEncoder)
    return hashlib.sha256(f"{request.method} {address}\n{body}".encode()).hexdigest()


def purge_expired(*, now: datetime) -> int:
    """Delete the answers whose retention is over at `now`; return how many there were."""
    return IdempotencyRecord.objects.filter(stored_at__lte=now - RETENTION).delete()[0]
