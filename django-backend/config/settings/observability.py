"""What the product reports about itself to operators: logs and error tracking."""

from typing import Any

from config.environment import BACKEND_DIR
from config.log_form import log_formatter
from config.settings.stage import STAGE, env

# --- Release ------------------------------------------------------------------------------------------------------
# An image may have its commit in a file: `git rev-parse HEAD > django-backend/RELEASE` before it is built.
_RELEASE_FILE = BACKEND_DIR / "RELEASE"
RELEASE = env("RELEASE") or (_RELEASE_FILE.read_text(encoding="utf-8").strip() if _RELEASE_FILE.is_file() else "")

# --- Error tracking -----------------------------------------------------------------------------------------------
ROLLBAR = {
    "access_token": env("ROLLBAR_ACCESS_TOKEN") or "",
    "environment": env("ROLLBAR_ENVIRONMENT") or STAGE.value,
    "endpoint": env("ROLLBAR_API_URL") + "/",
    "release": RELEASE or None,
    "root": str(BACKEND_DIR),
}

# --- Logs ---------------------------------------------------------------------------------------------------------
LOG_FORMAT = env("DJANGO_LOG_FORMAT")
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "chosen": log_formatter(LOG_FORMAT),
        "mail": {"()": "apps.common.logs.LineFormatter", "quote_errors": False},
    },
    "filters": {"require_debug_false": {"()": "django.utils.log.RequireDebugFalse"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "chosen"},
        "mail_admins": {
            "class": "apps.common.error_mails.ErrorMailHandler",
            "level": "ERROR",
            "filters": ["require_debug_false"],
            "formatter": "mail",
        },
    },
    "root": {"handlers": ["console"], "level": env("DJANGO_LOG_LEVEL")},
    "loggers": {
        "django": {"handlers": ["console", "mail_admins"], "level": env("DJANGO_LOG_LEVEL"), "propagate": False},
        # The end of a task is logged with its duration; that it came in, and that beat sent it, twelve times a minute
        # for one of them, says nothing more.
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        # At DEBUG it logs what it sends and gets, with names and addresses.
        "stripe": {"level": "WARNING"},
    },
}
