"""Statuses of sales."""

from django.db import models


class DeliveryStatus(models.TextChoices):
    """Whether the buyer has the ticket."""

    PENDING = "pending", "Pending"
    COMPLETE = "complete", "Complete"
