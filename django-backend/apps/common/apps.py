"""Foundations that know nothing of the domain: money, ids, errors, idempotency, pagination."""

from django.apps import AppConfig
from django.conf import settings
from django.db.backends.postgresql.features import DatabaseFeatures

# On older ones Django leaves out unique constraints with `nulls_distinct=False`, and a seat could be listed twice.
MINIMUM_POSTGRESQL = (15,)


class CommonConfig(AppConfig):
    """The lowest layer: every app may use it; it uses none."""

    name = "apps.common"
    verbose_name = "Foundations"

    def ready(self) -> None:
        """In every process: refuse an old PostgreSQL, carry request ids through tasks, report unhandled errors."""
        from apps.common import error_tracking, logs, task_context  # noqa: PLC0415 - they need the settings

        DatabaseFeatures.minimum_database_version = MINIMUM_POSTGRESQL  # Django compares at each first connection
        task_context.connect()
        if settings.LOG_FORMAT == "json":
            logs.log_crashes()
        error_tracking.start()
