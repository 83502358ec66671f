"""Messages in Slack: what each should show, and what Slack shows already."""

from django.db import models

from apps.common.ids import uuid7
from apps.notifications.enums import SlackState


class SlackMessage(models.Model):
    """One message of ours in a channel. Text and blocks are what it should show; delivery updates Slack.

    `version` counts changes of the contents, `synced_version` is the one that Slack shows. `ts` is Slack's id of the
    message in its channel, empty until it is posted.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    channel = models.CharField(max_length=40, help_text="Id of the channel.")
    text = models.TextField(help_text="For notifications and screen readers.")
    blocks = models.JSONField(help_text="Block Kit.")
    created_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=1)
    synced_version = models.PositiveIntegerField(default=0)
    ts = models.CharField(max_length=30, blank=True, help_text="Slack's name for the message.")
    posted_at = models.DateTimeField(null=True, blank=True)
    sending_since = models.DateTimeField(null=True, blank=True, help_text="Who sends it has had it since.")
    outcome_unknown = models.BooleanField(default=False, help_text="It was sent and no answer came.")
    possible_duplicate = models.BooleanField(
        default=False, help_text="Posted again after an attempt of which the answer was lost; it says so itself."
    )
    logged_at = models.DateTimeField(null=True, blank=True, help_text="Written to the log: there is no Slack token.")
    gone_at = models.DateTimeField(null=True, blank=True, help_text="Somebody has deleted it in Slack.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["channel", "ts"], condition=~models.Q(ts=""), name="slackmessage_channel_ts_once"
            )
        ]

    def __str__(self) -> str:
        return self.text[:80]

    @property
    def state(self) -> SlackState:
        """The state of the message; derived from its times, not stored."""
        if self.gone_at:
            return SlackState.GONE
        if self.ts:
            return SlackState.SHOWN if self.synced_version == self.version else SlackState.CHANGING
        return SlackState.LOGGED if self.logged_at else SlackState.WAITING


class SlackChannel(models.Model):
    """When the next message may go to a channel: Slack takes about one a second."""

    id = models.CharField(max_length=40, primary_key=True)
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id
