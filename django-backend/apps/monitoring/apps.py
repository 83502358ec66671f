"""What monitors ask."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Health check, liveness, metrics and invariants."""

    name = "apps.monitoring"

    def ready(self) -> None:
        """Count the tasks of this process and send its signs of life; a web process has neither."""
        from apps.monitoring.gateways import heartbeat, served_queues, task_counts  # noqa: PLC0415 - settings first

        heartbeat.connect()
        task_counts.connect()
        served_queues.connect()
