"""Words of monitoring."""

from django.db import models


class CheckState(models.TextChoices):
    """What is known of something that is watched; only `failing` makes the health check fail."""

    WORKING = "working", "Working"
    FAILING = "failing", "Failing"
    UNKNOWN = "unknown", "Unknown"
