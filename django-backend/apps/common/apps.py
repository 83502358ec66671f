"""Foundations that know nothing of the domain: money, ids, errors, idempotency, pagination."""

from django.apps import AppConfig
from django.conf import settings


class CommonConfig(AppConfig):
    """The lowest layer: every app may use it; it uses none."""

    name = "apps.common"
    verbose_name = "Foundations"

    def ready(self) -> None:
        """In every process: carry request ids through tasks, report unhandled errors."""
        from apps.common import error_tracking, logs, task_context  # noqa: PLC0415 - they need the settings

        task_context.connect()
        if settings.LOG_FORMAT == "json":
            logs.log_crashes()
        error_tracking.start()
