"""Words of monitoring."""

from django.db import models


class CheckState(models.TextChoices):
    """The state of something monitored; only `failing` makes the health check fail."""

    WORKING = "working", "Working"
    FAILING = "failing", "Failing"
    UNKNOWN = "unknown", "Unknown"
