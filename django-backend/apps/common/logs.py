"""How log lines look: JSON where machines read them, plain lines where people do. Neither holds personal data.

Nothing here needs Django's settings: the web server's own log is written in the same form before there are any.
"""

import logging
import sys
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final

from pythonjsonlogger.json import JsonFormatter

from apps.common.log_context import current_log_context
from apps.common.redaction import error_line, error_text, redacted

logger = logging.getLogger(__name__)
# What a call may add with `extra`; anything else is left out, so that nothing reaches the log unreviewed.
EXTRAS: Final = ("method", "path", "status", "bytes", "duration_ms")


class JsonLineFormatter(JsonFormatter):
    """One JSON object a line: time, level, logger, message, and what request or task it belongs to.

    Of an exception, its class, location and code are logged; its message only if that class never quotes people.
    """

    def format(self, record: logging.LogRecord) -> str:
        shown = _without_words(record)
        try:
            return super().format(shown)
        except Exception:  # noqa: BLE001 - whatever a value does when it is shown
            return super().format(_without_values(shown))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return error_text(ei[1]) if ei[1] else ""

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Choose the fields of the line; nothing else is logged."""
        found = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
            "level": record.levelname,
            "logger": record.name,
            "message": redacted(record.message),
            **_origin(record),
            **{name: value for name in EXTRAS if (value := getattr(record, name, None)) is not None},
            **_of_task(record),
            "exception": redacted(str(message_dict["exc_info"])) if message_dict.get("exc_info") else None,
        }
        log_data.update({name: value for name, value in found.items() if value is not None})


class LineFormatter(logging.Formatter):
    """Lines for people. With `quote_errors` the messages of exceptions are included: for a developer's own machine."""

    def __init__(self, *, quote_errors: bool) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s%(origin)s: %(message)s")
        self.quote_errors = quote_errors

    def format(self, record: logging.LogRecord) -> str:
        shown = record if self.quote_errors else _without_words(record)
        shown = logging.makeLogRecord({**vars(shown), "exc_text": None})
        # Eight characters are enough to distinguish the requests in one terminal.
        request_id = _origin(shown).get("request_id")
        shown.origin = f" [{request_id[:8]}]" if request_id else ""
        try:
            return redacted(super().format(shown))
        except Exception:  # noqa: BLE001 - whatever a value does when it is shown
            return redacted(super().format(_without_values(shown)))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return super().formatException(ei) if self.quote_errors or not ei[1] else error_text(ei[1])


def log_crashes() -> None:
    """Log crashes of processes and threads, and warnings of Python.

    Python prints them in its own form, with all that an exception says.
    """
    sys.excepthook = _process_ended
    threading.excepthook = _thread_ended
    logging.captureWarnings(capture=True)


def _process_ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, Exception):
        logger.critical("An error ended the process", exc_info=(kind, error, trace))
    else:  # somebody pressed Ctrl-C
        sys.__excepthook__(kind, error, trace)


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None and not isinstance(ended.exc_value, SystemExit):
        logger.error("An error ended a thread", exc_info=(ended.exc_type, ended.exc_value, ended.exc_traceback))


def _origin(record: logging.LogRecord) -> dict[str, str | None]:
    """Return the origin of the line: from the record itself, else the current request or task."""
    context = current_log_context()
    return {
        name: getattr(record, name, None) or (getattr(context, name) if context else None)
        for name in ("request_id", "user_id", "route", "task")
    }


def _of_task(record: logging.LogRecord) -> dict[str, Any]:
    """Return how long a task took, if Celery reports it."""
    data = getattr(record, "data", None)
    runtime = data.get("runtime") if isinstance(data, Mapping) else None
    return {"duration_ms": round(runtime * 1_000, 1)} if isinstance(runtime, float) else {}


def _without_values(record: logging.LogRecord) -> logging.LogRecord:
    """Return the record of a call whose values do not fit its message.

    Left to itself, logging writes a traceback of many lines to stderr, and the values with it, whatever they are.
    """
    message = record.msg if isinstance(record.msg, str) else type(record.msg).__name__
    return logging.makeLogRecord({**vars(record), "msg": f"{message} (its values cannot be shown)", "args": ()})


def _without_words(record: logging.LogRecord) -> logging.LogRecord:
    """Return the record with exceptions in its message named by kind only; Celery quotes them as `exc`."""
    arguments = record.args
    if isinstance(arguments, Mapping) and "exc" in arguments:
        error = record.exc_info[1] if record.exc_info else None
        arguments = {**arguments, "exc": error_line(error) if error else "", "traceback": ""}
    elif isinstance(arguments, tuple) and any(isinstance(one, BaseException) for one in arguments):
        arguments = tuple(error_line(one) if isinstance(one, BaseException) else one for one in arguments)
    else:
        return record
    return logging.makeLogRecord({**vars(record), "args": arguments})
