"""Words of the outbox."""

from django.db import models


class MessageState(models.TextChoices):
    """Where a message of the outbox stands; read from its times, not stored."""

    WAITING = "waiting", "Waiting"
    CLAIMED = "claimed", "Being delivered"
    FAILED = "failed", "Failed, tried again later"
    DEAD = "dead", "Dead: given up"
    DELIVERED = "delivered", "Delivered"
