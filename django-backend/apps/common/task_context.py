"""What surrounds every Celery task: the request id, carried in the headers of the message, and a sound connection."""

import logging
from contextlib import AbstractContextManager
from typing import Any, Final

from celery import signals
from django.db import close_old_connections

from apps.common.log_context import LogContext, current_log_context, log_context, request_id_of

_KEY: Final = "log_request_id"
# Blocks of tasks that run now, by task id: begin and end are two signals.
_OPEN: dict[str, AbstractContextManager[LogContext]] = {}


def connect() -> None:
    """Listen to Celery; idempotent."""
    signals.setup_logging.connect(_keep_our_logging, weak=False, dispatch_uid="log_context")
    signals.before_task_publish.connect(_send, weak=False, dispatch_uid="log_context")
    signals.task_prerun.connect(_begin, weak=False, dispatch_uid="log_context")
    signals.task_prerun.connect(_check_connections, weak=False, dispatch_uid="connections")
    signals.task_postrun.connect(_end, weak=False, dispatch_uid="log_context")


def _keep_our_logging(*, loglevel: int | None = None, **_: Any) -> None:
    # A listener keeps Celery from replacing the handlers of LOGGING and from logging what is printed.
    logging.getLogger("celery").setLevel(loglevel or logging.INFO)
    logging.captureWarnings(capture=True)


def _send(*, headers: dict[str, Any] | None = None, **_: Any) -> None:
    context = current_log_context()
    if context and headers is not None:
        headers[_KEY] = context.request_id


def _begin(*, task_id: str, task: Any, **_: Any) -> None:
    # A task of beat has no request: its own id, which is a UUID, leads through all that follows from it.
    given = getattr(task.request, _KEY, None) or task_id
    block = log_context(LogContext(request_id=request_id_of(str(given)), task=task.name))
    block.__enter__()
    _OPEN[task_id] = block


def _check_connections(*, task: Any, **_: Any) -> None:
    # As before each request: a connection that the last task broke, or that is too old, is closed. An eager task runs
    # in the transaction of its caller.
    if not task.request.is_eager:
        close_old_connections()


def _end(*, task_id: str, **_: Any) -> None:
    block = _OPEN.pop(task_id, None)
    if block is not None:
        block.__exit__(None, None, None)
