"""Events that Stripe sent; what they are about is fetched when they are handled."""

from django.db import models
from django.db.models import Q

from apps.common.ids import uuid7


class StripeEvent(models.Model):
    """One signed event. Stripe sends it again until it is answered, and in any order."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event_id = models.CharField(max_length=255, unique=True)
    type = models.CharField(max_length=100)
    object_id = models.CharField(max_length=255)
    is_live = models.BooleanField()
    api_version = models.CharField(max_length=40, blank=True)
    made_at = models.DateTimeField(help_text="When Stripe made it.")
    received_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    handled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["received_at"], name="stripeevent_waiting", condition=Q(handled_at__isnull=True)),
            models.Index(fields=["handled_at"], name="stripeevent_handled"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
