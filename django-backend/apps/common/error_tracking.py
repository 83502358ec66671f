"""Unhandled errors to Rollbar, each once: of requests, of tasks, of commands.

Rollbar's own middleware and collectors are not used: the middleware never sees an error that DRF's handler answers,
and they send headers, forms, command lines and local variables and hide some by name. Here a report is put together
from what may be reported, and nothing else exists in it: kind, places and code of the error, the address as a pattern,
ids. Rollbar's client sends it.
"""

import logging
import socket
import sys
import time
from itertools import islice
from types import TracebackType
from typing import Any, Final
from uuid import uuid4

from celery.signals import task_failure
from django.conf import settings
from django.core.signals import got_request_exception

from apps.common.errors import DomainError
from apps.common.log_context import current_log_context
from apps.common.redaction import error_chain, error_frames, error_words

logger = logging.getLogger(__name__)
# How many threads may wait for Rollbar at once. In a storm of errors with Rollbar down, the rest is only in the log.
MAX_AT_ONCE: Final = 20
TIMEOUT_SECONDS: Final = 3
# Of one report; Rollbar takes half a megabyte.
MAX_CAUSES: Final = 10
_SERVER_ERROR: Final = 500


def start() -> None:
    """Listen for unhandled errors and set Rollbar's client up; does nothing visible without a token."""
    got_request_exception.connect(_request_failed, dispatch_uid="error_tracking")
    task_failure.connect(_task_failed, weak=False, dispatch_uid="error_tracking")
    if not settings.ROLLBAR["access_token"]:
        return
    import rollbar  # noqa: PLC0415 - brings an HTTP client that most processes of tests and machines need not load

    rollbar.init(
        settings.ROLLBAR["access_token"],
        settings.ROLLBAR["environment"],
        endpoint=settings.ROLLBAR["endpoint"],
        handler="thread",
        timeout=TIMEOUT_SECONDS,
        locals={"enabled": False},
        allow_logging_basic_config=False,
        log_payload_on_error=False,
        suppress_reinit_warning=True,
    )
    # What its client sends after a 413 is answered with 413 too, and the client would send it again for ever.
    rollbar._send_failsafe = lambda *_: None  # noqa: SLF001
    if sys.excepthook is not _process_failed:
        global _next_hook  # noqa: PLW0603 - the hook is the process's own
        _next_hook = sys.excepthook
        sys.excepthook = _process_failed


_next_hook: Any = sys.__excepthook__


def error_report(error: BaseException, *, kind: str) -> dict[str, Any]:
    """Return what is reported to Rollbar about an error of a `request`, `task` or `command`."""
    context = current_log_context()
    request = context.request if context else None
    data: dict[str, Any] = {
        "uuid": str(uuid4()),
        "timestamp": int(time.time()),
        "environment": settings.ROLLBAR["environment"],
        "code_version": settings.ROLLBAR["release"],
        "level": "error",
        "language": "python",
        "framework": "django" if kind == "request" else kind,
        "context": (context.route or context.task if context else None) or kind,
        "server": {"host": socket.gethostname(), "root": settings.ROLLBAR["root"]},
        "notifier": {"name": "season-tickets-tech", "version": "1"},
        "custom": {"request_id": context.request_id if context else None, "kind": kind},
        "body": _body(error),
    }
    if context and context.user_id:
        data["person"] = {"id": context.user_id}
    if request is not None and context:
        data["request"] = {"method": request.method, "url": f"{settings.SITE_URL}/{context.route or ''}"}
    return data


def report(error: BaseException, *, kind: str) -> None:
    """Send an error to Rollbar without waiting for it; whatever fails here fails nothing else."""
    token = settings.ROLLBAR["access_token"]
    if not token:
        return
    try:
        import rollbar  # noqa: PLC0415 - see `start`

        if rollbar._threads.qsize() >= MAX_AT_ONCE:  # noqa: SLF001 - where its client counts what it is sending
            logger.warning("Rollbar is busy; this error is only in the log.")
            return
        rollbar.send_payload({"access_token": token, "data": error_report(error, kind=kind)}, token)
    except Exception:
        logger.exception("An error could not be reported to Rollbar")


def _body(error: BaseException) -> dict[str, Any]:
    traces = [
        {
            "frames": [
                {"filename": frame.filename, "lineno": frame.lineno, "method": frame.name, "code": frame.line}
                for part in error_frames(one)
                for frame in part
            ],
            "exception": {"class": type(one).__name__, "message": error_words(one)},
        }
        for one in islice(error_chain(error), MAX_CAUSES)
    ]
    return {"trace_chain": traces} if len(traces) > 1 else {"trace": traces[0]}


def _request_failed(**_: Any) -> None:
    # Sent by Django, and by the handler of the API, for what becomes an answer of 500, inside of the `except`.
    error = sys.exc_info()[1]
    if error is not None:
        report(error, kind="request")


def _task_failed(*, exception: BaseException, **_: Any) -> None:
    if not _is_anticipated(exception):
        report(exception, kind="task")


def _process_failed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    # What ends the process. It waits for the thread that sends, TIMEOUT_SECONDS at most for each step.
    if isinstance(error, Exception) and not _is_anticipated(error):
        report(error, kind="command")
    _next_hook(kind, error, trace)


def _is_anticipated(error: BaseException) -> bool:
    return isinstance(error, DomainError) and error.status < _SERVER_ERROR
