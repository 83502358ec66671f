"""How long a web request may wait for the database, and the answer when it takes longer.

The limits are set for each transaction (`SET LOCAL`), in the message of its first statement: no further round trip, and
nothing outlives the transaction, so that a pooled connection gives nobody the limits of somebody else. PgBouncer passes
them on in every mode; it refuses limits among the options of a connection.
"""

from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.contrib.sessions.middleware import SessionMiddleware
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from psycopg2.extensions import TRANSACTION_STATUS_IDLE

from apps.common.database import is_busy, is_unreachable
from apps.common.exception_handler import answer_to, note_away, note_busy


class DatabaseLimitsMiddleware:
    """Limits the statements of a request; a failure caused by other transactions is answered with 503."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer the request under the limits, including a streamed answer."""
        with connection.execute_wrapper(_limited):
            response = self.get_response(request)
        if isinstance(response, StreamingHttpResponse):
            response.streaming_content = _streamed(response.streaming_content)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer 503 if the database is busy or away, None when the failure is another one.

        The REST framework's views have answered in the same form already.
        """
        return busy_answer(request, error)


class LimitedSessionMiddleware(SessionMiddleware):
    """Saves sessions behind the views, where `process_exception` is not asked."""

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Save the session that the view has changed; answer 503 when the database is busy or away."""
        try:
            return super().process_response(request, response)
        except Error as error:
            answer = busy_answer(request, error)
            if answer is None:
                raise
            response.close()
            return answer


def busy_answer(request: HttpRequest, error: Exception) -> HttpResponse | None:
    """Return 503 in the form that the client reads, None unless the database is busy or away."""
    is_away = isinstance(error, Error) and is_unreachable(error)
    answer: HttpResponse | None = answer_to(error) if is_away or is_busy(error) else None
    if answer is None:
        return None
    if not request.path.startswith("/api/"):
        # Without the request, whose user may not be read yet: the page asks the database for nothing.
        answer.content = render_to_string("503.html", {"is_away": is_away})
        answer.headers["Content-Type"] = "text/html; charset=utf-8"
    (note_away if is_away else note_busy)(error, answer)
    return answer


def _limited(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    raw = context["connection"].connection
    if isinstance(sql, str) and raw.info.transaction_status == TRANSACTION_STATUS_IDLE:
        lock, statement = settings.WEB_LOCK_TIMEOUT_SECONDS, settings.WEB_STATEMENT_TIMEOUT_SECONDS
        sql = f"SET LOCAL lock_timeout = '{lock}s';SET LOCAL statement_timeout = '{statement}s';{sql}"
    return execute(sql, params, many, context)


def _streamed(content: Any) -> Iterator[bytes]:
    with connection.execute_wrapper(_limited):
        yield from content
