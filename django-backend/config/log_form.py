"""In which form the processes of the product write their logs: one choice for Django, Celery and gunicorn."""

from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured

_FORMATTERS: Final[dict[str, dict[str, Any]]] = {
    "json": {"()": "apps.common.logs.JsonLineFormatter"},
    "line": {"()": "apps.common.logs.LineFormatter", "quote_errors": True},
}


def log_formatter(form: str) -> dict[str, Any]:
    """Return the entry of a logging configuration for DJANGO_LOG_FORMAT.

    Raises:
        ImproperlyConfigured: there is no such form.
    """
    if form not in _FORMATTERS:
        raise ImproperlyConfigured(f"DJANGO_LOG_FORMAT must be one of {', '.join(_FORMATTERS)}.")
    return _FORMATTERS[form]


def server_logging(form: str) -> dict[str, Any]:
    """Return the logging configuration of gunicorn: what it does to stderr, what it answered to stdout."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"chosen": log_formatter(form)},
        "handlers": {
            "errors": {"class": "logging.StreamHandler", "formatter": "chosen", "stream": "ext://sys.stderr"},
            "access": {"class": "logging.StreamHandler", "formatter": "chosen", "stream": "ext://sys.stdout"},
        },
        "root": {"level": "INFO", "handlers": ["errors"]},
        "loggers": {
            "gunicorn.error": {"level": "INFO", "handlers": ["errors"], "propagate": False},
            "gunicorn.access": {"level": "INFO", "handlers": ["access"], "propagate": False},
        },
    }
