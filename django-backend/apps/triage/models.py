"""What staff are shown in Slack, and what they sent back."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from apps.common.ids import uuid7
from apps.common.models import BaseModel
from apps.holders.models import TicketHolder
from apps.notifications.models import SlackMessage
from apps.triage.enums import RequestKind, TriageKind


class TriageMessage(BaseModel):
    """One message to staff. It stores what it is about; its text is made from that each time it is shown.

    Decisions are not stored here but where the API and the admin write them.
    """

    kind = models.CharField(max_length=20, choices=TriageKind.choices)
    slack_message = models.OneToOneField(SlackMessage, on_delete=models.PROTECT, related_name="triage_message")
    holder = models.ForeignKey(TicketHolder, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    object_ids = ArrayField(models.UUIDField(), help_text="What it is about: listings, a season ticket, sales.")
    source_key = models.CharField(
        max_length=80, unique=True, help_text="What it was made from; nothing makes two messages."
    )

    class Meta:
        ordering = ["-id"]
        indexes = [GinIndex(fields=["object_ids"], name="triagemessage_object_ids")]

    def __str__(self) -> str:
        return str(self.slack_message)


class SlackRequest(models.Model):
    """A button, a reason or a command that came from Slack; answered at once, handled by a worker."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    signature = models.CharField(max_length=80, unique=True, help_text="Of Slack; the same request comes in once.")
    kind = models.CharField(max_length=10, choices=RequestKind.choices)
    slack_user = models.CharField(max_length=30, help_text="Slack's id of who sent it.")
    payload = models.JSONField(help_text="What is needed of the request.")
    received_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    handled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["received_at"], name="slackrequest_waiting", condition=models.Q(handled_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.slack_user}"
