"""What monitors ask."""

from django.apps import AppConfig


class MonitoringConfig(AppConfig):
    """Health check and liveness."""

    name = "apps.monitoring"
    verbose_name = "Monitoring"
