"""The product's own state."""

from django.db import models

from apps.monitoring.enums import CheckState

BEAT = "beat"


class Heartbeat(models.Model):
    """When something that must never stop last ran: beat, which needs broker and worker for its heartbeat."""

    id = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id


class InvariantResult(models.Model):
    """The state of an invariant at its last check, and since when; one row for each."""

    name = models.CharField(max_length=60, primary_key=True)
    state = models.CharField(max_length=10, choices=CheckState.choices, default=CheckState.UNKNOWN)
    since = models.DateTimeField(help_text="Since when it stands so.")
    checked_at = models.DateTimeField()
    seconds = models.FloatField(default=0, help_text="How long the last check took.")
    found = models.PositiveIntegerField(default=0, help_text="How many rows break it.")
    ids = models.JSONField(default=list, blank=True, help_text="Of the first of them.")
    error = models.CharField(max_length=300, blank=True, help_text="Kind and place of a failure of the check itself.")
    told_at = models.DateTimeField(null=True, blank=True, help_text="When staff were last told.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
