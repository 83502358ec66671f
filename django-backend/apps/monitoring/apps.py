"""What monitors ask."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Health check, liveness, metrics and invariants."""

    name = "apps.monitoring"
    verbose_name = "Monitoring"

    def ready(self) -> None:
        """Count the tasks of this process; in a web process there are none."""
        from apps.monitoring.gateways.task_counts import connect  # noqa: PLC0415 - settings first

        connect()
