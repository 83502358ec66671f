"""The outbox: messages written in the transaction of the change that they are about."""

from django.db import models

from apps.common.ids import uuid7
from apps.notifications.enums import MessageState


class OutboxMessage(models.Model):
    """One message; deleted some time after its delivery.

    Unclaimed, it waits for `available_at`; claimed, it belongs to one deliverer until `lease_until`.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    topic = models.CharField(max_length=60, help_text="What it is about; decides who delivers it.")
    aggregate_key = models.CharField(max_length=120, help_text="What belongs together: event:<id>, holder:<id>.")
    payload = models.JSONField()
    created_at = models.DateTimeField()
    available_at = models.DateTimeField(help_text="Not to be delivered before.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True, help_text="Renewed by the deliverer while it lives.")
    delivered_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often a delivery was begun.")
    last_error = models.CharField(max_length=300, blank=True, help_text="Kind and place of the failure, no data.")
    dead_at = models.DateTimeField(null=True, blank=True, help_text="Since when it is given up.")
    looked_after_at = models.DateTimeField(
        null=True, blank=True, help_text="When somebody noted that it may stay dead: its reader was told another way."
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["topic", "available_at", "id"],
                name="outboxmessage_due",
                condition=models.Q(delivered_at__isnull=True, dead_at__isnull=True),
            ),
            models.Index(
                fields=["delivered_at"],
                name="outboxmessage_delivered",
                condition=models.Q(delivered_at__isnull=False),
            ),
            models.Index(fields=["dead_at"], name="outboxmessage_dead", condition=models.Q(dead_at__isnull=False)),
            models.Index(fields=["aggregate_key", "-id"], name="outboxmessage_key_id"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(delivered_at__isnull=True) | models.Q(dead_at__isnull=True),
                name="outboxmessage_not_both_ends",
            )
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.aggregate_key}"

    @property
    def state(self) -> MessageState:
        """The state, derived from the times."""
        if self.delivered_at:
            return MessageState.DELIVERED
        if self.dead_at:
            return MessageState.LOOKED_AFTER if self.looked_after_at else MessageState.DEAD
        if self.claimed_at:
            return MessageState.CLAIMED
        return MessageState.FAILED if self.last_error else MessageState.WAITING
