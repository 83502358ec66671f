"""What monitors read."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Health check, liveness, metrics and invariants."""

    name = "apps.monitoring"

    def ready(self) -> None:
        """Count the tasks of this process and send its heartbeats; does nothing in a web process."""
        from apps.monitoring.gateways import signs_of_life, task_counts  # noqa: PLC0415 - settings first

        task_counts.connect()
        signs_of_life.connect()
