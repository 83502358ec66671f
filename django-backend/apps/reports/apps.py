"""What is reported at regular times: the weekly report of GitHub issues."""

from django.apps import AppConfig


class ReportsConfig(AppConfig):
    """Row 7 of the design: tells the house about its own work."""

    name = "apps.reports"
